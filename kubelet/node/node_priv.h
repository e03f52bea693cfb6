/* SPDX-License-Identifier: Apache-2.0 */
/* Between the node_*.c files. */
#ifndef KN_KUBELET_NODE_PRIV_H
#define KN_KUBELET_NODE_PRIV_H

#include "kubelet/node/node_status.h"

/* node_condition.c: the four conditions, Ready last when new. */
void kn_node_set_conditions(struct kn_arena *a, const struct kn_node_config *c,
			    const struct kn_node_seen *seen, K8s__NodeStatus *s);

#endif
