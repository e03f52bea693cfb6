// SPDX-License-Identifier: Apache-2.0
/* Whether a container that runs may stay (computePodActions). */
#include "kubelet/pod/plan_private.h"

#include <string.h>

void kn_plan_kill(struct kn_plan *out, const struct kn_plan_in *in, const struct kn_obs_container *c,
		  const K8s__Probe *probe, const char *why)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;
	struct kn_act *a = kn_plan_add(out, KN_ACT_KILL);

	a->id = c->id;
	a->why = why;
	a->grace_s = spec->has_terminationgraceperiodseconds ? spec->terminationgraceperiodseconds : 30;
	if (probe && probe->has_terminationgraceperiodseconds)
		a->grace_s = probe->terminationgraceperiodseconds;
}

static bool changed(const K8s__Container *spec, const struct kn_obs_container *c)
{
	char hash[17];

	kn_container_hash(spec, hash);
	return c->hash[0] && strcmp(hash, c->hash);
}

/* Told of what fails a probe: rules by exit code don't count while it still runs. */
static bool starts_again(const struct kn_pod *p, const K8s__Container *k)
{
	const char *policy =
		k->restartpolicy && *k->restartpolicy ? k->restartpolicy : p->obj->spec->restartpolicy;

	return !policy || strcmp(policy, "Never") != 0;
}

bool kn_plan_keep(struct kn_plan *out, const struct kn_plan_in *in, unsigned index,
		  const struct kn_obs_container *c)
{
	const K8s__Container *k = kn_pod_container_at(in->pod, index, NULL);
	const struct kn_probe_verdict *v = in->waiting ? &in->waiting[index].probes : NULL;
	bool again = starts_again(in->pod, k);

	if (c->state == KN_OBS_UNKNOWN)
		kn_plan_kill(out, in, c, NULL, "is in \"unknown\" state, try killing it before restart");
	else if (changed(k, c))
		kn_plan_kill(out, in, c, NULL, "definition changed, will be restarted");
	else if (in->waiting && in->waiting[index].resize_restart)
		kn_plan_kill(out, in, c, NULL, "resize requires restart, will be restarted");
	else if (v && v->liveness_failed)
		kn_plan_kill(out, in, c, k->livenessprobe,
			     again ? "failed liveness probe, will be restarted" : "failed liveness probe");
	else if (v && v->startup_failed)
		kn_plan_kill(out, in, c, k->startupprobe,
			     again ? "failed startup probe, will be restarted" : "failed startup probe");
	else
		return true;
	return false;
}
