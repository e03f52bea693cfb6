/* SPDX-License-Identifier: Apache-2.0 */
/* The node's Lease in kube-node-lease: made once the Node's uid is known, renewed at a quarter of its
 * duration. Rules: component-helpers apimachinery/lease/controller.go, pkg/kubelet/util/nodelease.go. */
#ifndef KN_KUBELET_LEASE_H
#define KN_KUBELET_LEASE_H

#include "lib/k8s/client.h"
#include "lib/k8s/coordination.pb-c.h"

struct kn_lease;
/* node_name is borrowed. Nothing happens before kn_lease_set_node. */
struct kn_lease *kn_lease_new(struct kn_loop *loop, struct kn_client *client, const char *node_name,
			      int duration_seconds, const struct kn_log *log);
struct kn_lease *kn_lease_free(struct kn_lease *l);	     /* the Lease stays; it runs out */
void kn_lease_set_node(struct kn_lease *l, const char *uid); /* the owner; starts at the first call */

/* Pure: the Lease to write now; base is the last one known, or NULL. In a. */
K8s__Lease *kn_lease_make(struct kn_arena *a, const char *node_name, const char *uid, int duration_seconds,
			  int64_t real_ns, const K8s__Lease *base);

#endif
