// SPDX-License-Identifier: Apache-2.0
/*
 * Ending a container: its preStop hook, then SIGTERM, both within the grace period, then SIGKILL
 * (killContainer in pkg/kubelet/kuberuntime/kuberuntime_container.go).
 */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "kubelet/worker/hook.h"
#include "lib/base/mem.h"

#define GRACE_MIN_S 2 /* what SIGTERM is given at least: minimumGracePeriodInSeconds */

struct kn_kill {
	struct kn_kill *next;
	struct kn_worker *w;
	struct kn_pod *pod; /* what container is borrowed from, or NULL */
	const K8s__Container *container;
	char *id;
	int64_t grace_s, begun_ns; /* CLOCK_MONOTONIC */
	struct kn_hook *hook;
	struct kn_timer *timer; /* ends the hook's time */
	struct kn_call *call;
	kn_kill_done done;
};

static void unlink_kill(struct kn_kill *kill)
{
	struct kn_kill **p = &kill->w->kills;

	while (*p != kill)
		p = &(*p)->next;
	*p = kill->next;
}

static void kill_free(struct kn_kill *kill)
{
	kn_hook_cancel(kill->hook);
	kn_timer_free(kill->timer);
	kn_pod_unref(kill->pod);
	free(kill->id);
	free(kill);
}

void kn_kills_abandon(struct kn_worker *w)
{
	while (w->kills) {
		struct kn_kill *kill = w->kills;

		w->kills = kill->next;
		kill_free(kill);
	}
}

static void on_stopped(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_kill *kill = user;
	struct kn_worker *w = kill->w;
	kn_kill_done done = kill->done;

	unlink_kill(kill);
	kill_free(kill);
	done(w, err);
}

static void stop(struct kn_kill *kill)
{
	Cri__StopContainerRequest req = CRI__STOP_CONTAINER_REQUEST__INIT;
	struct kn_kubelet *k = kill->w->k;
	int64_t grace = kill->grace_s - (kn_mono(k->clock) - kill->begun_ns) / KN_NSEC_PER_SEC;

	req.container_id = kill->id;
	req.timeout = grace < GRACE_MIN_S ? GRACE_MIN_S : grace;
	kill->call = kn_call_start(k, kill->w, KN_CRI_STOP_CONTAINER, &req.base,
				   KN_CRI_TIMEOUT_DEFAULT + req.timeout * KN_NSEC_PER_SEC, on_stopped, kill);
}

/* What a hook fails with may hold secrets: it stays out of the event. */
static void on_hook(void *user, const char *error)
{
	struct kn_kill *kill = user;

	kill->hook = NULL;
	kn_timer_disarm(kill->timer);
	if (error) {
		kn_debug(kill->w->k->d.log, 1, "PreStop hook failed", "pod", kill->w->name, "namespace",
			 kill->w->ns, "container", kill->container->name, "err", error);
		kn_worker_log(kill->w, true, "FailedPreStopHook", kill->container->name,
			      "PreStopHook failed");
	}
	stop(kill);
}

static void on_time_over(void *user)
{
	struct kn_kill *kill = user;

	kn_hook_cancel(kn_steal(kill->hook));
	stop(kill);
}

void kn_kill_start(struct kn_worker *w, const char *id, const char *name, int64_t grace_s,
		   const char *message, kn_kill_done done)
{
	struct kn_kill *kill = kn_calloc(1, sizeof(*kill));
	const K8s__Container *c = w->pod && name ? kn_pod_container(w->pod, name, NULL) : NULL;

	*kill = (struct kn_kill){.next = w->kills, .w = w, .container = c, .grace_s = grace_s, .done = done};
	kill->id = kn_strdup(id);
	kill->pod = w->pod ? kn_pod_ref(w->pod) : NULL;
	kill->begun_ns = kn_mono(w->k->clock);
	w->kills = kill;
	kn_worker_log(w, false, "Killing", name, message);
	if (!c || !c->lifecycle || !c->lifecycle->prestop || grace_s <= 0) {
		stop(kill);
		return;
	}
	kill->timer = kn_timer_new(w->k->d.loop, on_time_over, kill);
	kn_timer_arm(kill->timer, grace_s * KN_NSEC_PER_SEC);
	kill->hook = kn_hook_start(w, c->lifecycle->prestop, c, kill->id, on_hook, kill);
}

void kn_kill_sooner(struct kn_worker *w)
{
	int64_t grace = kn_worker_grace(w), now = kn_mono(w->k->clock);

	for (struct kn_kill *kill = w->kills; kill && grace >= 0; kill = kill->next) {
		int64_t end = kill->begun_ns + kill->grace_s * KN_NSEC_PER_SEC;

		if (now + grace * KN_NSEC_PER_SEC >= end)
			continue;
		kill->grace_s = grace;
		kill->begun_ns = now;
		if (kill->hook) {
			kn_timer_arm(kill->timer, grace * KN_NSEC_PER_SEC);
		} else if (kill->call) {
			/* The runtime kills when the time of the call that asks last is over. */
			kn_call_cancel(kn_steal(kill->call));
			stop(kill);
		}
	}
}
