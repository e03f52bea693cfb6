/* SPDX-License-Identifier: Apache-2.0 */
/* Why a node is Ready or not, and under what pressure (nodestatus/setters.go, pkg/kubelet/runtime.go). */
#include <string.h>

#include "kubelet/node/node_priv.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/k8s/message.h"

#define RUNTIME_GONE (30 * KN_NSEC_PER_SEC) /* maxWaitForContainerRuntime */
#define REASONS_MAX 16

static K8s__Time *make_time(struct kn_arena *a, int64_t real_ns)
{
	K8s__Time *t = kn_arena_alloc(a, sizeof(*t));

	k8s__time__init(t);
	t->has_seconds = true;
	t->seconds = real_ns / KN_NSEC_PER_SEC;
	return t;
}

static K8s__NodeCondition *find(const K8s__NodeStatus *s, const char *type)
{
	for (size_t i = 0; i < s->n_conditions; i++)
		if (s->conditions[i]->type && !strcmp(s->conditions[i]->type, type))
			return s->conditions[i];
	return NULL;
}

static K8s__NodeCondition *find_or_add(struct kn_arena *a, K8s__NodeStatus *s, const char *type)
{
	K8s__NodeCondition *c = find(s, type), **more;

	if (c)
		return c;
	c = kn_arena_alloc(a, sizeof(*c));
	k8s__node_condition__init(c);
	c->type = kn_arena_strdup(a, type);
	more = kn_arena_alloc(a, (s->n_conditions + 1) * sizeof(*more));
	if (s->n_conditions)
		memcpy(more, s->conditions, s->n_conditions * sizeof(*more));
	more[s->n_conditions++] = c;
	s->conditions = more;
	return c;
}

static void set_status(struct kn_arena *a, K8s__NodeCondition *c, bool status, int64_t now)
{
	const char *text = status ? "True" : "False";

	if (!c->status || strcmp(c->status, text) != 0 || !c->lasttransitiontime)
		c->lasttransitiontime = make_time(a, now);
	c->status = kn_arena_strdup(a, text);
	c->lastheartbeattime = make_time(a, now);
}

struct pressure {
	const char *type;
	const char *reason[2], *message[2]; /* without and with it */
};

static void set_pressure(struct kn_arena *a, K8s__NodeStatus *s, const struct pressure *p, bool on,
			 int64_t now)
{
	K8s__NodeCondition *c = find_or_add(a, s, p->type);

	set_status(a, c, on, now);
	c->reason = kn_arena_strdup(a, p->reason[on]);
	c->message = kn_arena_strdup(a, p->message[on]);
}

/* ---- Ready ---- */

struct reasons {
	const char *text[REASONS_MAX];
	size_t n;
};

static void add(struct reasons *r, const char *text)
{
	for (size_t i = 0; i < r->n; i++)
		if (!strcmp(r->text[i], text))
			return;
	if (text && r->n < REASONS_MAX)
		r->text[r->n++] = text;
}

static const char *condition_text(struct kn_arena *a, const char *what, const char *name, bool told,
				  const char *reason, const char *message)
{
	if (!told)
		return kn_arena_printf(a, "%s: <nil>", what);
	return kn_arena_printf(a, "%s: %s=false reason:%s message:%s", what, name, reason, message);
}

static void runtime_reasons(struct kn_arena *a, const struct kn_node_seen *seen, struct reasons *r)
{
	const struct kn_runtime_view *v = seen->runtime;

	if (!v->last_ok_ns)
		add(r, "container runtime status check may not have completed yet");
	else if (seen->mono_ns - v->last_ok_ns >= RUNTIME_GONE)
		add(r, "container runtime is down");
	if (v->reachable && !v->ready)
		add(r, condition_text(a, "container runtime not ready", "RuntimeReady", v->has_ready,
				      v->ready_reason, v->ready_message));
	if (!v->status)
		add(r, "network state unknown");
	else if (v->reachable && !v->network_ready)
		add(r, condition_text(a, "container runtime network not ready", "NetworkReady",
				      v->has_network, v->network_reason, v->network_message));
}

static char *join(struct kn_arena *a, const struct reasons *r)
{
	kn_auto_buf struct kn_buf b = {0};

	if (r->n == 1)
		return kn_arena_strdup(a, r->text[0]);
	for (size_t i = 0; i < r->n; i++)
		kn_buf_addf(&b, "%s%s", i ? ", " : "[", r->text[i]);
	kn_buf_adds(&b, "]");
	return kn_arena_strdup(a, b.data);
}

static void set_ready(struct kn_arena *a, const struct kn_node_seen *seen, K8s__NodeStatus *s)
{
	K8s__NodeCondition *c = find_or_add(a, s, "Ready");
	struct reasons r = {0};

	runtime_reasons(a, seen, &r);
	for (const char *const *p = seen->problems; p && *p; p++)
		add(&r, *p);
	set_status(a, c, !r.n, seen->real_ns);
	c->reason = kn_arena_strdup(a, r.n ? "KubeletNotReady" : "KubeletReady");
	c->message = r.n ? join(a, &r) : kn_arena_strdup(a, "kubelet is posting ready status");
}

void kn_node_set_conditions(struct kn_arena *a, const struct kn_node_config *c,
			    const struct kn_node_seen *seen, K8s__NodeStatus *s)
{
	static const struct pressure memory = {"MemoryPressure",
					       {"KubeletHasSufficientMemory", "KubeletHasInsufficientMemory"},
					       {"kubelet has sufficient memory available",
						"kubelet has insufficient memory available"}},
				     disk = {"DiskPressure",
					     {"KubeletHasNoDiskPressure", "KubeletHasDiskPressure"},
					     {"kubelet has no disk pressure", "kubelet has disk pressure"}},
				     pid = {"PIDPressure",
					    {"KubeletHasSufficientPID", "KubeletHasInsufficientPID"},
					    {"kubelet has sufficient PID available",
					     "kubelet has insufficient PID available"}};

	set_pressure(a, s, &memory, seen->memory_pressure, seen->real_ns);
	set_pressure(a, s, &disk, seen->disk_pressure, seen->real_ns);
	set_pressure(a, s, &pid, seen->pid_pressure, seen->real_ns);
	set_ready(a, seen, s);
}

bool kn_node_is_ready(const K8s__NodeStatus *status)
{
	const K8s__NodeCondition *c = status ? find(status, "Ready") : NULL;

	return c && c->status && !strcmp(c->status, "True");
}

/* ---- what counts as a change ---- */

static bool same_condition(const K8s__NodeCondition *x, const K8s__NodeCondition *y)
{
	K8s__NodeCondition a = *x, b = *y;

	a.lastheartbeattime = b.lastheartbeattime = NULL;
	return kn_msg_same(&a, &b);
}

bool kn_node_status_changed(const K8s__NodeStatus *old, const K8s__NodeStatus *new)
{
	K8s__NodeStatus a, b;

	if (!old || !new)
		return old != new;
	if (old->n_conditions != new->n_conditions)
		return true;
	for (size_t i = 0; i < old->n_conditions; i++) {
		const K8s__NodeCondition *o =
			old->conditions[i]->type ? find(new, old->conditions[i]->type) : NULL;

		if (!o || !same_condition(old->conditions[i], o))
			return true;
	}
	a = *old;
	b = *new;
	a.n_conditions = b.n_conditions = 0;
	return !kn_msg_same(&a, &b);
}
