// SPDX-License-Identifier: Apache-2.0
/*
 * Notices what happens in the runtime: both lists are read every second (every ten while the runtime's event
 * stream tells, ten times a second while a pod without it starts), folded into one number a pod, and only the
 * workers of pods whose number differs are woken.
 */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "lib/base/mem.h"

#define RELIST_ALONE KN_NSEC_PER_SEC
#define RELIST_STARTING                                                                                      \
	(100 * KN_NSEC_PER_MSEC) /* an init step's end is noticed soon, so the next one starts soon */
#define STARTING_FOR                                                                                         \
	(30 * KN_NSEC_PER_SEC) /* since the pod was seen: a pod that hangs costs nothing for ever */
#define RELIST_WITH_EVENTS (10 * KN_NSEC_PER_SEC)
#define EVENT_DELAY (20 * KN_NSEC_PER_MSEC) /* events come in bursts */
#define EVENTS_RETRY (10 * KN_NSEC_PER_SEC)

struct kn_pleg {
	struct kn_kubelet *k;
	struct kn_timer *timer, *events_timer;
	struct kn_cri_events *events;
	bool events_unknown; /* the runtime doesn't have them */
	unsigned stamp, pending;
	bool failed, again, complete;
	int64_t begun_ns, last_ns; /* of this relist and the one before, monotonic */
};

static void relist(void *user);

static void account(struct kn_pleg *p, const char *uid, const char *ns, const char *name, uint64_t digest)
{
	struct kn_kubelet *k = p->k;
	struct kn_worker *w = kn_map_get(k->workers, uid);

	if (!w) {
		if (!k->sources_ready)
			return;
		w = kn_worker_new(k, NULL, uid, ns, name);
		kn_map_set(k->workers, w->uid, w);
		kn_worker_log(w, false, "Orphan", NULL, "Pod isn't wanted any more, it will be stopped");
	}
	if (w->relist != p->stamp) {
		w->relist = p->stamp;
		w->sum = 0;
	}
	w->sum += digest;
}

/* Is a pod on its way up, waiting for nothing but a container's end? */
static bool some_pod_starts(const struct kn_kubelet *k)
{
	int64_t since = kn_mono(k->clock) - STARTING_FOR;
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *w = value;

		if (w->pod && !w->busy && !w->startup.started && !w->finished && w->startup.seen > since)
			return true;
	}
	return false;
}

static int64_t next_relist(const struct kn_pleg *p, bool again)
{
	if (again)
		return EVENT_DELAY;
	if (p->events)
		return RELIST_WITH_EVENTS;
	return some_pod_starts(p->k) ? RELIST_STARTING : RELIST_ALONE;
}

static void relist_done(struct kn_pleg *p)
{
	struct kn_kubelet *k = p->k;
	void *value;
	size_t it = 0;
	bool again = p->again;

	p->again = false;
	again = again || (k->sources_ready && !k->listed && !p->complete);
	kn_timer_arm(p->timer, next_relist(p, again));
	if (p->failed)
		return;
	if (k->sources_ready && !k->listed && p->complete) {
		k->listed = true;
		kn_kubelet_wake_all(k);
	}
	while (kn_map_next(k->workers, &it, NULL, &value)) {
		struct kn_worker *w = value;
		uint64_t digest = w->relist == p->stamp ? w->sum : 0;

		if (w->busy || digest == w->digest)
			continue;
		w->digest = digest; /* if the look fails, its retry comes by timer */
		kn_worker_wake(w);
	}
}

static void label_names(Cri__StringEntry *const *labels, size_t n, const char **ns, const char **name)
{
	*ns = *name = "";
	for (size_t i = 0; i < n; i++) {
		if (!strcmp(labels[i]->key, KN_LABEL_POD_NAMESPACE))
			*ns = labels[i]->value;
		else if (!strcmp(labels[i]->key, KN_LABEL_POD_NAME))
			*name = labels[i]->value;
	}
}

static void listed(struct kn_pleg *p, const struct kn_err *err)
{
	p->failed = p->failed || err->code;
	if (--p->pending)
		return;
	kn_metric_relist(p->k->d.metrics, kn_mono(p->k->clock) - p->begun_ns,
			 p->last_ns ? p->begun_ns - p->last_ns : 0);
	p->last_ns = p->begun_ns;
	relist_done(p);
}

static void on_containers(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ListContainersResponse *r = (const void *)rsp;
	struct kn_pleg *p = user;
	const char *uid, *ns, *name;

	for (size_t i = 0; r && !p->failed && i < r->n_containers; i++) {
		uid = kn_obs_container_uid(r->containers[i]);
		if (!uid)
			continue;
		label_names(r->containers[i]->labels, r->containers[i]->n_labels, &ns, &name);
		account(p, uid, ns, name, kn_obs_digest_container(r->containers[i]));
	}
	listed(p, err);
}

static void on_sandboxes(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ListPodSandboxResponse *r = (const void *)rsp;
	struct kn_pleg *p = user;
	const char *uid, *ns, *name;

	for (size_t i = 0; r && !p->failed && i < r->n_items; i++) {
		uid = kn_obs_uid(r->items[i]);
		if (!uid)
			continue;
		label_names(r->items[i]->labels, r->items[i]->n_labels, &ns, &name);
		account(p, uid, ns, name, kn_obs_digest_sandbox(r->items[i]));
	}
	listed(p, err);
}

static void relist(void *user)
{
	Cri__ListPodSandboxRequest sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	Cri__ListContainersRequest containers = CRI__LIST_CONTAINERS_REQUEST__INIT;
	struct kn_pleg *p = user;

	if (!p->k->runtime.reachable) { /* its poll finds out; nobody asks in vain meanwhile */
		kn_timer_arm(p->timer, RELIST_ALONE);
		return;
	}
	p->stamp++;
	p->begun_ns = kn_mono(p->k->clock);
	p->pending = 2;
	p->failed = false;
	p->complete = p->k->sources_ready; /* orphans are told from the first entry on */
	kn_call_start(p->k, NULL, KN_CRI_LIST_POD_SANDBOX, &sandboxes.base, KN_CRI_TIMEOUT_DEFAULT,
		      on_sandboxes, p);
	kn_call_start(p->k, NULL, KN_CRI_LIST_CONTAINERS, &containers.base, KN_CRI_TIMEOUT_DEFAULT,
		      on_containers, p);
}

void kn_pleg_kick(struct kn_pleg *p)
{
	if (p->pending)
		p->again = true;
	else
		kn_timer_arm(p->timer, EVENT_DELAY);
	if (!p->events && !p->events_unknown && !kn_timer_armed(p->events_timer))
		kn_timer_arm(p->events_timer, 0);
}

static void on_event(void *user, const Cri__ContainerEventResponse *ev)
{
	struct kn_pleg *p = user;

	if (p->pending)
		p->again = true;
	else
		kn_timer_arm(p->timer, EVENT_DELAY);
}

static void on_events_end(void *user, const struct kn_err *err)
{
	struct kn_pleg *p = user;

	/* Before the stop: err may live in the stream. It is NULL when the runtime ended the stream in good
	 * order. */
	p->events_unknown = err && err->code == ENOSYS;
	kn_debug(p->k->d.log, 2, "No container events from the runtime", "err", err ? err->msg : NULL);
	p->events = kn_cri_events_stop(p->events);
	if (!p->events_unknown)
		kn_timer_arm(p->events_timer, EVENTS_RETRY);
	if (!p->pending)
		kn_timer_arm(p->timer, 0);
}

static void start_events(void *user)
{
	struct kn_pleg *p = user;

	if (!p->events && p->k->runtime.reachable)
		p->events = kn_cri_events_start(p->k->d.cri, on_event, on_events_end, p);
}

struct kn_pleg *kn_pleg_new(struct kn_kubelet *k)
{
	struct kn_pleg *p = kn_calloc(1, sizeof(*p));

	p->k = k;
	p->timer = kn_timer_new(k->d.loop, relist, p);
	p->events_timer = kn_timer_new(k->d.loop, start_events, p);
	kn_timer_arm(p->timer, RELIST_ALONE);
	return p;
}

struct kn_pleg *kn_pleg_free(struct kn_pleg *p)
{
	if (!p)
		return NULL;
	kn_cri_events_stop(p->events);
	kn_timer_free(p->timer);
	kn_timer_free(p->events_timer);
	free(p);
	return NULL;
}
