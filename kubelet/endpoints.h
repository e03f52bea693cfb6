/* SPDX-License-Identifier: Apache-2.0 */
/* Standalone there is no endpointslice controller: EndpointSlices are made here from Services with a selector
 * and the node's own pods, by the controller's rules (k8s.io/endpointslice). Pure. */
#ifndef KN_KUBELET_ENDPOINTS_H
#define KN_KUBELET_ENDPOINTS_H

#include "kubelet/kubelet.h"
#include "lib/k8s/discovery.pb-c.h"

struct kn_endpoints {
	struct kn_arena *arena;
	const char *node_name;
	K8s__EndpointSlice **slices;
	size_t n, cap;
};

/* Adds the slices of svc that pod v gives: one a family, with the Service's ports resolved for this pod (a
 * named targetPort is looked up in its containers). Adds nothing when the selector is empty or doesn't match,
 * for ExternalName, or while the pod has no address. Strings are borrowed from svc and v, or live in
 * e->arena. */
void kn_endpoints_add(struct kn_endpoints *e, const K8s__Service *svc, const struct kn_pod_view *v);

#endif
