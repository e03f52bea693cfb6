/* SPDX-License-Identifier: Apache-2.0 */
/* What the daemon reads off the machine once, at start: resolver, capacity, address. */
#ifndef KN_KUBELET_NODE_INFO_H
#define KN_KUBELET_NODE_INFO_H

#include "kubelet/gen/config_gen.h"
#include "kubelet/config/options.h"

/* Fills *ret; strings live in the arena. A missing resolv.conf is an error, as for the stock kubelet; ""
 * means none. */
int kn_node_info(struct kn_node_ctx *ret, const struct kn_options *o, struct kn_arena *a, struct kn_err *err);
/* resolv.conf text (resolv.conf(5)) to NULL-terminated lists. Pure. -EINVAL: more than 64 entries of a kind.
 */
int kn_resolv_parse(const char *text, struct kn_arena *a, struct kn_node_ctx *n, struct kn_err *err);

#endif
