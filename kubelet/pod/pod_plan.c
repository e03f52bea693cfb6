// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/pod_plan.h"

#include <string.h>
#include "kubelet/pod/plan_private.h"
#include "kubelet/status/pod_api_status.h"
#include "lib/base/mem.h"

unsigned kn_pod_container_count(const struct kn_pod *p)
{
	const K8s__PodSpec *spec = p->obj->spec;

	return spec->n_initcontainers + spec->n_containers + spec->n_ephemeralcontainers;
}

const K8s__Container *kn_pod_container_at(const struct kn_pod *p, unsigned index, bool *is_init)
{
	const K8s__PodSpec *spec = p->obj->spec;
	bool init = index < spec->n_initcontainers;

	if (is_init)
		*is_init = init;
	if (init)
		return spec->initcontainers[index];
	index -= spec->n_initcontainers;
	if (index < spec->n_containers)
		return spec->containers[index];
	return spec->ephemeralcontainers[index - spec->n_containers]->ephemeralcontainercommon;
}

struct kn_act *kn_plan_add(struct kn_plan *p, enum kn_act_kind kind)
{
	p->acts = kn_realloc(p->acts, p->n + 1, sizeof(*p->acts));
	p->acts[p->n] = (struct kn_act){.kind = kind};
	return &p->acts[p->n++];
}

void kn_plan_wake(struct kn_plan *p, int64_t when_ns)
{
	if (!p->wake_ns || when_ns < p->wake_ns)
		p->wake_ns = when_ns;
}

void kn_pod_plan_free(struct kn_plan *p)
{
	free(p->acts);
	*p = (struct kn_plan){0};
}

bool kn_plan_restarts(const struct kn_pod *p, const struct kn_obs_container *c)
{
	const K8s__Container *k = kn_pod_container(p, c->name, NULL);

	return c->state != KN_OBS_EXITED || !k || kn_container_should_restart(p, k, c->exit_code);
}

bool kn_plan_is_terminal(const struct kn_pod *p, const struct kn_obs_pod *seen)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(seen);
	const K8s__PodSpec *spec = p->obj->spec;
	bool regular = false;

	for (size_t i = 0; i < spec->n_containers; i++) {
		const struct kn_obs_container *c = kn_obs_find(seen, spec->containers[i]->name, NULL);

		if (!c)
			continue;
		regular = true;
		if (kn_plan_restarts(p, c))
			return false;
	}
	for (size_t i = 0; !regular && i < spec->n_initcontainers; i++) {
		const struct kn_obs_container *c =
			kn_obs_find(seen, spec->initcontainers[i]->name, sb ? sb->id : NULL);

		if (c && !kn_container_is_sidecar(spec->initcontainers[i]) && c->state == KN_OBS_EXITED &&
		    c->exit_code && !kn_plan_restarts(p, c))
			return true;
	}
	if (!regular)
		return false;
	for (size_t i = 0; i < spec->n_containers; i++)
		if (!kn_obs_find(seen, spec->containers[i]->name, NULL))
			return false;
	return true;
}

/* A container that is not there, or has ended and is to run again. */
static void plan_start(struct kn_plan *out, const struct kn_plan_in *in, unsigned index,
		       const struct kn_obs_container *died)
{
	const char *name = kn_pod_container_at(in->pod, index, NULL)->name;
	const struct kn_obs_container *any = kn_obs_find(in->seen, name, NULL);
	int64_t hold = in->hold_until_ns ? in->hold_until_ns[index] : 0;
	struct kn_act *a;

	if (died && died->state == KN_OBS_EXITED) {
		char *key kn_auto_free = kn_sprintf("%s/%s", in->pod->uid, name);
		int64_t wait = kn_backoff_wait(in->restarts, key, died->finished_ns, in->now_ns);

		if (wait > 0) {
			a = kn_plan_add(out, KN_ACT_BACKOFF);
			a->index = index;
			a->died = died;
			a->wait_ns = wait;
			kn_plan_wake(out, in->now_ns + wait);
			return;
		}
	}
	if (hold > in->now_ns) {
		kn_plan_wake(out, hold);
		return;
	}
	a = kn_plan_add(out, KN_ACT_START);
	a->index = index;
	a->died = died;
	a->attempt = any ? any->restarts + 1 : 0;
}

static bool any_regular(const struct kn_plan_in *in, const char *sandbox_id)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;

	for (size_t i = 0; i < spec->n_containers; i++)
		if (kn_obs_find(in->seen, spec->containers[i]->name, sandbox_id))
			return true;
	return false;
}

/* True: the regular containers' turn has come. */
static bool plan_init(struct kn_plan *out, const struct kn_plan_in *in, const char *sandbox_id)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;
	bool initialized = any_regular(in, sandbox_id);

	for (size_t i = 0; i < spec->n_initcontainers; i++) {
		const K8s__Container *k = spec->initcontainers[i];
		const struct kn_obs_container *c = kn_obs_find(in->seen, k->name, sandbox_id);
		bool sidecar = kn_container_is_sidecar(k);

		if (initialized && !sidecar)
			continue; /* its records may have been cleaned away: it has run */
		if (!c) {
			plan_start(out, in, i, kn_obs_previous(in->seen, k->name, NULL));
		} else if (c->state == KN_OBS_RUNNING || c->state == KN_OBS_UNKNOWN) {
			if (kn_plan_keep(out, in, i, c) && sidecar &&
			    !(in->waiting && in->waiting[i].probes.unstarted))
				continue;
		} else if (c->state == KN_OBS_EXITED && !sidecar && c->exit_code == 0) {
			continue;
		} else {
			plan_start(out, in, i, c);
		}
		if (!initialized)
			return false;
	}
	return true;
}

static void plan_regular(struct kn_plan *out, const struct kn_plan_in *in, const char *sandbox_id)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;

	for (size_t i = 0; i < spec->n_containers; i++) {
		const K8s__Container *k = spec->containers[i];
		const struct kn_obs_container *c = kn_obs_find(in->seen, k->name, sandbox_id);
		unsigned index = spec->n_initcontainers + i;

		if (!c) { /* perhaps it ended well in an earlier sandbox */
			c = kn_obs_previous(in->seen, k->name, NULL);
			if (!c || kn_plan_restarts(in->pod, c))
				plan_start(out, in, index, NULL);
		} else if (c->state == KN_OBS_RUNNING || c->state == KN_OBS_UNKNOWN) {
			kn_plan_keep(out, in, index, c);
		} else if (kn_plan_restarts(in->pod, c)) {
			plan_start(out, in, index, c);
		}
	}
}

/* Each once, and never again. */
static void plan_ephemeral(struct kn_plan *out, const struct kn_plan_in *in)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;

	for (size_t i = 0; i < spec->n_ephemeralcontainers; i++) {
		unsigned index = spec->n_initcontainers + spec->n_containers + i;

		if (!kn_obs_find(in->seen, kn_pod_container_at(in->pod, index, NULL)->name, NULL))
			plan_start(out, in, index, NULL);
	}
}

/* The sandbox fits, or is to be made (anew). */
static bool sandbox_fits(const struct kn_plan_in *in)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(in->seen);

	if (!sb || !sb->ready)
		return false;
	for (size_t i = 1; i < in->seen->n_sandboxes; i++)
		if (in->seen->sandboxes[i].ready)
			return false; /* two at once: start over, as upstream */
	if (!sb->have_status)
		return true;
	return sb->host_network == (kn_pod_is_host_network(in->pod) > 0);
}

static void plan_sandbox(struct kn_plan *out, const struct kn_plan_in *in)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(in->seen);
	const char *policy = in->pod->obj->spec->restartpolicy;
	struct kn_act *a;

	if (kn_plan_stop(out, in, NULL))
		return;
	if (sb && in->seen->n_containers && policy && !strcmp(policy, "Never")) {
		out->terminal = true; /* what has run mustn't run again */
		return;
	}
	if (in->sandbox_hold_ns > in->now_ns) {
		kn_plan_wake(out, in->sandbox_hold_ns);
		return;
	}
	a = kn_plan_add(out, KN_ACT_CREATE_SANDBOX);
	a->attempt = sb ? sb->attempt + 1 : 0;
}

void kn_pod_plan_make(struct kn_plan *out, const struct kn_plan_in *in)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(in->seen);

	*out = (struct kn_plan){0};
	if (in->terminating || !in->pod) {
		if (!kn_plan_stop(out, in, NULL))
			out->gone = !kn_plan_remove_all(out, in);
		return;
	}
	if (in->finished || kn_plan_is_terminal(in->pod, in->seen)) {
		out->terminal = true;
		if (!kn_plan_stop(out, in, NULL))
			kn_plan_tidy(out, in);
		return;
	}
	if (!sandbox_fits(in)) {
		plan_sandbox(out, in);
	} else {
		plan_ephemeral(out, in);
		if (plan_init(out, in, sb->id))
			plan_regular(out, in, sb->id);
	}
	kn_plan_tidy(out, in);
}
