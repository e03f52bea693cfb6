// SPDX-License-Identifier: Apache-2.0
/* What a worker knows, told to the API server's side: statuses once a turn of the loop, events at once. */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "kubelet/pod/pod_priv.h"
#include "lib/base/mem.h"

void kn_worker_report(struct kn_worker *w)
{
	if (!w->k->d.status || !w->pod || w->report_due)
		return;
	w->report_due = true;
	kn_timer_arm(w->k->reports, 0);
}

static void report(struct kn_worker *w)
{
	struct kn_kubelet *k = w->k;
	const char *host_ips[] = {k->d.node->host_ip, NULL};
	struct kn_arena *a;
	struct kn_api_status_in in = {
		.pod = w->pod,
		.seen = w->seen,
		.waiting = w->waiting,
		.old = kn_status_manager_old(k->d.status, w->uid),
		.api = kn_status_manager_api(k->d.status, w->uid),
		.host_ips = host_ips,
		.runtime = k->runtime.name,
		.fail_reason = w->fail_reason,
		.fail_message = w->fail_message,
		.now_ns = kn_real(k->clock),
		.deleted = w->terminating,
		.terminal = (w->terminating || w->finished) && w->seen && !kn_obs_alive(w->seen),
		.is_static = !w->pod->api,
	};

	/* Nothing known is not "nothing there": after a start the API server's word holds until a look. */
	if (!w->seen || w->gone || w->rejected)
		return;
	a = kn_arena_new(0);
	kn_status_manager_set(k->d.status, w->uid, a, kn_api_status_make(a, &in));
}

void kn_kubelet_reports(void *user)
{
	struct kn_kubelet *k = user;
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		struct kn_worker *w = value;

		if (!w->report_due)
			continue;
		w->report_due = false;
		report(w);
	}
}

void kn_worker_reject(struct kn_worker *w, const char *reason, const char *message)
{
	struct kn_kubelet *k = w->k;
	struct kn_arena *a;

	kn_worker_fail(w, reason, message);
	w->rejected = true;
	kn_metric_rejected(k->d.metrics, reason);
	kn_warn(k->d.log, "Pod is not let in", "reason", reason, "namespace", w->ns, "pod", w->name, "err",
		message);
	kn_recorder_pod(k->d.recorder, w->pod, NULL, true, reason, message);
	if (!k->d.status)
		return;
	a = kn_arena_new(0);
	kn_status_manager_set(k->d.status, w->uid, a,
			      kn_api_status_rejected(a, w->pod, kn_status_manager_old(k->d.status, w->uid),
						     reason, message, kn_real(k->clock)));
}

/* Nothing is left of it on the node. */
void kn_worker_last_word(struct kn_worker *w)
{
	struct kn_status_manager *m = w->k->d.status;
	struct kn_arena *a;

	if (!m || !w->pod)
		return;
	a = kn_arena_new(0);
	kn_status_manager_set(m, w->uid, a,
			      kn_api_status_last(a, w->pod, kn_status_manager_old(m, w->uid), !w->pod->api,
						 kn_real(w->k->clock)));
	kn_status_manager_finish(m, w->uid);
}

void kn_worker_event(struct kn_worker *w, bool bad, const char *reason, const char *container,
		     const char *message)
{
	/* What only the log says. */
	static const char *const silent[] = {"Removed", "FailedCleanup", "Succeeded", NULL};

	if (!w->pod || kn_one_of(reason, silent) || (!bad && !container && !strcmp(reason, "Failed")))
		return;
	kn_recorder_pod(w->k->d.recorder, w->pod, container, bad, reason, message);
}
