// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/pod_api_status.h"

#include <arpa/inet.h>
#include <string.h>
#include "kubelet/pod/pod_priv.h"
#include "lib/k8s/message.h"

#define LOST_AT_END "The container could not be located when the pod was terminated"

static bool is_v6(const char *ip)
{
	return strchr(ip, ':');
}

static void add_ip(struct kn_arena *a, K8s__PodStatus *s, const char *ip)
{
	K8s__PodIP *p = KN_MSG(a, K8s__PodIP, k8s__pod_ip__init);

	p->ip = kn_arena_strdup(a, ip);
	s->podips = kn_list_with(a, s->podips, s->n_podips, p);
	s->n_podips++;
}

/* The first of each family, that of the node's address first. */
static void add_pod_ips(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s)
{
	const struct kn_obs_sandbox *sb = in->seen ? kn_obs_newest(in->seen) : NULL;
	bool first_v6 = in->host_ips && in->host_ips[0] && is_v6(in->host_ips[0]);

	if (sb && sb->ready) {
		for (int family = 0; family < 2; family++) {
			char **ip = sb->ips;

			while (ip && *ip && is_v6(*ip) != (family ? !first_v6 : first_v6))
				ip++;
			if (ip && *ip)
				add_ip(a, s, *ip);
		}
	} else { /* whoever asks where it was still finds out */
		for (size_t i = 0; in->old && i < in->old->n_podips; i++)
			add_ip(a, s, in->old->podips[i]->ip);
	}
}

static void add_host_ips(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s)
{
	bool host_network = kn_pod_is_host_network(in->pod);

	for (size_t i = 0; in->host_ips && in->host_ips[i] && i < 2; i++) {
		K8s__HostIP *h = KN_MSG(a, K8s__HostIP, k8s__host_ip__init);
		bool known = s->n_podips > i;

		h->ip = kn_arena_strdup(a, in->host_ips[i]);
		s->hostips = kn_list_with(a, s->hostips, s->n_hostips, h);
		s->n_hostips++;
		if (host_network && !known)
			add_ip(a, s, h->ip);
	}
	if (s->n_hostips)
		s->hostip = s->hostips[0]->ip;
	if (s->n_podips)
		s->podip = s->podips[0]->ip;
}

static void add_start_time(struct kn_arena *a, K8s__PodStatus *s, const K8s__PodStatus *old, int64_t now_ns)
{
	s->starttime = old && old->starttime && old->starttime->seconds ? kn_msg_copy(a, old->starttime)
									: kn_api_time(a, now_ns);
}

static void add_generation(K8s__PodStatus *s, const struct kn_pod *pod, const K8s__PodStatus *old)
{
	int64_t g = pod->obj->metadata->generation;

	s->observedgeneration = old && old->observedgeneration > g ? old->observedgeneration : g;
	s->has_observedgeneration = s->observedgeneration > 0;
}

static void add_containers(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;
	unsigned init = spec->n_initcontainers, n = spec->n_containers, eph = spec->n_ephemeralcontainers;

	s->initcontainerstatuses = kn_container_statuses(a, in, 0, init);
	s->n_initcontainerstatuses = init;
	s->containerstatuses = kn_container_statuses(a, in, init, n);
	s->n_containerstatuses = n;
	s->ephemeralcontainerstatuses = kn_container_statuses(a, in, init + n, eph);
	s->n_ephemeralcontainerstatuses = eph;
}

static const char *text(const char *s)
{
	return s && *s ? s : NULL;
}

static void keep_phase(struct kn_arena *a, K8s__PodStatus *s, const K8s__PodStatus *from)
{
	s->phase = kn_arena_strdup(a, from && text(from->phase) ? from->phase : "Pending");
	s->reason = kn_arena_strdup(a, from ? text(from->reason) : NULL);
	s->message = kn_arena_strdup(a, from ? text(from->message) : NULL);
}

/* A terminal phase never goes back, and isn't told while anything of the pod is alive. */
static void add_phase(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s)
{
	const K8s__PodStatus *old = in->old, *api = in->api;
	const char *phase = kn_api_phase(in, s);
	bool alive = in->seen && kn_obs_alive(in->seen);

	s->phase = kn_arena_strdup(a, phase);
	if (!kn_phase_is_terminal(phase)) {
		if (old && kn_phase_is_terminal(old->phase))
			s->phase = kn_arena_strdup(a, old->phase);
		else if (api && kn_phase_is_terminal(api->phase))
			s->phase = kn_arena_strdup(a, api->phase);
	}
	if (old && old->phase && !strcmp(old->phase, s->phase)) {
		const char *r = text(old->reason), *m = text(old->message);

		s->reason = kn_arena_strdup(a, r ? r : api ? text(api->reason) : NULL);
		s->message = kn_arena_strdup(a, m ? m : api ? text(api->message) : NULL);
	}
	if (in->fail_reason) {
		s->phase = (char *)"Failed";
		s->reason = kn_arena_strdup(a, in->fail_reason);
		s->message = kn_arena_strdup(a, in->fail_message);
	}
	if (api && kn_phase_is_terminal(api->phase))
		s->phase = kn_arena_strdup(a, api->phase);
	if (alive && kn_phase_is_terminal(s->phase) && !(old && kn_phase_is_terminal(old->phase)) &&
	    !(api && kn_phase_is_terminal(api->phase)))
		keep_phase(a, s, old);
}

static int by_name(const void *x, const void *y)
{
	return strcmp((*(K8s__ContainerStatus *const *)x)->name, (*(K8s__ContainerStatus *const *)y)->name);
}

K8s__PodStatus *kn_api_status_make(struct kn_arena *a, const struct kn_api_status_in *in)
{
	K8s__PodStatus *s = KN_MSG(a, K8s__PodStatus, k8s__pod_status__init);

	s->qosclass = (char *)kn_qos_name(kn_pod_qos(in->pod));
	if (in->api && text(in->api->qosclass))
		s->qosclass = kn_arena_strdup(a, in->api->qosclass);
	add_generation(s, in->pod, in->old);
	add_containers(a, in, s);
	add_pod_ips(a, in, s);
	add_host_ips(a, in, s);
	add_start_time(a, s, in->old ? in->old : in->api, in->now_ns);
	add_phase(a, in, s);
	kn_pod_conditions(a, in, s);
	/* The API keeps init containers in the order of the spec, the others by name. */
	qsort(s->containerstatuses, s->n_containerstatuses, sizeof(*s->containerstatuses), by_name);
	qsort(s->ephemeralcontainerstatuses, s->n_ephemeralcontainerstatuses,
	      sizeof(*s->ephemeralcontainerstatuses), by_name);
	return s;
}

/* Some container other than an init container has run, or init has been passed. */
static bool was_initialized(const struct kn_pod *pod, const K8s__PodStatus *s)
{
	const K8s__PodSpec *spec = pod->obj->spec;
	const K8s__ContainerStatus *last;

	if (!spec->n_initcontainers)
		return true;
	for (size_t i = 0; i < s->n_containerstatuses; i++) {
		const K8s__ContainerStatus *c = s->containerstatuses[i];

		if ((c->laststate && c->laststate->terminated) || !c->state || !c->state->waiting)
			return true;
	}
	if (!s->n_initcontainerstatuses)
		return false;
	last = s->initcontainerstatuses[s->n_initcontainerstatuses - 1];
	if (kn_container_is_sidecar(spec->initcontainers[spec->n_initcontainers - 1]))
		return last->state && last->state->running && last->started;
	return (last->state && last->state->terminated && !last->state->terminated->exitcode) ||
	       (last->laststate && last->laststate->terminated && !last->laststate->terminated->exitcode);
}

static void end_containers(struct kn_arena *a, K8s__ContainerStatus **list, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		if (list[i]->state && list[i]->state->terminated)
			continue;
		list[i]->state = kn_container_lost(a, LOST_AT_END);
		list[i]->has_ready = list[i]->has_started = true;
		list[i]->ready = list[i]->started = false;
	}
}

/* All init containers up to the last one that shows a sign of life; at least the first. */
static size_t init_tried(const K8s__PodStatus *s)
{
	for (size_t i = s->n_initcontainerstatuses; i--;) {
		const K8s__ContainerStatus *c = s->initcontainerstatuses[i];

		if (!c->state || !c->state->waiting || (c->laststate && c->laststate->terminated))
			return i + 1;
	}
	return s->n_initcontainerstatuses ? 1 : 0;
}

K8s__PodStatus *kn_api_status_last(struct kn_arena *a, const struct kn_pod *pod, const K8s__PodStatus *old,
				   bool is_static, int64_t now_ns)
{
	K8s__PodStatus *s = old ? kn_msg_copy(a, old) : KN_MSG(a, K8s__PodStatus, k8s__pod_status__init);

	if (was_initialized(pod, s))
		end_containers(a, s->containerstatuses, s->n_containerstatuses);
	end_containers(a, s->initcontainerstatuses, init_tried(s));
	if (!is_static && !kn_phase_is_terminal(s->phase))
		s->phase = (char *)"Failed";
	if (kn_phase_is_terminal(s->phase))
		kn_conditions_terminal(a, s, old, pod->obj->metadata->generation, now_ns);
	add_start_time(a, s, old, now_ns);
	add_generation(s, pod, old);
	return s;
}

K8s__PodStatus *kn_api_status_rejected(struct kn_arena *a, const struct kn_pod *pod,
				       const K8s__PodStatus *old, const char *reason, const char *message,
				       int64_t now_ns)
{
	K8s__PodStatus *s = KN_MSG(a, K8s__PodStatus, k8s__pod_status__init);

	s->qosclass = (char *)kn_qos_name(kn_pod_qos(pod));
	s->phase = (char *)"Failed";
	s->reason = kn_arena_strdup(a, reason);
	s->message = kn_arena_printf(a, "Pod was rejected: %s", message);
	for (size_t i = 0; old && i < old->n_conditions; i++) {
		s->conditions =
			kn_list_with(a, s->conditions, s->n_conditions, kn_msg_copy(a, old->conditions[i]));
		s->n_conditions++;
	}
	kn_conditions_terminal(a, s, old, pod->obj->metadata->generation, now_ns);
	add_start_time(a, s, old, now_ns);
	add_generation(s, pod, old);
	return s;
}
