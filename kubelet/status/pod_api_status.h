/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a pod stands, as the API server is told: a pure function of what is wanted, what was seen, why
 * something waits and what was told before. Rules: pkg/kubelet/kubelet_pods.go (convertStatusToAPIStatus,
 * convertToAPIContainerStatuses, getPhase, generateAPIPodStatus), pkg/kubelet/status/generate.go
 * (conditions), pkg/kubelet/status/status_manager.go (updateStatusInternal, mergePodStatus, TerminatePod),
 * pkg/kubelet/prober/prober_manager.go (UpdatePodStatus).
 */
#ifndef KN_KUBELET_POD_API_STATUS_H
#define KN_KUBELET_POD_API_STATUS_H

#include "kubelet/pod/observed.h"
#include "kubelet/pod/pod.h"
#include "kubelet/status/pod_status.h"

struct kn_api_status_in {
	const struct kn_pod *pod;
	const struct kn_obs_pod *seen; /* NULL: the runtime has nothing */
	const struct kn_waiting
		*waiting;	     /* by kn_pod_container_at's index; NULL: no reasons, all is healthy */
	const K8s__PodStatus *old;   /* what was made last, else the API server's; NULL: none */
	const K8s__PodStatus *api;   /* the API server's; NULL: not there */
	const char *const *host_ips; /* the node's, primary first, NULL-terminated */
	const char *runtime;	     /* "containerd": prefix of container identifiers */
	const char *fail_reason,
		*fail_message; /* Failed for this reason (deadline, eviction, rejection); NULL */
	int64_t now_ns;	       /* since 1970 */
	bool deleted;	       /* it is to go: nothing starts again */
	bool terminal;	       /* its containers have stopped for good */
	bool is_static;
};

/* Lives in the arena (one without a limit) and borrows nothing. The terminal phase is held back while
 * anything of the pod is alive. */
K8s__PodStatus *kn_api_status_make(struct kn_arena *a, const struct kn_api_status_in *in);
/* The last word on a pod of which nothing is left: what never ended counts as failed. old: what was told
 * last. */
K8s__PodStatus *kn_api_status_last(struct kn_arena *a, const struct kn_pod *pod, const K8s__PodStatus *old,
				   bool is_static, int64_t now_ns);
/* Of a pod that was not let in (pkg/kubelet/kubelet.go rejectPod). */
K8s__PodStatus *kn_api_status_rejected(struct kn_arena *a, const struct kn_pod *pod,
				       const K8s__PodStatus *old, const char *reason, const char *message,
				       int64_t now_ns);

bool kn_phase_is_terminal(const char *phase); /* NULL accepted */
/* Whether a container that ended with this code is to run again (pkg/api/v1/pod/util.go
 * ContainerShouldRestart). */
bool kn_container_should_restart(const struct kn_pod *pod, const K8s__Container *c, int exit_code);

/* ---- between the files of it ---- */

#define KN_STATUS_UNKNOWN "ContainerStatusUnknown"

/* container_api_status.c: first .. first + n of kn_pod_container_at's index. */
K8s__ContainerStatus **kn_container_statuses(struct kn_arena *a, const struct kn_api_status_in *in,
					     unsigned first, unsigned n);
const K8s__ContainerStatus *kn_container_status_find(K8s__ContainerStatus *const *list, size_t n,
						     const char *name);
K8s__ContainerState *kn_container_lost(struct kn_arena *a, const char *message); /* terminated, 137 */
/* pod_phase.c */
const char *kn_api_phase(const struct kn_api_status_in *in, const K8s__PodStatus *s);
/* pod_conditions.c: adds all conditions of the node's to s (its phase and containers are set). */
void kn_pod_conditions(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s);
bool kn_condition_is_ours(const char *type);
K8s__PodCondition *kn_condition_find(const K8s__PodStatus *s, const char *type); /* s may be NULL */
/* Both Ready conditions of s become False with the reason of its terminal phase. */
void kn_conditions_terminal(struct kn_arena *a, K8s__PodStatus *s, const K8s__PodStatus *old,
			    int64_t generation, int64_t now_ns);
K8s__Time *kn_api_time(struct kn_arena *a, int64_t ns); /* whole seconds */

#endif
