/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet's pods as its server and its metrics see them: read only, borrowed until the loop goes on. */
#ifndef KN_KUBELET_PEEK_H
#define KN_KUBELET_PEEK_H

#include "kubelet/kubelet.h"
#include "kubelet/status/pod_status.h"

struct kn_pod_peek {
	const struct kn_pod *pod;	  /* never NULL */
	const struct kn_obs_pod *seen;	  /* NULL: the runtime was not looked at yet */
	const struct kn_waiting *waiting; /* as kn_status_make takes it */
	bool terminating;
};

/* false: no such pod. A mirror pod has its static pod's name, and so is found by it. */
bool kn_peek_pod(const struct kn_kubelet *k, const char *ns, const char *name, struct kn_pod_peek *ret);
/* Its status as the API server is, or would be, told. Lives in the arena, or is borrowed. */
const K8s__PodStatus *kn_peek_status(const struct kn_kubelet *k, struct kn_arena *a,
				     const struct kn_pod_peek *p);
/* Start with *it = 0; false when done. */
bool kn_peek_next(const struct kn_kubelet *k, size_t *it, struct kn_pod_peek *ret);

#endif
