// SPDX-License-Identifier: Apache-2.0
/* Containers' statuses as the API has them (pkg/kubelet/kubelet_pods.go convertToAPIContainerStatuses). */
#include "kubelet/status/pod_api_status.h"

#include <string.h>
#include "kubelet/pod/pod_plan.h"
#include "kubelet/pod/pod_priv.h"
#include "lib/k8s/message.h"

#define ALL_POD_BYTES (12 * 1024) /* MaxPodTerminationMessageLogLength: shared by a pod's containers */

struct one { /* a container on the way to its status */
	struct kn_arena *a;
	const struct kn_api_status_in *in;
	const K8s__Container *spec;
	const struct kn_obs_container *seen;
	const K8s__ContainerStatus *old;
	unsigned index;
	bool init, sidecar, ephemeral;
	size_t message_max;
};

K8s__Time *kn_api_time(struct kn_arena *a, int64_t ns)
{
	K8s__Time *t = KN_MSG(a, K8s__Time, k8s__time__init);

	t->has_seconds = ns > 0;
	t->seconds = ns > 0 ? ns / KN_NSEC_PER_SEC : 0;
	return t;
}

const K8s__ContainerStatus *kn_container_status_find(K8s__ContainerStatus *const *list, size_t n,
						     const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->name && !strcmp(list[i]->name, name))
			return list[i];
	return NULL;
}

static K8s__ContainerState *new_state(struct kn_arena *a)
{
	return KN_MSG(a, K8s__ContainerState, k8s__container_state__init);
}

static K8s__ContainerState *waiting(struct kn_arena *a, const char *reason, const char *message)
{
	K8s__ContainerState *s = new_state(a);

	s->waiting = KN_MSG(a, K8s__ContainerStateWaiting, k8s__container_state_waiting__init);
	s->waiting->reason = kn_arena_strdup(a, reason);
	s->waiting->message = kn_arena_strdup(a, message);
	return s;
}

static K8s__ContainerState *terminated(struct kn_arena *a, int code, const char *reason, const char *message)
{
	K8s__ContainerState *s = new_state(a);
	K8s__ContainerStateTerminated *t =
		KN_MSG(a, K8s__ContainerStateTerminated, k8s__container_state_terminated__init);

	t->has_exitcode = true;
	t->exitcode = code;
	t->reason = kn_arena_strdup(a, reason);
	t->message = kn_arena_strdup(a, message);
	s->terminated = t;
	return s;
}

K8s__ContainerState *kn_container_lost(struct kn_arena *a, const char *message)
{
	return terminated(a, 137, KN_STATUS_UNKNOWN, message);
}

/* How many bytes the character at s has; 0: it is none in UTF-8. */
static size_t utf8_len(const unsigned char *s, size_t left)
{
	size_t n = *s < 0x80 ? 1 : *s < 0xc2 ? 0 : *s < 0xe0 ? 2 : *s < 0xf0 ? 3 : *s < 0xf5 ? 4 : 0;

	if (n > left)
		return 0;
	for (size_t i = 1; i < n; i++)
		if ((s[i] & 0xc0) != 0x80)
			return 0;
	return n;
}

/* At most max bytes of what a container wrote; what isn't text becomes '?', or the API server would change
 * it, and we put it right again and again. */
static char *clean_text(struct kn_arena *a, const char *s, size_t max)
{
	size_t len = strnlen(s, max), n;
	char *copy = kn_arena_strndup(a, s, len);

	for (size_t i = 0; i < len; i += n) {
		n = utf8_len((const unsigned char *)copy + i, len - i);
		if (!n) {
			copy[i] = '?';
			n = 1;
		}
	}
	return copy;
}

static const char *default_reason(const struct kn_api_status_in *in)
{
	return in->pod->obj->spec->n_initcontainers ? "PodInitializing" : "ContainerCreating";
}

static void set_restarts(K8s__ContainerStatus *s, int64_t n)
{
	s->has_restartcount = true;
	s->restartcount = (int32_t)n;
}

static void add_mounts(const struct one *o, K8s__ContainerStatus *s)
{
	const K8s__Container *c = o->spec;

	if (!c->n_volumemounts)
		return;
	s->volumemounts = kn_arena_alloc(o->a, c->n_volumemounts * sizeof(*s->volumemounts));
	for (size_t i = 0; i < c->n_volumemounts; i++) {
		const K8s__VolumeMount *m = c->volumemounts[i];
		K8s__VolumeMountStatus *v =
			KN_MSG(o->a, K8s__VolumeMountStatus, k8s__volume_mount_status__init);

		v->name = kn_arena_strdup(o->a, m->name);
		v->mountpath = kn_arena_strdup(o->a, m->mountpath);
		v->has_readonly = v->readonly = m->readonly;
		if (m->readonly)
			v->recursivereadonly = (char *)"Disabled";
		s->volumemounts[s->n_volumemounts++] = v;
	}
}

/* What is said of a container that the runtime has nothing of. */
static K8s__ContainerStatus *from_nothing(const struct one *o)
{
	K8s__ContainerStatus *s;

	if (o->old && o->old->state && o->old->state->terminated)
		return kn_msg_copy(o->a, o->old);
	s = KN_MSG(o->a, K8s__ContainerStatus, k8s__container_status__init);
	s->name = kn_arena_strdup(o->a, o->spec->name);
	s->image = kn_arena_strdup(o->a, o->spec->image);
	s->state = waiting(o->a, default_reason(o->in), NULL);
	set_restarts(s, o->old ? o->old->restartcount : 0);
	add_mounts(o, s);
	if (!o->old)
		return s;
	s->laststate = kn_msg_copy(o->a, o->old->laststate);
	/* It ran when it was last seen, so it has ended since: not Pending again. */
	if (o->old->state && o->old->state->running && !(s->laststate && s->laststate->terminated)) {
		s->laststate = kn_container_lost(o->a, "The container could not be located when the pod was "
						       "deleted.  The container used to be Running");
		if (!o->in->deleted)
			set_restarts(s, s->restartcount + 1);
	}
	return s;
}

static char *container_id(const struct one *o, const struct kn_obs_container *c)
{
	return kn_arena_printf(o->a, "%s://%s", o->in->runtime ? o->in->runtime : "containerd", c->id);
}

static K8s__ContainerState *state_of(const struct one *o, const struct kn_obs_container *c)
{
	bool ran = o->old && o->old->state && o->old->state->running;
	K8s__ContainerState *s;

	if (c->state == KN_OBS_RUNNING) {
		s = new_state(o->a);
		s->running = KN_MSG(o->a, K8s__ContainerStateRunning, k8s__container_state_running__init);
		s->running->startedat = kn_api_time(o->a, c->started_ns);
		return s;
	}
	if (c->state == KN_OBS_EXITED) {
		char *message = c->message ? clean_text(o->a, c->message, o->message_max) : NULL;

		s = terminated(o->a, c->exit_code, c->reason, message);
		s->terminated->startedat = kn_api_time(o->a, c->started_ns);
		s->terminated->finishedat = kn_api_time(o->a, c->finished_ns);
		s->terminated->containerid = container_id(o, c);
		return s;
	}
	if (c->state == KN_OBS_UNKNOWN && ran)
		return kn_container_lost(o->a,
					 "The container could not be located when the pod was terminated");
	return waiting(o->a, NULL, NULL);
}

static void add_last_state(const struct one *o, K8s__ContainerStatus *s)
{
	const K8s__ContainerStatus *old = o->old;
	const struct kn_obs_container *last = kn_obs_previous(o->in->seen, o->spec->name, o->seen);

	if (last)
		s->laststate = state_of(o, last);
	else if (old->state && old->state->terminated && old->containerid &&
		 strcmp(old->containerid, s->containerid))
		s->laststate = kn_msg_copy(o->a, old->state);
	else if (old->laststate && old->laststate->terminated)
		s->laststate = kn_msg_copy(o->a, old->laststate);
}

static void add_resources(const struct one *o, K8s__ContainerStatus *s)
{
	const K8s__ResourceRequirements *r = o->spec->resources;
	K8s__ResourceRequirements *copy = kn_msg_copy(o->a, r), *second = kn_msg_copy(o->a, r);

	if (!copy) {
		s->resources = KN_MSG(o->a, K8s__ResourceRequirements, k8s__resource_requirements__init);
		return;
	}
	s->resources = copy;
	s->n_allocatedresources = second->n_requests;
	s->allocatedresources = second->requests;
}

static K8s__ContainerStatus *from_seen(const struct one *o)
{
	static const K8s__ContainerStatus none = K8S__CONTAINER_STATUS__INIT;
	const struct kn_obs_container *c = o->seen;
	const K8s__ContainerStatus *old = o->old ? o->old : &none;
	struct one with_old = *o;
	K8s__ContainerStatus *s = KN_MSG(o->a, K8s__ContainerStatus, k8s__container_status__init), *m;

	with_old.old = old;
	s->name = kn_arena_strdup(o->a, o->spec->name);
	s->image = kn_arena_strdup(o->a, c->image ? c->image : o->spec->image);
	s->imageid = kn_arena_strdup(o->a, c->image_ref ? c->image_ref : "");
	s->containerid = container_id(o, c);
	set_restarts(s, old->restartcount > (int64_t)c->restarts ? (int64_t)old->restartcount : c->restarts);
	if (c->state == KN_OBS_UNKNOWN && old->state && old->state->running)
		set_restarts(s, old->restartcount + 1);
	s->state = state_of(&with_old, c);
	add_last_state(&with_old, s);
	add_resources(o, s);
	if (old->n_volumemounts) {
		m = kn_msg_copy(o->a, old);
		s->n_volumemounts = m->n_volumemounts;
		s->volumemounts = m->volumemounts;
	} else {
		add_mounts(o, s);
	}
	return s;
}

static bool any_regular(const struct kn_api_status_in *in)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;

	for (size_t i = 0; in->seen && i < spec->n_containers; i++)
		if (kn_obs_find(in->seen, spec->containers[i]->name, NULL))
			return true;
	return false;
}

static bool starts_again(const struct one *o)
{
	if (o->in->deleted)
		return false;
	if (!o->seen)
		return true;
	if (o->ephemeral || o->seen->state == KN_OBS_RUNNING)
		return false;
	return o->seen->state != KN_OBS_EXITED ||
	       kn_container_should_restart(o->in->pod, o->spec, o->seen->exit_code);
}

/* What is about to start, and can't, is Waiting with the reason. */
static void add_waiting(const struct one *o, K8s__ContainerStatus *s)
{
	const struct kn_waiting *w = o->in->waiting ? &o->in->waiting[o->index] : NULL;

	if (o->init && o->seen && o->seen->state == KN_OBS_EXITED && !o->seen->exit_code)
		return;
	if (o->init && !o->seen && !o->sidecar && s->state->waiting && any_regular(o->in)) {
		s->state = terminated(o->a, 0, "Completed",
				      "Unable to get init container status from container runtime and pod "
				      "has been initialized, treat it as exited normally");
		return;
	}
	/* The default reason isn't one: it is what is shown anyway where nothing better is known. */
	if (!w || !w->reason || !starts_again(o) || !strcmp(w->reason, default_reason(o->in)))
		return;
	if (s->state->terminated)
		s->laststate = s->state;
	s->state = waiting(o->a, w->reason, w->message);
}

static void add_health(const struct one *o, K8s__ContainerStatus *s)
{
	const struct kn_waiting *w = o->in->waiting ? &o->in->waiting[o->index] : NULL;
	bool runs = s->state->running;

	if (o->ephemeral)
		return;
	s->has_started = s->has_ready = true;
	s->started = runs && !(w && w->probes.unstarted);
	if (o->init && !o->sidecar)
		s->ready = s->state->terminated && !s->state->terminated->exitcode;
	else
		s->ready = s->started && !(w && w->probes.unready);
}

static const K8s__ContainerStatus *old_of(const struct kn_api_status_in *in, const char *name)
{
	const K8s__ContainerStatus *s = NULL;

	if (in->old)
		s = kn_container_status_find(in->old->containerstatuses, in->old->n_containerstatuses, name);
	if (in->old && !s)
		s = kn_container_status_find(in->old->initcontainerstatuses, in->old->n_initcontainerstatuses,
					     name);
	if (in->old && !s)
		s = kn_container_status_find(in->old->ephemeralcontainerstatuses,
					     in->old->n_ephemeralcontainerstatuses, name);
	return s;
}

K8s__ContainerStatus **kn_container_statuses(struct kn_arena *a, const struct kn_api_status_in *in,
					     unsigned first, unsigned n)
{
	K8s__ContainerStatus **list = kn_arena_alloc(a, (n + 1) * sizeof(*list));
	unsigned all = kn_pod_container_count(in->pod);

	for (unsigned i = 0; i < n; i++) {
		struct one o = {.a = a, .in = in, .index = first + i};

		o.message_max = ALL_POD_BYTES / (all ? all : 1);
		o.spec = kn_pod_container_at(in->pod, o.index, &o.init);
		o.ephemeral = o.index >= all - in->pod->obj->spec->n_ephemeralcontainers;
		o.sidecar = o.init && kn_container_is_sidecar(o.spec);
		o.seen = in->seen ? kn_obs_find(in->seen, o.spec->name, NULL) : NULL;
		o.old = old_of(in, o.spec->name);
		list[i] = o.seen ? from_seen(&o) : from_nothing(&o);
		if (!list[i]->state)
			list[i]->state = waiting(a, default_reason(in), NULL);
		add_waiting(&o, list[i]);
		add_health(&o, list[i]);
	}
	return list;
}
