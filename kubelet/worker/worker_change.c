// SPDX-License-Identifier: Apache-2.0
/* What is wanted of a pod changes: another spec, its end, its deadline. */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "lib/base/mem.h"
#include "lib/k8s/message.h"

#define DEADLINE_MESSAGE "Pod was active on the node longer than the specified deadline"

static bool is_deleted(const struct kn_pod *p)
{
	return p->api && p->obj->metadata->deletiontimestamp;
}

/* -1: the API server has set none. */
static int64_t deletion_grace(const struct kn_pod *p)
{
	const K8s__ObjectMeta *m = p->obj->metadata;

	return is_deleted(p) && m->has_deletiongraceperiodseconds ? m->deletiongraceperiodseconds : -1;
}

/* It can only become shorter (pkg/kubelet/pod_workers.go calculateEffectiveGracePeriod). True: it did. */
static bool take_grace(struct kn_worker *w, int64_t grace_s)
{
	if (grace_s < 0)
		return false;
	if (grace_s < 1)
		grace_s = 1;
	if (w->has_grace && grace_s >= w->grace_s)
		return false;
	w->has_grace = true;
	w->grace_s = grace_s;
	return true;
}

int64_t kn_worker_grace(const struct kn_worker *w)
{
	const K8s__PodSpec *spec = w->pod ? w->pod->obj->spec : NULL;
	int64_t grace;

	if (w->has_grace)
		return w->grace_s;
	if (!spec || !spec->has_terminationgraceperiodseconds)
		return -1;
	grace = spec->terminationgraceperiodseconds;
	return grace < 1 && w->pod->api ? 1 : grace;
}

/* From the API server: how far the pod had come when nobody was here to know. */
void kn_worker_begin(struct kn_worker *w)
{
	const K8s__PodStatus *s = w->pod->api ? w->pod->obj->status : NULL;

	if (s && kn_phase_is_terminal(s->phase)) {
		w->finished = true;
		w->final_phase = !strcmp(s->phase, "Succeeded") ? KN_PHASE_SUCCEEDED : KN_PHASE_FAILED;
	}
	if (is_deleted(w->pod)) {
		take_grace(w, deletion_grace(w->pod));
		w->terminating = true;
	}
}

static bool entries_same(K8s__StringEntry *const *a, size_t na, K8s__StringEntry *const *b, size_t nb)
{
	return kn_msg_list_same((void *const *)a, na, (void *const *)b, nb);
}

/* Nothing that a node goes by is different (the status is its own word). */
static bool same_wish(const struct kn_pod *a, const struct kn_pod *b)
{
	const K8s__ObjectMeta *x = a->obj->metadata, *y = b->obj->metadata;

	return a == b || (a->api && b->api && x->generation == y->generation &&
			  entries_same(x->labels, x->n_labels, y->labels, y->n_labels) &&
			  entries_same(x->annotations, x->n_annotations, y->annotations, y->n_annotations) &&
			  kn_msg_same(a->obj->spec, b->obj->spec));
}

/* Reasons for waiting belong to containers, which may stand elsewhere in the new pod. */
static void move_waits(struct kn_worker *w, const struct kn_pod *pod)
{
	unsigned n = kn_pod_container_count(pod), old = kn_pod_container_count(w->pod);
	struct kn_waiting *waiting = kn_calloc(n + 1, sizeof(*waiting));
	int64_t *hold_ns = kn_calloc(n + 1, sizeof(*hold_ns));

	for (unsigned i = 0; i < old; i++) {
		const char *name = kn_pod_container_at(w->pod, i, NULL)->name;
		bool kept = false;

		for (unsigned j = 0; j < n && !kept; j++) {
			if (strcmp(kn_pod_container_at(pod, j, NULL)->name, name) != 0)
				continue;
			waiting[j] = w->waiting[i];
			hold_ns[j] = w->hold_ns[i];
			kept = true;
		}
		if (!kept)
			kn_worker_no_wait(w, i);
	}
	free(w->waiting);
	free(w->hold_ns);
	w->waiting = waiting;
	w->hold_ns = hold_ns;
}

void kn_worker_take_over(struct kn_worker *w, struct kn_pod *pod)
{
	move_waits(w, pod);
	kn_pod_unref(w->pod);
	w->pod = pod;
	w->dirs_ready = false;
	kn_worker_volumes_update(w);
	if (w->seen)
		kn_probes_look(w); /* what is known of its containers holds for the new one */
	kn_worker_report(w);
}

void kn_worker_terminate(struct kn_worker *w)
{
	if (w->terminating)
		return;
	w->terminating = true;
	w->terminating_since_ns = kn_real(w->k->clock);
	kn_volumes_give_up(w->volumes);
	kn_kubelet_tell(w->k);
	w->again = w->again || w->busy;
	if (kn_start_give_up(w))
		return;
	if (w->pull) { /* may take for ever, and nobody wants the image now */
		kn_call_cancel(kn_steal(w->pull));
		kn_start_abandon(w);
		w->again = true;
		kn_worker_acted(w);
		return;
	}
	kn_worker_wake(w);
}

static void take_deletion(struct kn_worker *w, struct kn_pod *pod)
{
	bool shorter = take_grace(w, deletion_grace(pod));

	if (!w->terminating)
		kn_worker_terminate(w);
	else if (shorter)
		kn_kill_sooner(w);
}

void kn_worker_update(struct kn_worker *w, struct kn_pod *pod)
{
	const struct kn_pod *now = w->newer ? w->newer : w->pod;

	if (pod->obj->spec->n_readinessgates)
		kn_worker_report(w);
	if (w->over)
		return;
	if (!w->terminating && !same_wish(now, pod)) {
		/* While it is busy its containers are being made of the old one: the newest wins when it has
		 * come to rest. */
		kn_pod_unref(w->newer);
		w->newer = kn_pod_ref(pod);
		if (!w->busy)
			kn_worker_take_over(w, kn_steal(w->newer));
		if (!is_deleted(pod))
			kn_worker_wake(w);
	}
	if (is_deleted(pod))
		take_deletion(w, pod);
}

void kn_worker_fail(struct kn_worker *w, const char *reason, const char *message)
{
	if (w->finished || w->terminating)
		return;
	w->finished = true;
	w->final_phase = KN_PHASE_FAILED;
	free(w->fail_reason);
	free(w->fail_message);
	w->fail_reason = kn_strdup(reason);
	w->fail_message = kn_strdup(message);
	kn_worker_report(w);
}

/* Since 1970; 0: not yet. When this node first told of the pod; without an API server, when it made its first
 * sandbox. */
static int64_t began_at(const struct kn_worker *w)
{
	const K8s__PodStatus *s = w->k->d.status ? kn_status_manager_old(w->k->d.status, w->uid) : NULL;
	const struct kn_obs_pod *seen = w->seen;

	if (s)
		return s->starttime ? s->starttime->seconds * KN_NSEC_PER_SEC : 0;
	return seen && seen->n_sandboxes ? seen->sandboxes[seen->n_sandboxes - 1].created_ns : 0;
}

static int64_t deadline_of(const struct kn_worker *w)
{
	const K8s__PodSpec *spec = w->pod ? w->pod->obj->spec : NULL;
	int64_t began = w->finished || w->terminating ? 0 : began_at(w);

	if (!spec || !spec->has_activedeadlineseconds || !began)
		return 0;
	return began + spec->activedeadlineseconds * KN_NSEC_PER_SEC;
}

int64_t kn_worker_deadline(struct kn_worker *w)
{
	int64_t deadline = deadline_of(w);

	if (!deadline || deadline > kn_real(w->k->clock))
		return deadline;
	kn_worker_log(w, false, "DeadlineExceeded", NULL, DEADLINE_MESSAGE);
	kn_worker_fail(w, "DeadlineExceeded", DEADLINE_MESSAGE);
	return 0;
}
