// SPDX-License-Identifier: Apache-2.0
#include "kubelet/kubelet_private.h"

#include "kubelet/pod/plan_private.h"

#include <stdlib.h>
#include <string.h>
#include "lib/base/mem.h"

static void on_timer(void *user)
{
	struct kn_worker *w = user;

	if (w->gone)
		kn_worker_cleanup_cgroup(w);
	else
		kn_worker_wake(w);
}

struct kn_worker *kn_worker_new(struct kn_kubelet *k, struct kn_pod *pod, const char *uid, const char *ns,
				const char *name)
{
	struct kn_worker *w = kn_calloc(1, sizeof(*w));
	unsigned n = pod ? kn_pod_container_count(pod) : 0;

	w->k = k;
	w->uid = kn_strdup(uid);
	w->ns = kn_strdup(ns);
	w->name = kn_strdup(name);
	w->pod = pod ? kn_pod_ref(pod) : NULL;
	w->waiting = kn_calloc(n + 1, sizeof(*w->waiting));
	w->hold_ns = kn_calloc(n + 1, sizeof(*w->hold_ns));
	w->timer = kn_timer_new(k->d.loop, on_timer, w);
	w->startup.seen = kn_mono(k->clock);
	if (!pod)
		w->terminating = true;
	else
		kn_worker_begin(w);
	w->terminating_since_ns = kn_real(k->clock);
	return w;
}

struct kn_worker *kn_worker_free(struct kn_worker *w)
{
	unsigned n = w && w->pod ? kn_pod_container_count(w->pod) : 0;

	if (!w)
		return NULL;
	kn_start_abandon(w);
	kn_worker_volumes_free(w);
	free((char *)w->image_user.name);
	kn_probes_free(w->probes);
	kn_kills_abandon(w);
	kn_resize_forget(w);
	kn_timer_free(w->timer);
	w->report_due = true; /* nothing more is told */
	for (unsigned i = 0; i < n; i++)
		kn_worker_no_wait(w, i);
	free(w->waiting);
	free(w->hold_ns);
	kn_pod_plan_free(&w->plan);
	kn_obs_pod_free(w->seen);
	kn_obs_pod_free(w->look);
	kn_pod_unref(w->pod);
	kn_pod_unref(w->newer);
	free(w->uid);
	free(w->ns);
	free(w->name);
	free(w->fail_reason);
	free(w->fail_message);
	free(w);
	return NULL;
}

int64_t kn_worker_retry_ns(void)
{
	return KN_RETRY + KN_RETRY / 2 * (random() % 1000) / 1000; /* spread, as upstream's wait.Jitter */
}

int64_t kn_worker_retry_at(struct kn_worker *w)
{
	return kn_real(w->k->clock) + kn_worker_retry_ns();
}

void kn_worker_log(struct kn_worker *w, bool bad, const char *reason, const char *container,
		   const char *message)
{
	if (bad)
		kn_warn(w->k->d.log, message, "reason", reason, "namespace", w->ns, "pod", w->name, "uid",
			w->uid, "container", container);
	else
		kn_info(w->k->d.log, message, "reason", reason, "namespace", w->ns, "pod", w->name, "uid",
			w->uid, "container", container);
	kn_worker_event(w, bad, reason, container, message);
}

void kn_worker_no_wait(struct kn_worker *w, unsigned index)
{
	free(w->waiting[index].reason);
	free(w->waiting[index].message);
	w->waiting[index].reason = w->waiting[index].message = NULL;
	w->hold_ns[index] = 0;
	kn_worker_report(w);
}

void kn_worker_wait(struct kn_worker *w, unsigned index, const char *reason, const char *message,
		    int64_t hold_ns)
{
	char *m = kn_strdup(message), *r = kn_strdup(reason); /* they may be the old ones */

	kn_worker_no_wait(w, index);
	w->waiting[index].reason = r;
	w->waiting[index].message = m;
	w->hold_ns[index] = hold_ns;
}

void kn_worker_wake(struct kn_worker *w)
{
	if (w->gone)
		return;
	if (!w->begun && !w->terminating && !kn_kubelet_may_begin(w))
		return;
	w->begun = true;
	if (w->busy) {
		w->again = true;
		return;
	}
	w->busy = true;
	w->again = false;
	kn_timer_disarm(w->timer);
	kn_worker_look(w);
}

static void rest(struct kn_worker *w, int64_t after_ns)
{
	w->busy = false;
	if (w->newer)
		kn_worker_take_over(w, kn_steal(w->newer));
	if (w->again)
		after_ns = 0;
	kn_timer_arm(w->timer, after_ns);
}

/* Until time decides something, or for a minute (spread, so that not all pods resync at once). */
static void rest_by_plan(struct kn_worker *w)
{
	int64_t after = KN_RESYNC + KN_RESYNC / 2 * (random() % 1000) / 1000;
	int64_t now = kn_real(w->k->clock);

	if (w->plan.wake_ns && w->plan.wake_ns - now < after)
		after = w->plan.wake_ns > now ? w->plan.wake_ns - now : 0;
	rest(w, after);
}

static void finish_pod(struct kn_worker *w)
{
	struct kn_status s;

	w->finished = true;
	kn_status_make(&s, w->pod, w->seen, w->waiting, false);
	w->final_phase = s.phase == KN_PHASE_SUCCEEDED ? KN_PHASE_SUCCEEDED : KN_PHASE_FAILED;
	kn_status_free(&s);
	kn_worker_log(w, false, kn_phase_name(w->final_phase), NULL, "Pod has finished");
}

void kn_worker_looked(struct kn_worker *w, bool good)
{
	if (!good) {
		rest(w, kn_worker_retry_ns());
		return;
	}
	kn_probes_look(w);
	kn_resize_look(w);
	kn_worker_volumes_look(w);
	const int64_t deadline = kn_worker_deadline(w);
	struct kn_plan_in in = {
		.pod = w->pod,
		.seen = w->seen,
		.waiting = w->waiting,
		.restarts = w->k->restarts,
		.hold_until_ns = w->hold_ns,
		.sandbox_hold_ns = w->sandbox_hold_ns,
		.now_ns = kn_real(w->k->clock),
		.terminating = w->terminating,
		.finished = w->finished,
		.terminating_since_ns = w->terminating_since_ns,
		.grace_s = kn_worker_grace(w),
	};
	kn_pod_plan_free(&w->plan);
	kn_pod_plan_make(&w->plan, &in);
	w->next_act = 0;
	w->did = w->failed = false;
	if (w->plan.terminal && !w->finished)
		finish_pod(w);
	if (deadline)
		kn_plan_wake(&w->plan, deadline);
	kn_worker_report(w);
	kn_kubelet_tell(w->k);
	if (w->plan.gone) {
		w->gone = true;
		kn_worker_cleanup(w);
		return;
	}
	kn_worker_act(w);
}

/* BackOff is told when the wait begins, not at every look. */
static void act_backoff(struct kn_worker *w, const struct kn_act *a)
{
	const char *name = kn_pod_container_at(w->pod, a->index, NULL)->name;
	char *key kn_auto_free = kn_sprintf("%s/%s", w->uid, name);
	int64_t delay = kn_backoff_delay(w->k->restarts, key) / KN_NSEC_PER_SEC;
	char text[16];

	if (delay >= 60 && delay % 60 == 0)
		snprintf(text, sizeof(text), "%dm0s", (int)(delay / 60));
	else if (delay >= 60)
		snprintf(text, sizeof(text), "%dm%ds", (int)(delay / 60), (int)(delay % 60));
	else
		snprintf(text, sizeof(text), "%ds", (int)delay);
	char *message kn_auto_free = kn_sprintf("back-off %s restarting failed container=%s pod=%s_%s(%s)",
						text, name, w->name, w->ns, w->uid);
	const struct kn_waiting *old = &w->waiting[a->index];
	if (old->reason && !strcmp(old->reason, "CrashLoopBackOff") && old->message &&
	    !strcmp(old->message, message))
		return;
	kn_worker_wait(w, a->index, "CrashLoopBackOff", message, 0);
	char *told kn_auto_free = kn_sprintf("Back-off restarting failed container %s in pod %s_%s(%s)", name,
					     w->name, w->ns, w->uid);
	kn_worker_log(w, true, "BackOff", name, told);
}

void kn_worker_act(struct kn_worker *w)
{
	while (w->next_act < w->plan.n && w->plan.acts[w->next_act].kind == KN_ACT_BACKOFF)
		act_backoff(w, &w->plan.acts[w->next_act++]);
	if (w->next_act >= w->plan.n) {
		if (w->failed)
			rest(w, kn_worker_retry_ns());
		else if (w->did)
			kn_worker_look(w);
		else
			rest_by_plan(w);
		return;
	}
	const struct kn_act *a = &w->plan.acts[w->next_act];
	w->did = true;
	switch (a->kind) {
	case KN_ACT_CREATE_SANDBOX:
		kn_worker_prepare(w, kn_act_sandbox);
		break;
	case KN_ACT_START:
		kn_worker_prepare(w, kn_act_start);
		break;
	case KN_ACT_KILL:
		kn_act_kill(w);
		break;
	case KN_ACT_STOP_SANDBOX:
	case KN_ACT_REMOVE_SANDBOX:
		kn_act_stop_sandbox(w, a->id, a->kind == KN_ACT_REMOVE_SANDBOX);
		break;
	default:
		kn_act_remove_container(w, a->id);
	}
}

void kn_worker_acted(struct kn_worker *w)
{
	w->next_act++;
	/* A pod that is to go doesn't start the rest of its containers first. */
	if (w->terminating && w->next_act < w->plan.n && w->plan.acts[w->next_act].kind <= KN_ACT_BACKOFF)
		w->next_act = w->plan.n;
	kn_worker_act(w);
}
