// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/plan_private.h"

#include <string.h>

#define GRACE_DEFAULT_S 30
#define GRACE_MIN_S 2 /* what the late ones get at least: minimumGracePeriodInSeconds */

static bool is_live(const struct kn_obs_container *c)
{
	return c->state == KN_OBS_RUNNING || c->state == KN_OBS_UNKNOWN;
}

/* Place among the sidecars, from 1; 0: not one. */
static size_t sidecar_rank(const struct kn_pod *p, const char *name)
{
	for (size_t i = 0; p && i < p->obj->spec->n_initcontainers; i++)
		if (!strcmp(p->obj->spec->initcontainers[i]->name, name))
			return kn_container_is_sidecar(p->obj->spec->initcontainers[i]) ? i + 1 : 0;
	return 0;
}

static int64_t grace_of(const struct kn_plan_in *in, const struct kn_obs_container *c, bool late)
{
	int64_t grace = in->grace_s >= 0 ? in->grace_s : c->grace_s >= 0 ? c->grace_s : GRACE_DEFAULT_S;
	int64_t passed;

	if (in->pod && !in->terminating && !in->finished &&
	    in->pod->obj->spec->has_terminationgraceperiodseconds)
		grace = in->pod->obj->spec->terminationgraceperiodseconds;
	if (!late || !in->terminating)
		return grace;
	passed = (in->now_ns - in->terminating_since_ns) / KN_NSEC_PER_SEC;
	grace -= passed > 0 ? passed : 0;
	return grace < GRACE_MIN_S ? GRACE_MIN_S : grace;
}

static void kill_one(struct kn_plan *out, const struct kn_plan_in *in, const struct kn_obs_container *c,
		     bool late, const char *why)
{
	struct kn_act *a = kn_plan_add(out, KN_ACT_KILL);

	a->id = c->id;
	a->why = why;
	a->grace_s = grace_of(in, c, late);
}

bool kn_plan_stop(struct kn_plan *out, const struct kn_plan_in *in, const char *why)
{
	const struct kn_obs_container *last = NULL;
	size_t last_rank = 0, before = out->n;

	for (size_t i = 0; i < in->seen->n_containers; i++) {
		const struct kn_obs_container *c = &in->seen->containers[i];
		size_t rank = is_live(c) ? sidecar_rank(in->pod, c->name) : 0;

		if (!is_live(c))
			continue;
		if (!rank) {
			kill_one(out, in, c, false, why);
		} else if (rank > last_rank) {
			last = c;
			last_rank = rank;
		}
	}
	if (out->n == before && last)
		kill_one(out, in, last, true, why);
	if (out->n > before)
		return true;
	for (size_t i = 0; i < in->seen->n_sandboxes; i++)
		if (in->seen->sandboxes[i].ready)
			kn_plan_add(out, KN_ACT_STOP_SANDBOX)->id = in->seen->sandboxes[i].id;
	return out->n > before;
}

bool kn_plan_remove_all(struct kn_plan *out, const struct kn_plan_in *in)
{
	for (size_t i = 0; i < in->seen->n_containers; i++)
		kn_plan_add(out, KN_ACT_REMOVE_CONTAINER)->id = in->seen->containers[i].id;
	for (size_t i = 0; i < in->seen->n_sandboxes; i++)
		kn_plan_add(out, KN_ACT_REMOVE_SANDBOX)->id = in->seen->sandboxes[i].id;
	return in->seen->n_containers || in->seen->n_sandboxes;
}

/* Dead, and there is a newer dead one of that name (kept for its log and its exit code). */
static bool is_surplus(const struct kn_obs_pod *seen, size_t index)
{
	const struct kn_obs_container *c = &seen->containers[index];

	if (is_live(c))
		return false;
	for (size_t i = 0; i < index; i++)
		if (!is_live(&seen->containers[i]) && !strcmp(seen->containers[i].name, c->name))
			return true;
	return false;
}

void kn_plan_tidy(struct kn_plan *out, const struct kn_plan_in *in)
{
	const struct kn_obs_pod *seen = in->seen;

	for (size_t i = 0; i < seen->n_containers; i++)
		if (is_surplus(seen, i))
			kn_plan_add(out, KN_ACT_REMOVE_CONTAINER)->id = seen->containers[i].id;
	for (size_t s = 1; s < seen->n_sandboxes; s++) {
		bool holds = seen->sandboxes[s].ready;

		for (size_t i = 0; i < seen->n_containers && !holds; i++)
			holds = !strcmp(seen->containers[i].sandbox_id, seen->sandboxes[s].id);
		if (!holds)
			kn_plan_add(out, KN_ACT_REMOVE_SANDBOX)->id = seen->sandboxes[s].id;
	}
}
