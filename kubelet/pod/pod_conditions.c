// SPDX-License-Identifier: Apache-2.0
/* A pod's conditions (pkg/kubelet/status/generate.go). */
#include "kubelet/status/pod_api_status.h"

#include <string.h>
#include "kubelet/pod/pod_priv.h"
#include "lib/base/buf.h"
#include "lib/k8s/message.h"

bool kn_condition_is_ours(const char *type)
{
	static const char *const ours[] = {"PodScheduled",
					   "Ready",
					   "Initialized",
					   "ContainersReady",
					   "PodResizeInProgress",
					   "PodResizePending",
					   "PodReadyToStartContainers",
					   "AllContainersRestarting",
					   NULL};

	return kn_one_of(type, ours);
}

K8s__PodCondition *kn_condition_find(const K8s__PodStatus *s, const char *type)
{
	for (size_t i = 0; s && i < s->n_conditions; i++)
		if (s->conditions[i]->type && !strcmp(s->conditions[i]->type, type))
			return s->conditions[i];
	return NULL;
}

struct maker {
	struct kn_arena *a;
	const K8s__PodStatus *old;
	int64_t generation, now_ns;
};

/* The time of the last change stays while the status does. */
static void set_condition(const struct maker *m, K8s__PodStatus *s, const char *type, bool good,
			  const char *reason, const char *message)
{
	const K8s__PodCondition *before = kn_condition_find(m->old, type);
	K8s__PodCondition *c = kn_condition_find(s, type);

	if (!c) {
		c = KN_MSG(m->a, K8s__PodCondition, k8s__pod_condition__init);
		s->conditions = kn_list_with(m->a, s->conditions, s->n_conditions, c);
		s->n_conditions++;
	}
	c->type = (char *)type;
	c->status = (char *)(good ? "True" : "False");
	c->has_observedgeneration = m->generation > 0;
	c->observedgeneration = m->generation;
	c->reason = kn_arena_strdup(m->a, reason);
	c->message = kn_arena_strdup(m->a, message);
	if (before && before->status && !strcmp(before->status, c->status) && before->lasttransitiontime)
		c->lasttransitiontime = kn_msg_copy(m->a, before->lasttransitiontime);
	else
		c->lasttransitiontime = kn_api_time(m->a, m->now_ns);
}

struct names { /* "[a b]" as Go prints lists */
	struct kn_buf text;
	unsigned n;
};

static void add_name(struct names *l, const char *name)
{
	kn_buf_addf(&l->text, "%s%s", l->n++ ? " " : "[", name);
}

/* Returns an arena string, or NULL when both lists are empty. */
static char *say(struct kn_arena *a, struct names *unknown, struct names *unready, const char *what)
{
	char *s = NULL;

	if (unknown->n && unready->n)
		s = kn_arena_printf(a, "containers with unknown status: %s], containers with %s status: %s]",
				    unknown->text.data, what, unready->text.data);
	else if (unknown->n)
		s = kn_arena_printf(a, "containers with unknown status: %s]", unknown->text.data);
	else if (unready->n)
		s = kn_arena_printf(a, "containers with %s status: %s]", what, unready->text.data);
	kn_buf_free(&unknown->text);
	kn_buf_free(&unready->text);
	return s;
}

static void collect(const K8s__ContainerStatus *st, const char *name, bool good, struct names *unknown,
		    struct names *bad)
{
	if (!st)
		add_name(unknown, name);
	else if (!good)
		add_name(bad, name);
}

static const K8s__ContainerStatus *init_status(const K8s__PodStatus *s, const char *name)
{
	return kn_container_status_find(s->initcontainerstatuses, s->n_initcontainerstatuses, name);
}

static const K8s__ContainerStatus *regular_status(const K8s__PodStatus *s, const char *name)
{
	return kn_container_status_find(s->containerstatuses, s->n_containerstatuses, name);
}

/* True: all are ready; else reason and message. */
static bool containers_ready(struct kn_arena *a, const K8s__PodSpec *spec, const K8s__PodStatus *s,
			     const char **reason, char **message)
{
	struct names unknown = {0}, unready = {0};
	bool known;

	for (size_t i = 0; i < spec->n_initcontainers; i++) {
		const K8s__ContainerStatus *st = init_status(s, spec->initcontainers[i]->name);

		if (kn_container_is_sidecar(spec->initcontainers[i]))
			collect(st, spec->initcontainers[i]->name, st && st->ready, &unknown, &unready);
	}
	for (size_t i = 0; i < spec->n_containers; i++) {
		const K8s__ContainerStatus *st = regular_status(s, spec->containers[i]->name);

		collect(st, spec->containers[i]->name, st && st->ready, &unknown, &unready);
	}
	known = !unknown.n;
	*message = say(a, &unknown, &unready, "unready");
	*reason = "ContainersNotReady";
	if (s->phase && !strcmp(s->phase, "Succeeded") && known) {
		*reason = "PodCompleted";
		*message = NULL;
		return false;
	}
	if (s->phase && !strcmp(s->phase, "Failed")) {
		*reason = "PodFailed";
		*message = NULL;
		return false;
	}
	return !*message;
}

/* NULL: all gates are open. */
static char *closed_gates(struct kn_arena *a, const K8s__PodSpec *spec, const K8s__PodStatus *s)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};

	for (size_t i = 0; i < spec->n_readinessgates; i++) {
		const char *type = spec->readinessgates[i]->conditiontype;
		const K8s__PodCondition *c = type ? kn_condition_find(s, type) : NULL;
		const char *sep = b.len ? ", " : "";

		if (!c)
			kn_buf_addf(&b,
				    "%scorresponding condition of pod readiness gate \"%s\" does not exist.",
				    sep, type ? type : "");
		else if (!c->status || strcmp(c->status, "True") != 0)
			kn_buf_addf(&b, "%sthe status of pod readiness gate \"%s\" is not \"True\", but %s",
				    sep, type, c->status ? c->status : "");
	}
	return b.len ? kn_arena_strdup(a, b.data) : NULL;
}

static bool has_started(const K8s__ContainerStatus *s)
{
	return s->state &&
	       (s->state->running || s->state->terminated || (s->laststate && s->laststate->terminated));
}

static void initialized(const struct maker *m, const K8s__PodSpec *spec, K8s__PodStatus *s)
{
	const K8s__PodCondition *before = kn_condition_find(m->old, "Initialized");
	struct names unknown = {0}, incomplete = {0};
	bool started = false, known;
	char *message;

	for (size_t i = 0; i < spec->n_initcontainers; i++) {
		const K8s__ContainerStatus *st = init_status(s, spec->initcontainers[i]->name);
		bool sidecar = kn_container_is_sidecar(spec->initcontainers[i]);

		collect(st, spec->initcontainers[i]->name, st && (sidecar ? st->started : st->ready),
			&unknown, &incomplete);
	}
	for (size_t i = 0; i < s->n_containerstatuses; i++)
		started = started || has_started(s->containerstatuses[i]);
	known = !unknown.n;
	message = say(m->a, &unknown, &incomplete, "incomplete");
	if (s->phase && !strcmp(s->phase, "Succeeded") && known)
		set_condition(m, s, "Initialized", true, "PodCompleted", NULL);
	else if (!message || started || (before && before->status && !strcmp(before->status, "True")))
		set_condition(m, s, "Initialized", true, NULL, NULL);
	else
		set_condition(m, s, "Initialized", false, "ContainersNotInitialized", message);
}

/* Why there must be a new sandbox first; NULL: there is one. */
static const char *no_sandbox(const struct kn_api_status_in *in)
{
	const struct kn_obs_sandbox *sb = in->seen ? kn_obs_newest(in->seen) : NULL;
	unsigned ready = 0;

	if (!sb)
		return "no pod sandbox exists";
	for (size_t i = 0; i < in->seen->n_sandboxes; i++)
		ready += in->seen->sandboxes[i].ready;
	if (ready > 1)
		return "multiple pod sandboxes are ready and need to be reconciled";
	if (!sb->ready)
		return "pod sandbox is not ready";
	if (sb->have_status && sb->host_network != (kn_pod_is_host_network(in->pod) > 0))
		return "network namespace mode changed and sandbox needs to be recreated";
	if (sb->have_status && !kn_pod_is_host_network(in->pod) && (!sb->ips || !sb->ips[0]))
		return "pod sandbox has no IP address";
	return NULL;
}

static void add_foreign(const struct maker *m, const K8s__PodStatus *api, K8s__PodStatus *s)
{
	for (size_t i = 0; api && i < api->n_conditions; i++) {
		if (!api->conditions[i]->type || kn_condition_is_ours(api->conditions[i]->type))
			continue;
		s->conditions = kn_list_with(m->a, s->conditions, s->n_conditions,
					     kn_msg_copy(m->a, api->conditions[i]));
		s->n_conditions++;
	}
}

void kn_conditions_terminal(struct kn_arena *a, K8s__PodStatus *s, const K8s__PodStatus *old,
			    int64_t generation, int64_t now_ns)
{
	const struct maker m = {.a = a, .old = old, .generation = generation, .now_ns = now_ns};
	const char *reason = s->phase && !strcmp(s->phase, "Succeeded") ? "PodCompleted" : "PodFailed";

	set_condition(&m, s, "Ready", false, reason, NULL);
	set_condition(&m, s, "ContainersReady", false, reason, NULL);
}

void kn_pod_conditions(struct kn_arena *a, const struct kn_api_status_in *in, K8s__PodStatus *s)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;
	const struct maker m = {.a = a,
				.old = in->old,
				.generation = in->pod->obj->metadata->generation,
				.now_ns = in->now_ns};
	const char *reason, *sandbox = no_sandbox(in);
	char *message, *gates;
	bool ready;

	add_foreign(&m, in->api, s);
	ready = containers_ready(a, spec, s, &reason, &message);
	gates = closed_gates(a, spec, s);
	set_condition(&m, s, "PodReadyToStartContainers", !sandbox, sandbox ? "PodSandboxNotReady" : NULL,
		      sandbox);
	initialized(&m, spec, s);
	if (ready && gates)
		set_condition(&m, s, "Ready", false, "ReadinessGatesNotReady", gates);
	else
		set_condition(&m, s, "Ready", ready, ready ? NULL : reason, ready ? NULL : message);
	set_condition(&m, s, "ContainersReady", ready, ready ? NULL : reason, ready ? NULL : message);
	set_condition(&m, s, "PodScheduled", true, NULL, NULL);
}
