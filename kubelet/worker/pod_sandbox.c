// SPDX-License-Identifier: Apache-2.0
/* What comes before the containers: folders, cgroup, sandbox. */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include "lib/base/mem.h"

/* Nothing of the pod can start; each container that hasn't run yet shows why. */
static void hold_all(struct kn_worker *w, const char *reason, const char *message, int64_t until_ns)
{
	unsigned n = kn_pod_container_count(w->pod);
	const char *waiting = w->pod->obj->spec->n_initcontainers ? "PodInitializing" : "ContainerCreating";

	kn_worker_log(w, true, reason, NULL, message);
	for (unsigned i = 0; i < n; i++)
		kn_worker_wait(w, i, waiting, message, until_ns);
	w->sandbox_hold_ns = until_ns;
}

static void on_volumes(void *user, const struct kn_err *volumes_err, int64_t retry_ns)
{
	struct kn_worker *w = user;
	struct kn_err err = *volumes_err;

	if (err.code == ECANCELED) { /* it is to go */
		w->again = true;
		kn_worker_acted(w);
		return;
	}
	if (err.code) {
		w->volumes_failed = true;
		hold_all(w, "FailedMount", err.msg, kn_real(w->k->clock) + retry_ns);
		kn_worker_acted(w);
		return;
	}
	if (w->k->d.cgroup && kn_cgroup_pod_create(w->k->d.cgroup, w->pod, &err)) {
		hold_all(w, "FailedCreatePodContainer", err.msg, kn_worker_retry_at(w));
		kn_worker_acted(w);
		return;
	}
	if (!w->startup.dirs)
		w->startup.dirs = kn_mono(w->k->clock);
	w->dirs_ready = true;
	w->prepared(w);
}

void kn_worker_prepare(struct kn_worker *w, void (*next)(struct kn_worker *w))
{
	if (w->dirs_ready) {
		next(w);
		return;
	}
	w->prepared = next;
	kn_worker_volumes_setup(w, on_volumes);
}

static void on_sandbox(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_worker *w = user;
	unsigned n = kn_pod_container_count(w->pod);

	kn_metric_pod_sandbox(w->k->d.metrics, err->code);
	if (err->code) {
		char *m kn_auto_free = kn_sprintf("Failed to create pod sandbox: %s", err->msg);

		hold_all(w, "FailedCreatePodSandBox", m, kn_worker_retry_at(w));
	} else {
		w->sandbox_hold_ns = 0;
		for (unsigned i = 0; i < n; i++)
			kn_worker_no_wait(w, i);
		if (!w->startup.sandbox)
			w->startup.sandbox = kn_mono(w->k->clock);
	}
	kn_worker_acted(w);
}

static int get_handler(struct kn_worker *w, Cri__RunPodSandboxRequest *req, struct kn_err *err)
{
	const struct kn_kubelet_deps *d = &w->k->d;
	const char *name = w->pod->obj->spec->runtimeclassname, *handler = name;
	int r = 0;

	if (!name || !*name)
		return 0;
	if (d->runtime_handler)
		r = d->runtime_handler(d->runtime_handler_user, name, &handler, err);
	req->runtime_handler = (char *)handler;
	return r;
}

void kn_act_sandbox(struct kn_worker *w)
{
	struct kn_kubelet *k = w->k;
	struct kn_arena *arena kn_auto_arena = kn_arena_new(0);
	Cri__RunPodSandboxRequest req = CRI__RUN_POD_SANDBOX_REQUEST__INIT;
	const struct kn_act *a = &w->plan.acts[w->next_act];
	struct kn_err err = KN_ERR_INIT;
	Cri__PodSandboxConfig *config;

	if (!k->runtime.network_ready && !kn_pod_is_host_network(w->pod)) {
		if (k->runtime.reachable)
			hold_all(w, "NetworkNotReady",
				 "network is not ready: container runtime network not ready",
				 kn_real(k->clock) + KN_NETWORK_RETRY);
		else /* not asked yet: it wakes all when it answers */
			w->sandbox_hold_ns = kn_real(k->clock) + KN_NETWORK_RETRY;
		kn_worker_acted(w);
		return;
	}
	const char *parent = k->d.cgroup ? kn_cgroup_pod_parent(k->d.cgroup, arena, w->pod) : "";
	if (kn_gen_sandbox(arena, k->d.node, w->pod, a->attempt, parent, &config, &err)) {
		hold_all(w, "FailedCreatePodSandBox", err.msg, kn_worker_retry_at(w));
		kn_worker_acted(w);
		return;
	}
	req.config = config;
	if (get_handler(w, &req, &err)) {
		char *m kn_auto_free = kn_sprintf("Failed to create pod sandbox: %s", err.msg);

		hold_all(w, "FailedCreatePodSandBox", m, kn_worker_retry_at(w));
		kn_worker_acted(w);
		return;
	}
	if (a->attempt && !w->sandbox_hold_ns)
		kn_worker_log(w, false, "SandboxChanged", NULL,
			      "Pod sandbox changed, it will be killed and re-created.");
	kn_call_start(k, w, KN_CRI_RUN_POD_SANDBOX, &req.base, 2 * KN_CRI_TIMEOUT_DEFAULT, on_sandbox, w);
}
