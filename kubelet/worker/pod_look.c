// SPDX-License-Identifier: Apache-2.0
/* A fresh look at one pod: two lists, filtered by its uid, and the details of what has changed since the last
 * one. */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "kubelet/status/termination.h"
#include "lib/base/mem.h"

static void look_finished(struct kn_worker *w)
{
	struct kn_obs_pod *look = kn_steal(w->look);

	if (w->look_failed) {
		kn_obs_pod_free(look);
		kn_worker_looked(w, false);
		return;
	}
	kn_obs_pod_free(w->seen);
	w->seen = look;
	w->digest = look->digest;
	kn_worker_looked(w, true);
}

/* Something that has gone between list and status is no reason to fail: the digest will differ next time. */
static void answered(struct kn_worker *w, const struct kn_err *err)
{
	if (err->code && err->code != ENOENT)
		w->look_failed = true;
	if (--w->looks == 0)
		look_finished(w);
}

static void on_sandbox_status(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__PodSandboxStatusResponse *r = (const void *)rsp;
	struct kn_worker *w = user;

	for (size_t i = 0; r && r->status && i < w->look->n_sandboxes; i++)
		if (!strcmp(w->look->sandboxes[i].id, r->status->id))
			kn_obs_sandbox_status(&w->look->sandboxes[i], r->status);
	answered(w, err);
}

/* What the container left in its termination message file, or in its log. */
static void read_message(struct kn_worker *w, struct kn_obs_container *c)
{
	const K8s__Container *k = w->pod ? kn_pod_container(w->pod, c->name, NULL) : NULL;
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	const char *path = NULL, *log = NULL;

	if (!k || c->state != KN_OBS_EXITED)
		return;
	if (k->terminationmessagepath && *k->terminationmessagepath)
		path = kn_path_termination(a, w->k->d.node, w->pod, c->name, c->restarts);
	/* What could not even be started has no log. */
	if (k->terminationmessagepolicy && !strcmp(k->terminationmessagepolicy, "FallbackToLogsOnError") &&
	    c->exit_code && !(c->reason && !strcmp(c->reason, "ContainerCannotRun")))
		log = c->log_path;
	char *said kn_auto_free = kn_termination_message(path, log);
	if (!said)
		return;
	char *all = c->message ? kn_sprintf("%s: %s", c->message, said) : kn_strdup(said);
	free(c->message);
	c->message = all;
}

static void on_container_status(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ContainerStatusResponse *r = (const void *)rsp;
	struct kn_worker *w = user;

	for (size_t i = 0; r && r->status && i < w->look->n_containers; i++) {
		struct kn_obs_container *c = &w->look->containers[i];

		if (strcmp(c->id, r->status->id))
			continue;
		kn_obs_container_status(c, r->status);
		read_message(w, c);
	}
	answered(w, err);
}

static void ask_details(struct kn_worker *w)
{
	struct kn_obs_pod *p = w->look;

	kn_obs_finish(p, w->seen);
	w->looks++; /* held until all are under way */
	if (p->n_sandboxes && !p->sandboxes[0].have_status) {
		Cri__PodSandboxStatusRequest req = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;

		req.pod_sandbox_id = p->sandboxes[0].id;
		w->looks++;
		kn_call_start(w->k, w, KN_CRI_POD_SANDBOX_STATUS, &req.base, KN_CRI_TIMEOUT_DEFAULT,
			      on_sandbox_status, w);
	}
	for (size_t i = 0; i < p->n_containers; i++) {
		Cri__ContainerStatusRequest req = CRI__CONTAINER_STATUS_REQUEST__INIT;

		if (p->containers[i].have_status)
			continue;
		req.container_id = p->containers[i].id;
		w->looks++;
		kn_call_start(w->k, w, KN_CRI_CONTAINER_STATUS, &req.base, KN_CRI_TIMEOUT_DEFAULT,
			      on_container_status, w);
	}
	answered(w, &(struct kn_err)KN_ERR_INIT);
}

static void listed(struct kn_worker *w, const struct kn_err *err)
{
	if (err->code)
		w->look_failed = true;
	if (--w->looks)
		return;
	if (w->look_failed)
		look_finished(w);
	else
		ask_details(w);
}

static void on_sandboxes(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ListPodSandboxResponse *r = (const void *)rsp;
	struct kn_worker *w = user;

	for (size_t i = 0; r && i < r->n_items; i++) {
		const char *uid = kn_obs_uid(r->items[i]);

		if (uid && !strcmp(uid, w->uid))
			kn_obs_add_sandbox(w->look, r->items[i]);
	}
	listed(w, err);
}

static void on_containers(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ListContainersResponse *r = (const void *)rsp;
	struct kn_worker *w = user;

	for (size_t i = 0; r && i < r->n_containers; i++) {
		const char *uid = kn_obs_container_uid(r->containers[i]);

		if (uid && !strcmp(uid, w->uid))
			kn_obs_add_container(w->look, r->containers[i]);
	}
	listed(w, err);
}

void kn_worker_look(struct kn_worker *w)
{
	Cri__StringEntry label = CRI__STRING_ENTRY__INIT, *labels[] = {&label};
	Cri__PodSandboxFilter sandbox_filter = CRI__POD_SANDBOX_FILTER__INIT;
	Cri__ListPodSandboxRequest sandboxes = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	Cri__ContainerFilter container_filter = CRI__CONTAINER_FILTER__INIT;
	Cri__ListContainersRequest containers = CRI__LIST_CONTAINERS_REQUEST__INIT;

	label.key = (char *)KN_LABEL_POD_UID;
	label.value = w->uid;
	sandbox_filter.n_label_selector = container_filter.n_label_selector = 1;
	sandbox_filter.label_selector = container_filter.label_selector = labels;
	sandboxes.filter = &sandbox_filter;
	containers.filter = &container_filter;
	w->look = kn_obs_pod_new(w->uid, w->ns, w->name);
	w->look_failed = false;
	w->looks = 2;
	kn_call_start(w->k, w, KN_CRI_LIST_POD_SANDBOX, &sandboxes.base, KN_CRI_TIMEOUT_DEFAULT, on_sandboxes,
		      w);
	kn_call_start(w->k, w, KN_CRI_LIST_CONTAINERS, &containers.base, KN_CRI_TIMEOUT_DEFAULT,
		      on_containers, w);
}
