// SPDX-License-Identifier: Apache-2.0
/* Gives running containers the cpu and memory that their pod wants by now. */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "kubelet/worker/resize.h"
#include "lib/base/mem.h"

struct update {
	struct kn_worker *w;
	char *id, *name;
	char text[KN_RESOURCES_TEXT];
};

/* What the container was given last: by us since this daemon runs, else when it was made. */
static const char *given(const struct kn_worker *w, const struct kn_obs_container *c)
{
	const char *text = w->resized ? kn_map_get(w->resized, c->id) : NULL;

	return text ? text : c->resources;
}

static void set_given(struct kn_worker *w, const char *id, const char *text)
{
	if (!w->resized)
		w->resized = kn_map_new();
	free(kn_map_set(w->resized, id, kn_strdup(text)));
}

/* The pod's own limits. When they shrink, the kernel refuses until the containers have shrunk. */
static int set_pod(struct kn_worker *w, struct kn_err *err)
{
	return w->k->d.cgroup ? kn_cgroup_pod_create(w->k->d.cgroup, w->pod, err) : 0;
}

static void on_updated(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct update *u = user;
	struct kn_worker *w = u->w;
	struct kn_err pod_err = KN_ERR_INIT;

	w->resizing--;
	if (err->code) {
		kn_worker_log(w, true, "ResizeError", u->name, err->msg);
		set_given(w, u->id, ""); /* not again and again; a new wish or a new run tries anew */
	} else if (!w->resizing && w->pod && set_pod(w, &pod_err)) {
		kn_worker_log(w, true, "ResizeError", NULL, pod_err.msg);
	}
	free(u->id);
	free(u->name);
	free(u);
	kn_worker_report(w);
}

static void update(struct kn_worker *w, const K8s__Container *k, const struct kn_obs_container *c)
{
	Cri__UpdateContainerResourcesRequest req = CRI__UPDATE_CONTAINER_RESOURCES_REQUEST__INIT;
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct update *u = kn_calloc(1, sizeof(*u));

	if (!w->resizing)
		set_pod(w, NULL);
	u->w = w;
	u->id = kn_strdup(c->id);
	u->name = kn_strdup(k->name);
	kn_resources_text(k, u->text);
	set_given(w, c->id, u->text);
	req.container_id = c->id;
	req.linux = kn_gen_resources(a, w->k->d.node, w->pod, k);
	/* With swap accounted for, memory can't be given more than both together. */
	if (!w->k->d.node->cgroup_v2)
		req.linux->memory_swap_limit_in_bytes = req.linux->memory_limit_in_bytes;
	w->resizing++;
	kn_call_start(w->k, w, KN_CRI_UPDATE_CONTAINER_RESOURCES, &req.base, KN_CRI_TIMEOUT_DEFAULT,
		      on_updated, u);
}

void kn_resize_look(struct kn_worker *w)
{
	const struct kn_obs_sandbox *sb = kn_obs_newest(w->seen);
	unsigned n = w->pod ? w->pod->obj->spec->n_initcontainers + w->pod->obj->spec->n_containers : 0;

	if (!sb || w->terminating || w->finished)
		return;
	for (unsigned i = 0; i < n; i++) {
		const K8s__Container *k = kn_pod_container_at(w->pod, i, NULL);
		const struct kn_obs_container *c = kn_obs_find(w->seen, k->name, sb->id);
		enum kn_resize r =
			c && c->state == KN_OBS_RUNNING ? kn_resize_wanted(k, given(w, c)) : KN_RESIZE_NONE;

		w->waiting[i].resize_restart = r == KN_RESIZE_RESTART;
		if (r == KN_RESIZE_UPDATE)
			update(w, k, c);
		else if (r == KN_RESIZE_RESTART)
			set_pod(w, NULL);
	}
}

void kn_resize_forget(struct kn_worker *w)
{
	w->resized = kn_map_free(w->resized, free);
}
