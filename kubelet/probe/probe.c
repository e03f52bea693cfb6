// SPDX-License-Identifier: Apache-2.0
/* The probes of one pod: when each is asked, and what follows (pkg/kubelet/prober). */
#include "kubelet/kubelet_private.h"

#include <stdlib.h>
#include <string.h>
#include "kubelet/probe/probe_run.h"
#include "lib/base/mem.h"

#define TRIES 3 /* when it can't be asked at all */

struct probe {
	struct kn_probes *owner;
	unsigned index; /* kn_pod_container_at */
	enum kn_probe_type type;
	const K8s__Container *container;
	const K8s__Probe *spec;
	char *id; /* the run that state is about; NULL: none yet */
	struct kn_probe_state state;
	bool live, assume_started;
	int64_t begun_ns, asked_ns, phase_ns; /* since 1970 */
	struct kn_timer *timer;
	struct kn_attempt *attempt;
	unsigned tries;
	struct kn_probe_count counts;
};

struct kn_probes {
	struct kn_worker *w;
	struct kn_pod *pod; /* what container and spec are borrowed from */
	bool adopting;	    /* the first look: what runs ran before this daemon did */
	size_t n;
	struct probe *list;
};

const char *kn_worker_ip(const struct kn_worker *w)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(w->seen);

	if (w->pod && kn_pod_is_host_network(w->pod))
		return w->k->d.node->host_ip ? w->k->d.node->host_ip : "";
	return sb && sb->ips && sb->ips[0] ? sb->ips[0] : "";
}

static int64_t period_ns(const struct probe *p)
{
	return (p->spec->periodseconds > 0 ? p->spec->periodseconds : 10) * KN_NSEC_PER_SEC;
}

static int64_t delay_ns(const struct probe *p)
{
	return (p->spec->initialdelayseconds > 0 ? p->spec->initialdelayseconds : 0) * KN_NSEC_PER_SEC;
}

static unsigned threshold(int32_t n, unsigned fallback)
{
	return n > 0 ? (unsigned)n : fallback;
}

static struct probe *find(struct kn_probes *ps, unsigned index, enum kn_probe_type type)
{
	for (size_t i = 0; i < ps->n; i++)
		if (ps->list[i].index == index && ps->list[i].type == type)
			return &ps->list[i];
	return NULL;
}

static struct kn_probe_verdict verdict_of(struct kn_probes *ps, unsigned index)
{
	struct probe *p[KN_PROBE_TYPES];
	const struct kn_probe_state *s[KN_PROBE_TYPES];
	struct kn_probe_verdict v;

	for (int t = 0; t < KN_PROBE_TYPES; t++) {
		p[t] = find(ps, index, t);
		s[t] = p[t] ? &p[t]->state : NULL;
	}
	kn_probe_verdict_make(&v, s[KN_PROBE_STARTUP], s[KN_PROBE_LIVENESS], s[KN_PROBE_READINESS],
			      p[KN_PROBE_STARTUP] && p[KN_PROBE_STARTUP]->assume_started);
	return v;
}

/* Startup probes gate the others, also where the container is taken as started for the time being. */
static bool startup_done(struct kn_probes *ps, unsigned index)
{
	struct probe *p = find(ps, index, KN_PROBE_STARTUP);

	return !p || p->state.result == KN_PROBE_SUCCESS;
}

static void arm(struct probe *p)
{
	const struct kn_worker *w = p->owner->w;
	int64_t now = kn_real(w->k->clock), next;

	if (p->attempt)
		return;
	if (!p->live ||
	    !kn_probe_state_due(&p->state, startup_done(p->owner, p->index), w->terminating || w->finished)) {
		kn_timer_disarm(p->timer);
		return;
	}
	next = kn_probe_state_next(p->type, p->begun_ns, delay_ns(p), p->phase_ns, period_ns(p), p->asked_ns,
				   now);
	kn_timer_arm(p->timer, next - now);
}

/* The verdicts of all containers; those that the plan goes by wake the worker. */
static void conclude(struct kn_probes *ps, bool looking)
{
	struct kn_worker *w = ps->w;
	bool told = false, wake = false;

	for (size_t i = 0; i < ps->n; i++) {
		struct kn_probe_verdict v = verdict_of(ps, ps->list[i].index);
		struct kn_probe_verdict *old = &w->waiting[ps->list[i].index].probes;

		told = told || v.unready != old->unready || v.unstarted != old->unstarted;
		wake = wake || v.unstarted != old->unstarted || v.startup_failed != old->startup_failed ||
		       v.liveness_failed != old->liveness_failed;
		*old = v;
	}
	for (size_t i = 0; i < ps->n; i++)
		arm(&ps->list[i]);
	if (looking) /* the plan is made next, and the rest told */
		return;
	if (told) {
		kn_worker_report(w);
		kn_kubelet_tell(w->k);
	}
	if (wake)
		kn_worker_wake(w);
}

/* ---- asking ---- */

static void ask(struct probe *p);

static void tell(struct probe *p, const char *reason, const char *verb, const char *text)
{
	char *m kn_auto_free = kn_sprintf("%s probe %s: %s", kn_probe_type_name(p->type), verb, text);

	kn_worker_log(p->owner->w, true, reason, p->container->name, m);
}

static void on_attempt(void *user, enum kn_attempt_outcome outcome, const char *text)
{
	struct probe *p = user;
	struct kn_probe_limits l = {
		.success = threshold(p->spec->successthreshold, 1),
		.failure = threshold(p->spec->failurethreshold, 3),
	};

	p->attempt = NULL;
	if (outcome == KN_ATTEMPT_ERROR) {
		if (++p->tries < TRIES) {
			ask(p);
			return;
		}
		p->counts.unknown++;
		tell(p, "Unhealthy", "errored and resulted in unknown state", text);
		arm(p); /* no answer: nothing follows from it */
		return;
	}
	if (outcome == KN_ATTEMPT_BAD) {
		p->counts.failed++;
		tell(p, "Unhealthy", "failed", text);
	} else {
		p->counts.successful++;
		if (outcome == KN_ATTEMPT_WARNING)
			tell(p, "ProbeWarning", "warning", text);
	}
	if (kn_probe_state_answer(&p->state, &l,
				  outcome == KN_ATTEMPT_BAD ? KN_PROBE_FAILURE : KN_PROBE_SUCCESS)) {
		p->assume_started = false;
		conclude(p->owner, false);
	}
	arm(p);
}

static void ask(struct probe *p)
{
	struct kn_worker *w = p->owner->w;
	const struct kn_attempt_what what = {
		.loop = w->k->d.loop,
		.pool = w->k->d.pool,
		.cri = w->k->d.cri,
		.http = w->k->http,
		.probe = p->spec,
		.container = p->container,
		.container_id = p->id,
		.pod_ip = kn_worker_ip(w),
	};

	p->attempt = kn_attempt_start(&what, on_attempt, p);
}

static void on_timer(void *user)
{
	struct probe *p = user;
	const struct kn_worker *w = p->owner->w;

	if (!p->live || p->attempt)
		return;
	/* Things may have changed since it was armed. */
	if (!kn_probe_state_due(&p->state, startup_done(p->owner, p->index), w->terminating || w->finished))
		return;
	p->asked_ns = kn_real(w->k->clock);
	p->tries = 0;
	ask(p);
}

/* ---- following what is seen ---- */

static const K8s__ContainerStatus *told_status(const struct kn_pod *pod, const struct kn_obs_container *c)
{
	const K8s__PodStatus *s = pod->obj->status;
	size_t n = s ? s->n_containerstatuses + s->n_initcontainerstatuses : 0;

	for (size_t i = 0; i < n; i++) {
		const K8s__ContainerStatus *cs =
			i < s->n_containerstatuses ? s->containerstatuses[i]
						   : s->initcontainerstatuses[i - s->n_containerstatuses];
		const char *id = cs->containerid ? strstr(cs->containerid, "://") : NULL;

		if (id && !strcmp(id + 3, c->id))
			return cs;
	}
	return NULL;
}

static void begin(struct probe *p, const struct kn_obs_container *c, bool adopt)
{
	const K8s__ContainerStatus *told = adopt ? told_status(p->owner->pod, c) : NULL;

	free(p->id);
	p->id = kn_strdup(c->id);
	p->begun_ns = c->started_ns ? c->started_ns : kn_real(p->owner->w->k->clock);
	p->asked_ns = 0;
	p->assume_started = false;
	if (!adopt) {
		kn_probe_state_begin(&p->state, p->type);
	} else if (p->type == KN_PROBE_STARTUP) {
		kn_probe_state_adopt(&p->state, p->type, told && told->started);
		p->assume_started = !told;
	} else {
		kn_probe_state_adopt(&p->state, p->type,
				     p->type == KN_PROBE_LIVENESS || !told || told->ready);
	}
}

static void follow(struct probe *p)
{
	struct kn_worker *w = p->owner->w;
	const struct kn_obs_container *c = kn_obs_find(w->seen, p->container->name, NULL);
	bool same = c && p->id && !strcmp(p->id, c->id);

	p->live = c && c->state == KN_OBS_RUNNING && !w->gone;
	if ((!p->live || !same) && p->attempt) {
		kn_attempt_cancel(p->attempt);
		p->attempt = NULL;
	}
	if (p->live && !same)
		begin(p, c, p->owner->adopting);
}

static void add(struct kn_probes *ps, unsigned index, enum kn_probe_type type, const K8s__Probe *spec)
{
	struct kn_kubelet *k = ps->w->k;
	struct probe *p = &ps->list[ps->n];

	if (!spec)
		return;
	ps->n++;
	*p = (struct probe){.owner = ps, .index = index, .type = type, .spec = spec};
	p->container = kn_pod_container_at(ps->pod, index, NULL);
	p->phase_ns = kn_real(k->clock);
	/* After a start all pods begin to be probed at once: spread. */
	if (kn_mono(k->clock) - k->started_ns < period_ns(p))
		p->phase_ns += period_ns(p) / 1000 * (random() % 1000);
	p->timer = kn_timer_new(k->d.loop, on_timer, p);
}

static struct kn_probes *make(struct kn_worker *w)
{
	struct kn_probes *ps = kn_calloc(1, sizeof(*ps));
	unsigned n = w->pod->obj->spec->n_initcontainers + w->pod->obj->spec->n_containers;

	ps->w = w;
	ps->pod = kn_pod_ref(w->pod);
	ps->list = kn_calloc((size_t)n * KN_PROBE_TYPES + 1, sizeof(*ps->list));
	for (unsigned i = 0; i < n; i++) {
		bool init;
		const K8s__Container *c = kn_pod_container_at(w->pod, i, &init);

		if (init && !kn_container_is_sidecar(c))
			continue;
		add(ps, i, KN_PROBE_STARTUP, c->startupprobe);
		add(ps, i, KN_PROBE_LIVENESS, c->livenessprobe);
		add(ps, i, KN_PROBE_READINESS, c->readinessprobe);
	}
	return ps;
}

/* The pod was changed: what stays the same container goes on as it was. */
static void inherit(struct kn_probes *ps, struct kn_probes *old)
{
	for (size_t i = 0; i < ps->n; i++) {
		for (size_t j = 0; j < old->n; j++) {
			struct probe *p = &ps->list[i], *o = &old->list[j];

			if (p->type != o->type || strcmp(p->container->name, o->container->name) != 0)
				continue;
			p->id = kn_steal(o->id);
			p->state = o->state;
			p->assume_started = o->assume_started;
			p->begun_ns = o->begun_ns;
			p->asked_ns = o->attempt ? o->asked_ns - period_ns(p) : o->asked_ns;
			p->phase_ns = o->phase_ns;
			p->counts = o->counts;
			break;
		}
	}
}

void kn_probes_look(struct kn_worker *w)
{
	struct kn_probes *ps = w->probes;

	if (!w->pod)
		return;
	if (!ps || ps->pod != w->pod) {
		struct kn_probes *fresh = make(w);

		fresh->adopting = !ps;
		if (ps)
			inherit(fresh, ps);
		kn_probes_free(ps);
		w->probes = ps = fresh;
	}
	for (size_t i = 0; i < ps->n; i++)
		follow(&ps->list[i]);
	ps->adopting = false;
	if (ps->n)
		conclude(ps, true);
}

struct kn_probes *kn_probes_free(struct kn_probes *ps)
{
	for (size_t i = 0; ps && i < ps->n; i++) {
		kn_attempt_cancel(ps->list[i].attempt);
		kn_timer_free(ps->list[i].timer);
		free(ps->list[i].id);
	}
	if (ps) {
		kn_pod_unref(ps->pod);
		free(ps->list);
	}
	free(ps);
	return NULL;
}

void kn_kubelet_each_probe(struct kn_kubelet *k, void (*fn)(void *user, const struct kn_probe_count *c),
			   void *user)
{
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *w = value;

		for (size_t i = 0; w->probes && i < w->probes->n; i++) {
			struct kn_probe_count c = w->probes->list[i].counts;

			c.pod = w->probes->pod;
			c.container = w->probes->list[i].container->name;
			c.type = kn_probe_type_name(w->probes->list[i].type);
			fn(user, &c);
		}
	}
}
