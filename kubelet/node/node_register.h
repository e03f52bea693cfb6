/* SPDX-License-Identifier: Apache-2.0 */
/* Makes the Node object, or finds the one there is and mends its labels (registerWithAPIServer,
 * pkg/kubelet/kubelet_node_status.go). Tries again until it succeeds: after 100 ms at first, 7 s at most. */
#ifndef KN_KUBELET_NODE_REGISTER_H
#define KN_KUBELET_NODE_REGISTER_H

#include "lib/k8s/client.h"
#include "lib/k8s/core.pb-c.h"

struct kn_node_register;
struct kn_node_register_ops {
	/* The object to register with, in a; NULL: not known yet, ask again soon. */
	K8s__Node *(*make)(void *user, struct kn_arena *a);
	/* Once. existed: it was there before, so its status is an old one. */
	void (*done)(void *user, bool existed);
};
struct kn_node_register *kn_node_register_new(struct kn_loop *loop, struct kn_client *client,
					      const struct kn_node_register_ops *ops, void *user,
					      const struct kn_log *log);
struct kn_node_register *kn_node_register_free(struct kn_node_register *r); /* also inside done */

#endif
