/* SPDX-License-Identifier: Apache-2.0 */
/* What CHECK needs of prevResult (CNI specification, "ADD Success"). Pure. */
#ifndef KN_CNI_PREV_H
#define KN_CNI_PREV_H

#include "lib/json/node.h"
#include "cni/addr.h"

#define KN_CNI_PREV_MAX 32 /* addresses, and routes, of one interface */

struct kn_cni_prev {
	struct kn_cni_addr ips[KN_CNI_PREV_MAX];
	size_t n_ips;
	struct {
		struct kn_cni_addr dst, gw; /* gw.family 0: none */
	} routes[KN_CNI_PREV_MAX];
	size_t n_routes;
};

/* Takes the addresses that belong to ifname inside a sandbox, and the routes whose gateway is one of these
 * addresses'. -EINVAL: result is NULL or not of the specified form, or names no such interface. ret untouched
 * on failure. */
int kn_cni_prev_parse(const struct kn_node *result, const char *ifname, struct kn_cni_prev *ret,
		      struct kn_err *err);

#endif
