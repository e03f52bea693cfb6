// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/pod_status.h"

#include <stdio.h>
#include <string.h>
#include "kubelet/pod/plan_private.h"
#include "lib/base/mem.h"

const char *kn_phase_name(enum kn_phase p)
{
	static const char *const names[] = {"Pending", "Running", "Succeeded", "Failed"};

	return names[p];
}

static void view_waiting(struct kn_container_view *v, const struct kn_pod *pod, const struct kn_waiting *w)
{
	v->state = KN_VIEW_WAITING;
	v->reason = w && w->reason		       ? w->reason
		    : pod->obj->spec->n_initcontainers ? "PodInitializing"
						       : "ContainerCreating";
	v->message = w && w->reason ? w->message : NULL;
}

static void view_ended(struct kn_container_view *v, const struct kn_obs_container *c)
{
	v->state = KN_VIEW_TERMINATED;
	v->reason = c->reason ? c->reason : c->exit_code ? "Error" : "Completed";
	v->message = c->message;
	v->ready = v->init && !v->sidecar && c->exit_code == 0;
}

static void view_container(struct kn_container_view *v, const struct kn_pod *pod,
			   const struct kn_obs_pod *seen, const struct kn_waiting *w)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(seen);
	const struct kn_obs_container *c = kn_obs_find(seen, v->name, NULL);
	bool here = c && sb && !strcmp(c->sandbox_id, sb->id);

	v->seen = c;
	v->restarts = c ? c->restarts : 0;
	v->last = c ? kn_obs_previous(seen, v->name, c) : NULL;
	if (c && c->image)
		v->image = c->image;
	if (!c || c->state == KN_OBS_CREATED || c->state == KN_OBS_UNKNOWN) {
		view_waiting(v, pod, w);
	} else if (c->state == KN_OBS_RUNNING) {
		v->state = KN_VIEW_RUNNING;
		v->started = !w || !w->probes.unstarted;
		v->ready = (!v->init || v->sidecar) && v->started && !(w && w->probes.unready);
	} else if ((w && w->reason && (v->sidecar || kn_plan_restarts(pod, c))) || (v->init && !here)) {
		view_waiting(v, pod, w);
		v->last = c;
	} else {
		view_ended(v, c);
	}
}

struct counts {
	unsigned running, waiting, stopped, succeeded, init_pending, init_failed, sidecars_running;
};

static void count(struct counts *n, const struct kn_container_view *v, bool initialized)
{
	bool ended = v->state == KN_VIEW_TERMINATED;
	int code = v->seen && v->seen->state == KN_OBS_EXITED ? v->seen->exit_code : 0;

	if (v->sidecar) {
		n->sidecars_running += v->state == KN_VIEW_RUNNING;
		n->init_pending += v->state != KN_VIEW_RUNNING && !initialized;
	} else if (v->init) {
		n->init_failed += ended && code;
		n->init_pending += !ended && !initialized;
	} else if (v->state == KN_VIEW_RUNNING) {
		n->running++;
	} else if (ended) {
		n->stopped++;
		n->succeeded += code == 0;
	} else if (v->last) {
		n->stopped++;
	} else {
		n->waiting++;
	}
}

static enum kn_phase phase_of(const struct kn_pod *pod, const struct kn_status *s)
{
	const char *policy = pod->obj->spec->restartpolicy;
	bool never = policy && !strcmp(policy, "Never"), on_failure = policy && !strcmp(policy, "OnFailure");
	struct counts n = {0};
	bool initialized = false;

	for (size_t i = 0; i < s->n; i++)
		initialized = initialized || (!s->containers[i].init && s->containers[i].seen);
	for (size_t i = 0; i < s->n; i++)
		count(&n, &s->containers[i], initialized);
	if (n.init_failed && never)
		return KN_PHASE_FAILED;
	if (n.init_pending || (n.init_failed && !initialized) || n.waiting)
		return KN_PHASE_PENDING;
	if (n.running)
		return KN_PHASE_RUNNING;
	if (!n.stopped)
		return KN_PHASE_PENDING;
	if ((!never && !on_failure) || n.sidecars_running)
		return KN_PHASE_RUNNING;
	if (n.stopped == n.succeeded)
		return KN_PHASE_SUCCEEDED;
	return never ? KN_PHASE_FAILED : KN_PHASE_RUNNING;
}

static bool summarize_init(struct kn_status *s, const struct kn_pod *pod)
{
	for (size_t i = 0; i < s->n && s->containers[i].init; i++) {
		const struct kn_container_view *v = &s->containers[i];

		if (v->state == KN_VIEW_RUNNING ? v->sidecar : v->ready)
			continue;
		if (v->state == KN_VIEW_TERMINATED ||
		    (v->state == KN_VIEW_WAITING && strcmp(v->reason, "PodInitializing")))
			snprintf(s->summary, sizeof(s->summary), "Init:%s", v->reason);
		else
			snprintf(s->summary, sizeof(s->summary), "Init:%zu/%zu", i,
				 pod->obj->spec->n_initcontainers);
		s->message = v->message;
		return true;
	}
	return false;
}

static void summarize(struct kn_status *s, const struct kn_pod *pod)
{
	bool running = false, initialized = false;

	for (size_t i = 0; i < s->n; i++)
		initialized = initialized || (!s->containers[i].init && s->containers[i].seen);
	snprintf(s->summary, sizeof(s->summary), "%s", kn_phase_name(s->phase));
	if (!initialized && summarize_init(s, pod))
		return;
	for (size_t i = s->n; i-- && !s->containers[i].init;) {
		const struct kn_container_view *v = &s->containers[i];

		if (v->state == KN_VIEW_RUNNING) {
			running = running || v->ready;
		} else if (v->reason) {
			snprintf(s->summary, sizeof(s->summary), "%s", v->reason);
			s->message = v->message;
		}
	}
	if (running && !strcmp(s->summary, "Completed"))
		snprintf(s->summary, sizeof(s->summary), s->ready == s->total ? "Running" : "NotReady");
}

void kn_status_make(struct kn_status *out, const struct kn_pod *pod, const struct kn_obs_pod *seen,
		    const struct kn_waiting *waiting, bool terminating)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(seen);
	struct kn_status s = {.n = kn_pod_container_count(pod)};

	s.containers = kn_calloc(s.n, sizeof(*s.containers));
	s.ips = sb ? (const char *const *)sb->ips : NULL;
	for (size_t i = 0; i < s.n; i++) {
		struct kn_container_view *v = &s.containers[i];
		const K8s__Container *k = kn_pod_container_at(pod, i, &v->init);

		v->name = k->name;
		v->image = k->image;
		v->sidecar = v->init && kn_container_is_sidecar(k);
		view_container(v, pod, seen, waiting ? &waiting[i] : NULL);
		s.restarts += v->restarts;
		if (i < s.n - pod->obj->spec->n_ephemeralcontainers && (!v->init || v->sidecar)) {
			s.total++;
			s.ready += v->ready;
		}
	}
	s.phase = phase_of(pod, &s);
	summarize(&s, pod);
	if (terminating)
		snprintf(s.summary, sizeof(s.summary), "Terminating");
	*out = s;
}

void kn_status_free(struct kn_status *s)
{
	free(s->containers);
	*s = (struct kn_status){0};
}
