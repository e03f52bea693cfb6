/* SPDX-License-Identifier: Apache-2.0 */
/* What the flags and the configuration say of the Node: labels, taints, addresses, reservations. Pure. */
#ifndef KN_KUBELET_NODE_CONFIG_H
#define KN_KUBELET_NODE_CONFIG_H

#include "kubelet/node/node_status.h"
#include "kubelet/config/options.h"

/* Fills *ret; strings live in the arena or in o. -EINVAL with the flag's name. */
int kn_node_config_make(struct kn_node_config *ret, const struct kn_options *o, struct kn_arena *a,
			struct kn_err *err);
/* "key=value,key=value" (--node-labels). Keys of the kubernetes.io and k8s.io domains only where a kubelet
 * may set them (cmd/kubelet/app/options/options.go ValidateKubeletFlags). */
int kn_node_labels_parse(const char *text, struct kn_arena *a, K8s__StringEntry ***ret, size_t *n,
			 struct kn_err *err);
/* "key=value:Effect,key:Effect" (--register-with-taints; pkg/util/taints ParseTaints). */
int kn_node_taints_parse(const char *text, struct kn_arena *a, K8s__Taint ***ret, size_t *n,
			 struct kn_err *err);

/* What pods may not use: systemReserved, kubeReserved, and the hard eviction thresholds of memory and nodefs
 * (pkg/kubelet/cm/node_container_manager_linux.go GetNodeAllocatableReservation). -EINVAL: no quantity. */
int kn_node_reserved_make(struct kn_node_reserved *ret, const kn_config *c, struct kn_arena *a,
			  struct kn_err *err);

#endif
