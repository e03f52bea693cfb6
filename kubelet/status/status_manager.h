/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Tells the API server how pods stand: one patch at a time for each pod, the newest state wins, nothing is
 * sent that it knows already, and what failed is tried again (pkg/kubelet/status/status_manager.go). When a
 * deleted pod has come to its end here, its object is deleted for good. Loop's thread only.
 */
#ifndef KN_KUBELET_STATUS_MANAGER_H
#define KN_KUBELET_STATUS_MANAGER_H

#include "kubelet/status/pod_api_status.h"
#include "lib/k8s/client.h"

struct kn_status_manager;
struct kn_status_manager *kn_status_manager_new(struct kn_loop *loop, const struct kn_log *log);
struct kn_status_manager *kn_status_manager_free(struct kn_status_manager *m);
/* The client to be used from now on; borrowed. Before that, all is only kept. */
void kn_status_manager_connect(struct kn_status_manager *m, struct kn_client *client);

/* The object that tells of pod uid (its own, or the mirror of a static pod); NULL: none any more. Referenced.
 */
void kn_status_manager_object(struct kn_status_manager *m, const char *uid, struct kn_object *o);
/* What was set last, else what the object says; NULL: nothing. Borrowed until the next call. */
const K8s__PodStatus *kn_status_manager_old(const struct kn_status_manager *m, const char *uid);
/* What the object says; NULL: no object. Borrowed until the next call. */
const K8s__PodStatus *kn_status_manager_api(const struct kn_status_manager *m, const char *uid);
/* Takes the arena, which status lives in. */
void kn_status_manager_set(struct kn_status_manager *m, const char *uid, struct kn_arena *arena,
			   K8s__PodStatus *status);
/* Nothing of the pod is left on the node: when its status is told, its object is deleted if that is what its
 * deletionTimestamp asks for. */
void kn_status_manager_finish(struct kn_status_manager *m, const char *uid);
void kn_status_manager_drop(struct kn_status_manager *m, const char *uid); /* nobody asks any more */

struct kn_status_stats {
	uint64_t patches, deletes, failures;
	size_t pods, waiting; /* now; waiting: with something that isn't told yet */
};
struct kn_status_stats kn_status_manager_stats(const struct kn_status_manager *m);

#endif
