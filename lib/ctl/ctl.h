/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The daemon's hand socket: one request line in ("COMMAND [ARG]\n", at most 1 KiB), one JSON document out,
 * then close. The socket is mode 0600 and the peer must be uid 0 (SO_PEERCRED). Slow or silent clients are
 * dropped after 5 s and bounded to 32.
 */
#ifndef KN_CTL_CTL_H
#define KN_CTL_CTL_H

#include "lib/base/buf.h"
#include "lib/base/log.h"
#include "lib/loop/loop.h"

struct kn_ctl_server;
/* Appends a JSON document to out, or returns an error, sent as {"error": MSG}. -ENOENT: unknown command. */
typedef int (*kn_ctl_handler)(void *user, const char *command, const char *arg, struct kn_buf *out,
			      struct kn_err *err);
/* Replaces a stale socket; -EADDRINUSE when another daemon answers on it. */
int kn_ctl_server_new(struct kn_ctl_server **ret, struct kn_loop *loop, const char *path,
		      kn_ctl_handler handler, void *user, const struct kn_log *log, struct kn_err *err);
struct kn_ctl_server *kn_ctl_server_free(struct kn_ctl_server *s); /* removes the socket */

/* Client, blocking, for kernctl: the whole answer in out (at most 64 MiB). timeout in ms for the whole
 * exchange. */
int kn_ctl_request(const char *path, const char *command, const char *arg, int timeout_ms, struct kn_buf *out,
		   struct kn_err *err);

#endif
