/* SPDX-License-Identifier: Apache-2.0 */
/* The node's own addresses, followed by rtnetlink: NodePorts answer on all of them. */
#ifndef KN_PROXY_LOCAL_ADDRS_H
#define KN_PROXY_LOCAL_ADDRS_H

#include "bpf/include/kn_maps.h"
#include "lib/loop/loop.h"

struct kn_local_addrs;
/* on_change gets all addresses but loopback and link-local ones, once before this returns and again after
 * each change. loop NULL: once only, and *ret is NULL.
 * cidrs (NULL: no choice; NULL-terminated, borrowed as long as *ret lives): only addresses within one of
 * them. The addresses are those of the caller's network namespace. */
int kn_local_addrs_new(struct kn_local_addrs **ret, struct kn_loop *loop, const char *const *cidrs,
		       void (*on_change)(void *user, const struct kn_addr *addrs, size_t n), void *user,
		       struct kn_err *err);
struct kn_local_addrs *kn_local_addrs_free(struct kn_local_addrs *l); /* NULL accepted */
/* The cookie of the caller's network namespace (SO_NETNS_COOKIE, Linux 5.14). */
int kn_netns_cookie(uint64_t *ret, struct kn_err *err);

#endif
