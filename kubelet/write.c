// SPDX-License-Identifier: Apache-2.0
/* The kubelet's state as JSON, for kernctl and kernlet's own endpoint. */
#include "kubelet/kubelet_private.h"

#include <stdio.h>
#include "lib/base/mem.h"

static void write_time(struct kn_json_writer *w, const char *key, int64_t ns)
{
	char buf[32];

	if (ns)
		kn_json_str(w, key, kn_time_rfc3339(ns, buf));
}

static void write_container(struct kn_json_writer *w, const struct kn_container_view *v)
{
	static const char *const states[] = {"waiting", "running", "terminated"};
	const struct kn_obs_container *c = v->seen;

	kn_json_obj(w, NULL);
	kn_json_str(w, "name", v->name);
	kn_json_str(w, "state", states[v->state]);
	kn_json_str(w, "reason", v->reason);
	kn_json_str(w, "message", v->message);
	if (v->state == KN_VIEW_TERMINATED)
		kn_json_int(w, "exitCode", c->exit_code);
	kn_json_int(w, "restartCount", v->restarts);
	kn_json_bool(w, "ready", v->ready);
	kn_json_str(w, "image", v->image);
	kn_json_str(w, "containerID", c ? c->id : NULL);
	if (c)
		write_time(w, "startedAt", c->started_ns);
	if (v->state == KN_VIEW_TERMINATED)
		write_time(w, "finishedAt", c->finished_ns);
	if (v->last) {
		kn_json_obj(w, "last");
		kn_json_str(w, "reason", v->last->reason);
		kn_json_str(w, "message", v->last->message);
		kn_json_int(w, "exitCode", v->last->exit_code);
		write_time(w, "finishedAt", v->last->finished_ns);
		kn_json_end_obj(w);
	}
	kn_json_end_obj(w);
}

static void write_containers(struct kn_json_writer *w, const char *key, const struct kn_status *s, bool init)
{
	kn_json_arr(w, key);
	for (size_t i = 0; i < s->n; i++)
		if (s->containers[i].init == init)
			write_container(w, &s->containers[i]);
	kn_json_end_arr(w);
}

static void write_ms(struct kn_json_writer *w, const char *key, const struct kn_startup *s, int64_t at)
{
	if (at)
		kn_json_double(w, key, (double)(at - s->seen) / KN_NSEC_PER_MSEC);
}

static void write_startup(struct kn_json_writer *w, const struct kn_startup *s)
{
	kn_json_obj(w, "startup");
	write_ms(w, "dirsMs", s, s->dirs);
	write_ms(w, "sandboxMs", s, s->sandbox);
	write_ms(w, "imageMs", s, s->image);
	write_ms(w, "createdMs", s, s->created);
	write_ms(w, "seenToRunningMs", s, s->started);
	if (s->started) {
		kn_json_double(w, "criMs", (double)s->cri_ns / KN_NSEC_PER_MSEC);
		kn_json_double(w, "ownMs", (double)(s->started - s->seen - s->cri_ns) / KN_NSEC_PER_MSEC);
	}
	kn_json_end_obj(w);
}

static void write_ips(struct kn_json_writer *w, const struct kn_worker *p, const struct kn_status *s)
{
	const char *host[] = {p->k->d.node->host_ip, NULL};
	const char *const *ips = s->ips ? s->ips : s->n && kn_pod_is_host_network(p->pod) ? host : NULL;

	kn_json_str(w, "ip", ips ? ips[0] : NULL);
	kn_json_arr(w, "ips");
	for (; ips && *ips; ips++)
		kn_json_str(w, NULL, *ips);
	kn_json_end_arr(w);
}

static void write_pod(struct kn_json_writer *w, const struct kn_worker *p)
{
	struct kn_status s = {0};
	char ready[32];

	kn_json_obj(w, NULL);
	kn_json_str(w, "namespace", p->ns);
	kn_json_str(w, "name", p->name);
	kn_json_str(w, "uid", p->uid);
	if (p->pod) {
		kn_status_make(&s, p->pod, p->seen, p->waiting, p->terminating);
		if (p->finished)
			s.phase = p->final_phase;
	} else { /* an orphan: nothing is known of what it should be */
		snprintf(s.summary, sizeof(s.summary), "Terminating");
		s.phase = KN_PHASE_RUNNING;
	}
	snprintf(ready, sizeof(ready), "%u/%u", s.ready, s.total);
	kn_json_str(w, "phase", kn_phase_name(s.phase));
	kn_json_str(w, "reason", s.summary);
	kn_json_str(w, "message", s.message);
	write_ips(w, p, &s);
	kn_json_str(w, "node", p->k->d.node->node_name);
	kn_json_str(w, "qos", p->pod ? kn_qos_name(kn_pod_qos(p->pod)) : NULL);
	kn_json_int(w, "restarts", s.restarts);
	kn_json_str(w, "ready", ready);
	kn_json_str(w, "file", p->pod ? p->pod->file : NULL);
	write_containers(w, "initContainers", &s, true);
	write_containers(w, "containers", &s, false);
	write_startup(w, &p->startup);
	kn_json_end_obj(w);
	kn_status_free(&s);
}

void kn_kubelet_write_pods(struct kn_kubelet *k, const char *key, struct kn_json_writer *w)
{
	void *value;
	size_t it = 0;

	kn_json_arr(w, key);
	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *p = value;

		if (p->pod || *p->name) /* not those that only sweep up a folder */
			write_pod(w, p);
	}
	kn_json_end_arr(w);
}

void kn_kubelet_write_status(struct kn_kubelet *k, const char *key, struct kn_json_writer *w)
{
	const struct kn_runtime_state *s = &k->runtime;
	unsigned running = 0;
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *p = value;

		running += p->seen && kn_obs_newest(p->seen) && kn_obs_newest(p->seen)->ready;
	}
	kn_json_obj(w, key);
	kn_json_obj(w, "runtime");
	kn_json_str(w, "name", s->name);
	kn_json_str(w, "version", s->version);
	kn_json_bool(w, "reachable", s->reachable);
	kn_json_bool(w, "ready", s->ready && s->network_ready);
	kn_json_str(w, "message", s->message);
	kn_json_end_obj(w);
	kn_json_int(w, "pods", (int64_t)kn_map_count(k->workers));
	kn_json_int(w, "wanted", (int64_t)k->n_wanted);
	kn_json_int(w, "running", running);
	kn_json_end_obj(w);
}
