/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is to be done next with one pod: a pure function of what is wanted, what was seen and the time. The
 * worker does it, looks again, and asks again, until there is nothing to do. Rules: pkg/kubelet/kuberuntime/
 * kuberuntime_manager.go (computePodActions, SyncPod), kuberuntime_container.go (computeInitContainerActions,
 * killContainersWithSyncResult), kuberuntime_gc.go.
 */
#ifndef KN_KUBELET_POD_PLAN_H
#define KN_KUBELET_POD_PLAN_H

#include "kubelet/pod/backoff.h"
#include "kubelet/pod/observed.h"
#include "kubelet/pod/pod.h"
#include "kubelet/status/pod_status.h"

enum kn_act_kind {
	KN_ACT_CREATE_SANDBOX,
	KN_ACT_STOP_SANDBOX,
	KN_ACT_REMOVE_SANDBOX,
	KN_ACT_START,	/* create and start a container */
	KN_ACT_BACKOFF, /* nothing but CrashLoopBackOff to be shown */
	KN_ACT_KILL,
	KN_ACT_REMOVE_CONTAINER,
};

struct kn_act {
	enum kn_act_kind kind;
	unsigned index;			     /* START, BACKOFF: kn_pod_container_at */
	unsigned attempt;		     /* CREATE_SANDBOX, START */
	const char *id;			     /* the rest: borrowed from the observed pod */
	const struct kn_obs_container *died; /* START, BACKOFF: the run that ended, or NULL */
	int64_t wait_ns;		     /* BACKOFF: how long yet */
	int64_t grace_s;		     /* KILL */
	/* KILL: what the event says behind "Container NAME "; NULL: "Stopping container NAME" */
	const char *why;
};

struct kn_plan_in {
	const struct kn_pod *pod;	   /* NULL: nobody wants it (orphan) */
	const struct kn_obs_pod *seen;	   /* fresh */
	const struct kn_backoff *restarts; /* keys: uid/container */
	/* by kn_pod_container_at's index: no START before this time (ns since 1970), 0: any time; NULL: all 0
	 */
	const int64_t *hold_until_ns;
	int64_t sandbox_hold_ns;	  /* the same for CREATE_SANDBOX */
	const struct kn_waiting *waiting; /* by index, for the probes' verdicts; NULL: no probes */
	int64_t now_ns;			  /* since 1970 */
	bool terminating;		  /* the pod is to go */
	bool finished;			  /* it has been Succeeded or Failed before: stays so */
	int64_t terminating_since_ns;
	int64_t grace_s; /* of the pod, when terminating or finished; -1: the containers' annotations say */
};

struct kn_plan {
	struct kn_act *acts;
	size_t n;
	bool terminal;	 /* Succeeded or Failed: never start anything again */
	bool gone;	 /* terminating, and the runtime has nothing of it any more */
	int64_t wake_ns; /* since 1970: time decides something then; 0: no */
};

void kn_pod_plan_make(struct kn_plan *out,
		      const struct kn_plan_in *in); /* out: any content; freed by the caller */
void kn_pod_plan_free(struct kn_plan *p);	    /* leaves it empty */

/* Init containers first, then the others, ephemeral ones last. */
unsigned kn_pod_container_count(const struct kn_pod *p);
const K8s__Container *kn_pod_container_at(const struct kn_pod *p, unsigned index, bool *is_init);
/* All of it has run to its end and won't be restarted, or an init container failed for good. */
bool kn_plan_is_terminal(const struct kn_pod *p, const struct kn_obs_pod *seen);

#endif
