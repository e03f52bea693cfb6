/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Bytes between two descriptors, both ways, with one bounded buffer a direction: a side that does not read
 * makes the other wait, and nothing else. Loop's thread only.
 */
#ifndef KN_HTTPD_TUNNEL_H
#define KN_HTTPD_TUNNEL_H

#include "lib/loop/loop.h"

#define KN_TUNNEL_BUFFER (64u * 1024)

struct kn_tunnel;
/* a and b: nonblocking stream sockets, the caller's. done is called once, later: both directions have ended,
 * or one side is broken, or (linger_ns after one direction's end) the other did not follow; all that could be
 * delivered was. A side's end is passed on by shutdown(SHUT_WR). */
struct kn_tunnel *kn_tunnel_new(struct kn_loop *loop, int a, int b, int64_t linger_ns,
				void (*done)(void *user), void *user, struct kn_err *err);
/* Bytes to be delivered to a or b before all others; at most KN_TUNNEL_BUFFER, else -EMSGSIZE. */
int kn_tunnel_preload(struct kn_tunnel *t, int fd, const void *data, size_t len);
struct kn_tunnel *kn_tunnel_free(struct kn_tunnel *t); /* NULL accepted; done is not called any more */

#endif
