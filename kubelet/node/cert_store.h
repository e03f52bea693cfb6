/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates with their keys in a folder: NAME-DATE.pem each, NAME-current.pem a link to the newest
 * (client-go/util/certificate/certificate_store.go). */
#ifndef KN_KUBELET_CERT_STORE_H
#define KN_KUBELET_CERT_STORE_H

#include <stdint.h>
#include "lib/base/buf.h"
#include "lib/base/err.h"

char *kn_cert_store_path(const char *dir, const char *name); /* of the link; malloc'd */
/* Text of the current one, certificate and key. -ENOENT: none. */
int kn_cert_store_read(const char *dir, const char *name, struct kn_buf *out, struct kn_err *err);
/* Writes and makes it the current one, the folder too if it isn't there. The old file stays; at any time the
 * link leads to a whole file. */
int kn_cert_store_write(const char *dir, const char *name, const char *cert_pem, const char *key_pem,
			int64_t real_ns, struct kn_err *err);

#endif
