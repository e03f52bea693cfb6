/* SPDX-License-Identifier: Apache-2.0 */
/* The texts of a replayed upgrade: where to, what to ask, what was answered. Pure. */
#ifndef KN_KUBELET_SERVER_UPGRADE_H
#define KN_KUBELET_SERVER_UPGRADE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/err.h"

struct kn_stream_url {
	char host[64]; /* numeric; "localhost" becomes 127.0.0.1 */
	uint16_t port;
	const char *path; /* with the query; points into the URL */
};
/* -EINVAL for anything but http:// with a numeric host or localhost. */
int kn_stream_url_parse(const char *url, struct kn_stream_url *ret, struct kn_err *err);
/* Whether a header of the client's request goes on to the runtime, or one of the runtime's answer to the
 * client. */
bool kn_upgrade_forwards(const char *name);
bool kn_upgrade_returns(const char *name);

/* Offset behind the empty line that ends an HTTP head; 0: not yet whole. */
size_t kn_http_head_end(const char *data, size_t len);
/* Cuts a head (NUL-terminated, changed) into lines, and calls fn for each header. Returns the status, or
 * -EPROTO. */
int kn_http_head_parse(char *head, void (*fn)(void *user, const char *name, const char *value), void *user);

#endif
