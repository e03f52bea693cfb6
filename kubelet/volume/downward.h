/* SPDX-License-Identifier: Apache-2.0 */
/* What a pod may ask about itself: the downward API. Pure; results live in the arena (one without a limit).
 */
#ifndef KN_KUBELET_DOWNWARD_H
#define KN_KUBELET_DOWNWARD_H

#include "kubelet/gen/config_gen.h"

/* A field's value (pkg/fieldpath, kubelet_pods.go podFieldSelectorRuntimeValue). NULL: not a path that there
 * is. metadata.labels and metadata.annotations whole are lines of key="value", sorted. pod_ips may be NULL.
 */
const char *kn_downward_field(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			      const char *const *pod_ips, const char *path);
/* A resource of the container named in f, else of c (NULL: it must be named), divided and rounded up
 * (pkg/api/v1/resource/helpers.go). A cpu or memory limit that is not set is the node's. NULL: no such
 * resource or container. */
const char *kn_downward_resource(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
				 const K8s__Container *c, const K8s__ResourceFieldSelector *f);

#endif
