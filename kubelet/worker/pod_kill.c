// SPDX-License-Identifier: Apache-2.0
/* Taking things down: containers together, sandboxes, records, folders, cgroup. */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "kubelet/log/log_links.h"
#include "kubelet/volume/pod_dirs.h"
#include "lib/base/mem.h"

#define CGROUP_TRIES 40
#define CGROUP_RETRY (25 * KN_NSEC_PER_MSEC)

/* What is gone already is as good as stopped. */
static bool failed(struct kn_worker *w, const struct kn_err *err, const char *reason)
{
	if (!err->code || err->code == ENOENT)
		return false;
	w->failed = true;
	kn_worker_log(w, true, reason, NULL, err->msg);
	return true;
}

static void on_killed(struct kn_worker *w, const struct kn_err *err)
{
	failed(w, err, "FailedKillPod");
	if (--w->parallel == 0)
		kn_worker_acted(w);
}

/* "Container c ...", "Init container c ..." of a sidecar. */
static char *message_of(const struct kn_worker *w, const char *name, const char *why)
{
	int init = 0;

	if (!why)
		return kn_sprintf("Stopping container %s", name);
	if (w->pod)
		kn_pod_container(w->pod, name, &init);
	return kn_sprintf("%s %s %s", init ? "Init container" : "Container", name, why);
}

static const char *name_of(const struct kn_worker *w, const char *id)
{
	for (size_t i = 0; i < w->seen->n_containers; i++)
		if (!strcmp(w->seen->containers[i].id, id))
			return w->seen->containers[i].name;
	return NULL;
}

void kn_act_kill(struct kn_worker *w)
{
	size_t last = w->next_act;

	for (size_t i = w->next_act; i < w->plan.n && w->plan.acts[i].kind == KN_ACT_KILL; i++) {
		const struct kn_act *a = &w->plan.acts[i];
		const char *name = name_of(w, a->id);
		char *m kn_auto_free = message_of(w, name ? name : a->id, a->why);

		w->parallel++;
		last = i;
		kn_kill_start(w, a->id, name, a->grace_s, m, on_killed);
	}
	w->next_act = last; /* kn_worker_acted goes past it */
}

static void on_over(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_worker *w = user;

	failed(w, err, "FailedKillPod");
	kn_worker_acted(w);
}

/* A sandbox that died by itself still has its network: it is stopped before its record is removed. */
static void on_stopped_for_removal(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	Cri__RemovePodSandboxRequest req = CRI__REMOVE_POD_SANDBOX_REQUEST__INIT;
	struct kn_worker *w = user;

	if (failed(w, err, "FailedKillPod")) {
		kn_worker_acted(w);
		return;
	}
	req.pod_sandbox_id = (char *)w->plan.acts[w->next_act].id;
	kn_call_start(w->k, w, KN_CRI_REMOVE_POD_SANDBOX, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_over, w);
}

void kn_act_stop_sandbox(struct kn_worker *w, const char *id, bool remove)
{
	Cri__StopPodSandboxRequest req = CRI__STOP_POD_SANDBOX_REQUEST__INIT;

	req.pod_sandbox_id = (char *)id;
	kn_call_start(w->k, w, KN_CRI_STOP_POD_SANDBOX, &req.base, 2 * KN_CRI_TIMEOUT_DEFAULT,
		      remove ? on_stopped_for_removal : on_over, w);
}

/* Its log goes with it; what is kept for `logs --previous` is the newest dead container, with its log. */
static void remove_logs(struct kn_worker *w, const char *id)
{
	const char *name = name_of(w, id);

	for (size_t i = 0; i < w->seen->n_containers; i++)
		if (!strcmp(w->seen->containers[i].id, id) && w->seen->containers[i].log_path)
			kn_log_remove_all(w->seen->containers[i].log_path);
	char *link kn_auto_free =
		kn_log_link_path(w->k->d.node->pod_logs_dir, w->name, w->ns, name ? name : "", id);
	kn_log_link_remove(link);
}

void kn_act_remove_container(struct kn_worker *w, const char *id)
{
	Cri__RemoveContainerRequest req = CRI__REMOVE_CONTAINER_REQUEST__INIT;

	remove_logs(w, id);
	req.container_id = (char *)id;
	kn_call_start(w->k, w, KN_CRI_REMOVE_CONTAINER, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_over, w);
}

/* What was killed in the cgroup takes a moment to go; the loop does not wait for it. */
void kn_worker_cleanup_cgroup(struct kn_worker *w)
{
	struct kn_err err = KN_ERR_INIT;
	int r = w->k->d.cgroup ? kn_cgroup_pod_remove(w->k->d.cgroup, w->uid, &err) : 0;

	if (r == -EBUSY && ++w->cgroup_tries < CGROUP_TRIES) {
		kn_timer_arm(w->timer, CGROUP_RETRY);
		return;
	}
	if (r)
		kn_worker_log(w, true, "FailedCleanup", NULL, err.msg);
	kn_worker_log(w, false, "Removed", NULL, "Pod has gone");
	kn_kubelet_worker_gone(w);
}

static void on_dirs_gone(void *user, const struct kn_err *err)
{
	struct kn_worker *w = user;

	/* Left-overs are found again by the housekeeping. */
	if (err->code)
		kn_worker_log(w, true, "FailedCleanup", NULL, err->msg);
	kn_worker_cleanup_cgroup(w);
}

static void cleanup_dirs(struct kn_worker *w)
{
	char *logs kn_auto_free =
		kn_sprintf("%s/%s_%s_%s", w->k->d.node->pod_logs_dir, w->ns, w->name, w->uid);

	kn_pod_dirs_remove(w->k->d.pool, w->k->d.node, w->uid, logs, on_dirs_gone, w);
}

/* Nothing may be written into a volume that is being taken away. */
void kn_worker_cleanup(struct kn_worker *w)
{
	kn_worker_volumes_close(w, cleanup_dirs);
}
