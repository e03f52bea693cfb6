// SPDX-License-Identifier: Apache-2.0
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "kubelet/log/log_links.h"
#include "kubelet/volume/pod_dirs.h"
#include "lib/http/http.h"
#include "lib/base/mem.h"

#define HOUSEKEEPING (2 * KN_NSEC_PER_SEC)
#define ROUNDS_PER_SWEEP 30 /* left-over folders are looked for once a minute */

static void housekeeping(void *user);

int kn_kubelet_new(struct kn_kubelet **ret, const struct kn_kubelet_deps *deps, struct kn_err *err)
{
	struct kn_kubelet *k = kn_calloc(1, sizeof(*k));

	k->d = *deps;
	k->clock = kn_loop_clock(deps->loop);
	k->started_ns = kn_mono(k->clock);
	if (kn_http_new(&k->http, deps->loop, "kube-probe", err)) {
		free(k);
		return -EIO;
	}
	k->workers = kn_map_new();
	k->restarts = kn_backoff_new();
	k->pulls = kn_backoff_new();
	kn_list_init(&k->calls);
	k->housekeeping = kn_timer_new(deps->loop, housekeeping, k);
	kn_timer_arm(k->housekeeping, HOUSEKEEPING);
	k->reports = kn_timer_new(deps->loop, kn_kubelet_reports, k);
	k->wanted_by_uid = kn_map_new();
	kn_kubelet_refs_start(k);
	k->pleg = kn_pleg_new(k);
	k->logs = kn_log_watch_new(k, &k->d.logs);
	k->images = kn_image_watch_new(k, &k->d.images);
	kn_runtime_state_start(k);
	*ret = k;
	return 0;
}

static void free_worker(void *w)
{
	kn_worker_free(w);
}

struct kn_kubelet *kn_kubelet_free(struct kn_kubelet *k)
{
	if (!k)
		return NULL;
	kn_calls_cancel_all(k);
	kn_runtime_state_stop(k);
	kn_pleg_free(k->pleg);
	kn_log_watch_free(k->logs);
	kn_image_watch_free(k->images);
	kn_timer_free(k->housekeeping);
	kn_timer_free(k->reports);
	kn_map_free(k->wanted_by_uid, NULL);
	kn_object_unref(k->node);
	kn_kubelet_refs_stop(k);
	kn_map_free(k->workers, free_worker);
	kn_http_free(k->http);
	for (size_t i = 0; i < k->n_wanted; i++)
		kn_pod_unref(k->wanted[i]);
	free(k->wanted);
	kn_backoff_free(k->restarts);
	kn_backoff_free(k->pulls);
	free(k);
	return NULL;
}

static struct kn_pod *wanted(const struct kn_kubelet *k, const char *uid)
{
	return kn_map_get(k->wanted_by_uid, uid);
}

/* A static pod that was edited has the old one's name and another uid: the old one goes first. Until the
 * runtime has told what runs, there may be one that isn't known yet. */
bool kn_kubelet_may_begin(const struct kn_worker *w)
{
	void *value;
	size_t it = 0;

	if (!w->k->listed)
		return false;
	while (kn_map_next(w->k->workers, &it, NULL, &value)) {
		const struct kn_worker *o = value;

		if (o != w && o->begun && !o->over && !strcmp(o->name, w->name) && !strcmp(o->ns, w->ns))
			return false;
	}
	return true;
}

/* Whose object has gone at last. */
static void drop_over(struct kn_kubelet *k)
{
	struct kn_worker **list = kn_calloc(kn_map_count(k->workers) + 1, sizeof(*list));
	size_t it = 0, n = 0;
	void *value;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		struct kn_worker *w = value;

		if (w->over && !wanted(k, w->uid))
			list[n++] = w;
	}
	for (size_t i = 0; i < n; i++) {
		kn_map_del(k->workers, list[i]->uid);
		if (k->d.status)
			kn_status_manager_drop(k->d.status, list[i]->uid);
		kn_worker_free(list[i]);
	}
	free(list);
}

static void add_worker(struct kn_kubelet *k, struct kn_pod *p)
{
	struct kn_worker *w = kn_worker_new(k, p, p->uid, p->ns, p->name);

	if (!w->terminating && !w->finished)
		kn_kubelet_admit(w);
	kn_map_set(k->workers, w->uid, w);
	kn_worker_wake(w);
}

void kn_kubelet_reconcile(struct kn_kubelet *k)
{
	void *value;
	size_t it = 0;

	drop_over(k);
	while (k->sources_ready && kn_map_next(k->workers, &it, NULL, &value)) {
		struct kn_worker *w = value;

		if (!wanted(k, w->uid))
			kn_worker_terminate(w);
	}
	for (size_t i = 0; i < k->n_wanted; i++) {
		struct kn_pod *p = k->wanted[i];
		struct kn_worker *w = kn_map_get(k->workers, p->uid);

		if (!w) {
			add_worker(k, p);
			continue;
		}
		if (w->pod && w->pod != p)
			kn_worker_update(w, p);
		if (!w->begun)
			kn_worker_wake(w);
	}
}

static void take_pods(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n)
{
	struct kn_pod **copy = kn_calloc(n + 1, sizeof(*copy));

	kn_map_free(k->wanted_by_uid, NULL);
	k->wanted_by_uid = kn_map_new();
	for (size_t i = 0; i < n; i++) {
		copy[i] = kn_pod_ref(pods[i]);
		kn_map_set(k->wanted_by_uid, copy[i]->uid, copy[i]);
	}
	for (size_t i = 0; i < k->n_wanted; i++)
		kn_pod_unref(k->wanted[i]);
	free(k->wanted);
	k->wanted = copy;
	k->n_wanted = n;
}

void kn_kubelet_set_some(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n)
{
	take_pods(k, pods, n);
	kn_kubelet_reconcile(k);
}

void kn_kubelet_set_pods(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n)
{
	take_pods(k, pods, n);
	if (!k->sources_ready) {
		k->sources_ready = true;
		kn_pleg_kick(k->pleg); /* orphans can be told now */
	}
	kn_kubelet_reconcile(k);
}

void kn_kubelet_set_node(struct kn_kubelet *k, struct kn_object *node)
{
	kn_object_ref(node);
	kn_object_unref(k->node);
	k->node = node;
}

void kn_kubelet_worker_gone(struct kn_worker *w)
{
	struct kn_kubelet *k = w->k;
	char *prefix kn_auto_free = kn_sprintf("%s/", w->uid);

	kn_backoff_drop_prefix(k->restarts, prefix);
	kn_backoff_drop_prefix(k->pulls, prefix);
	kn_worker_last_word(w);
	if (w->pod && w->pod->api && wanted(k, w->uid)) {
		w->over = true; /* or it would be begun anew while its object is there */
	} else {
		kn_map_del(k->workers, w->uid);
		if (k->d.status)
			kn_status_manager_drop(k->d.status, w->uid);
		kn_worker_free(w);
	}
	kn_kubelet_tell(k);
	kn_kubelet_reconcile(k);
}

void kn_kubelet_wake_all(struct kn_kubelet *k)
{
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		struct kn_worker *w = value;

		w->sandbox_hold_ns = 0;
		kn_worker_wake(w);
	}
}

/* Folders of pods that went while nobody looked. Only when the runtime answers: a pod that runs has a worker
 * then. */
static void sweep(struct kn_kubelet *k)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(1 << 20);
	char **uids;

	kn_log_links_sweep(k->d.node->pod_logs_dir);
	if (!k->sources_ready || !k->runtime.reachable || kn_pod_dirs_list(k->d.node, a, &uids, NULL))
		return;
	for (; *uids; uids++) {
		if (kn_map_get(k->workers, *uids) || wanted(k, *uids))
			continue;
		struct kn_worker *w = kn_worker_new(k, NULL, *uids, "", "");
		kn_map_set(k->workers, w->uid, w);
		kn_worker_wake(w); /* sees that there is nothing, and cleans up */
	}
}

static void housekeeping(void *user)
{
	struct kn_kubelet *k = user;

	kn_timer_arm(k->housekeeping, HOUSEKEEPING);
	if (k->rounds++ % ROUNDS_PER_SWEEP != 1)
		return;
	kn_backoff_gc(k->restarts, kn_real(k->clock));
	kn_backoff_gc(k->pulls, kn_real(k->clock));
	sweep(k);
}
