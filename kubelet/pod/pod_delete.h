/* SPDX-License-Identifier: Apache-2.0 */
/* Taking a pod's object out of the API server, once nothing of the pod is left or its mirror is outdated. */
#ifndef KN_KUBELET_POD_DELETE_H
#define KN_KUBELET_POD_DELETE_H

#include "lib/k8s/client.h"

/* DELETE without a grace period, on condition that the object still has o's uid, so that one made anew under
 * the name is left alone (pkg/kubelet/status/status_manager.go). As kn_api_start. */
struct kn_api_call *kn_pod_delete(struct kn_client *client, const struct kn_object *o, kn_api_done done,
				  void *user);

#endif
