/* SPDX-License-Identifier: Apache-2.0 */
/* Between the files of the plan: pod_plan.c (starting) and plan_stop.c (stopping, tidying). */
#ifndef KN_KUBELET_PLAN_PRIVATE_H
#define KN_KUBELET_PLAN_PRIVATE_H

#include "kubelet/pod/pod_plan.h"

struct kn_act *kn_plan_add(struct kn_plan *p, enum kn_act_kind kind);
void kn_plan_wake(struct kn_plan *p, int64_t when_ns); /* the earliest wins */
/* What has ended is to run again by the pod's restartPolicy (what hasn't ended: true). */
bool kn_plan_restarts(const struct kn_pod *p, const struct kn_obs_container *c);

/* A running container of the pod is to be killed, perhaps to start again; grace_s is the pod's unless a probe
 * has its own. */
void kn_plan_kill(struct kn_plan *out, const struct kn_plan_in *in, const struct kn_obs_container *c,
		  const K8s__Probe *probe, const char *why);
/* True if the container, running or unknown, may stay; else its kill is planned. */
bool kn_plan_keep(struct kn_plan *out, const struct kn_plan_in *in, unsigned index,
		  const struct kn_obs_container *c);

/* One step of taking a pod down: the containers but sidecars together; then sidecars, last one first; then
 * the sandboxes. False: all is down. */
bool kn_plan_stop(struct kn_plan *out, const struct kn_plan_in *in, const char *why);
/* Removes the records of a pod that is down. False: there are none. */
bool kn_plan_remove_all(struct kn_plan *out, const struct kn_plan_in *in);
/* Removes dead containers but the newest dead one of each name, and old sandboxes that hold none. */
void kn_plan_tidy(struct kn_plan *out, const struct kn_plan_in *in);

#endif
