/* SPDX-License-Identifier: Apache-2.0 */
/*
 * How a pod stands, in kubectl's words: a pure function of what is wanted, what was seen and why something
 * waits. Rules: pkg/kubelet/kubelet_pods.go (getPhase, convertToAPIContainerStatuses); the one-word summary
 * is kubectl's (pkg/printers/internalversion/printers.go, printPod).
 */
#ifndef KN_KUBELET_POD_STATUS_H
#define KN_KUBELET_POD_STATUS_H

#include "kubelet/pod/observed.h"
#include "kubelet/pod/pod.h"
#include "kubelet/probe/probe_state.h"

enum kn_phase { KN_PHASE_PENDING, KN_PHASE_RUNNING, KN_PHASE_SUCCEEDED, KN_PHASE_FAILED };
const char *kn_phase_name(enum kn_phase p);

struct kn_waiting { /* why a container doesn't run; reason NULL: no special reason */
	char *reason, *message;
	struct kn_probe_verdict probes; /* of the run that is seen; zero without probes */
	bool resize_restart;		/* it is to have other resources, and wants to be restarted for it */
};

enum kn_view_state { KN_VIEW_WAITING, KN_VIEW_RUNNING, KN_VIEW_TERMINATED };

struct kn_container_view { /* all strings borrowed */
	const char *name, *reason, *message, *image;
	enum kn_view_state state;
	bool init, sidecar, ready;
	bool started; /* running, and its startup probe, if any, has succeeded */
	unsigned restarts;
	const struct kn_obs_container *seen; /* the newest run, or NULL */
	const struct kn_obs_container *last; /* the run that ended before the present state, or NULL */
};

struct kn_status {
	enum kn_phase phase;
	char summary[96];	/* "Running", "Init:0/1", "CrashLoopBackOff" ... */
	const char *message;	/* borrowed; may be NULL */
	const char *const *ips; /* borrowed, NULL-terminated; NULL: none */
	unsigned ready, total, restarts;
	struct kn_container_view *containers; /* by kn_pod_container_at's index */
	size_t n;
};

/* seen may be NULL (nothing known yet). waiting: one for each index, or NULL. terminating: the pod is to go.
 * Borrows from all three. out is freed with kn_status_free. */
void kn_status_make(struct kn_status *out, const struct kn_pod *pod, const struct kn_obs_pod *seen,
		    const struct kn_waiting *waiting, bool terminating);
void kn_status_free(struct kn_status *s);

#endif
