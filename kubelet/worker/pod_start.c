// SPDX-License-Identifier: Apache-2.0
/* One container from image to running. */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/stat.h>
#include <stdlib.h>
#include <string.h>
#include "kubelet/worker/hook.h"
#include "kubelet/log/log_links.h"
#include "kubelet/volume/pod_dirs.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

struct kn_start {
	struct kn_arena *arena;
	const K8s__Container *container;
	Cri__PodSandboxConfig *sandbox;
	const char *sandbox_id;
	char *id;	   /* once created */
	const char *image; /* the runtime's name for it */
	unsigned index, attempt;
	struct kn_hook *hook; /* postStart, running */
	const char *hook_error;
};

void kn_start_abandon(struct kn_worker *w)
{
	struct kn_start *s = kn_steal(w->start);

	kn_image_abandon(w);
	kn_start_config_abandon(w);
	if (!s)
		return;
	kn_hook_cancel(s->hook);
	kn_arena_free(s->arena);
	free(s);
}

bool kn_start_give_up(struct kn_worker *w)
{
	if (!w->start || !w->start->hook)
		return false;
	kn_start_abandon(w);
	kn_worker_acted(w);
	return true;
}

static const char *kind_of(const struct kn_worker *w, unsigned index)
{
	const K8s__PodSpec *spec = w->pod->obj->spec;

	if (index < spec->n_initcontainers)
		return "init_container";
	return index < spec->n_initcontainers + spec->n_containers ? "container" : "ephemeral_container";
}

static void start_failed(struct kn_worker *w, const char *reason, const char *message, int64_t hold_ns)
{
	unsigned index = w->start->index;

	kn_metric_container(w->k->d.metrics, kind_of(w, index), reason);
	kn_worker_wait(w, index, reason, message, hold_ns);
	kn_start_abandon(w);
	kn_worker_acted(w);
}

static void start_done(struct kn_worker *w)
{
	struct kn_start *s = w->start;

	kn_worker_no_wait(w, s->index);
	if (s->index + 1 == kn_pod_container_count(w->pod) - w->pod->obj->spec->n_ephemeralcontainers &&
	    !w->startup.started) {
		w->startup.started = kn_mono(w->k->clock);
		kn_metric_pod_started(w->k->d.metrics, w->startup.started - w->startup.seen);
		if (w->calls_active)
			w->startup.cri_ns += w->startup.started - w->calls_since_ns;
	}
	kn_start_abandon(w);
	kn_worker_acted(w);
}

static void on_killed(struct kn_worker *w, const struct kn_err *err)
{
	if (err->code)
		kn_worker_log(w, true, "FailedKillPod", w->start->container->name, err->msg);
	start_failed(w, "PostStartHookError", w->start->hook_error, 0);
}

static void on_hook(void *user, const char *error)
{
	struct kn_worker *w = user;
	struct kn_start *s = w->start;
	const K8s__PodSpec *spec = w->pod->obj->spec;

	s->hook = NULL;
	if (!error) {
		start_done(w);
		return;
	}
	s->hook_error = kn_arena_strdup(s->arena, error);
	kn_debug(w->k->d.log, 1, "PostStart hook failed", "pod", w->name, "namespace", w->ns, "container",
		 s->container->name, "err", error);
	/* What it fails with may hold secrets: it stays out of the event. */
	kn_worker_log(w, true, "FailedPostStartHook", s->container->name, "PostStartHook failed");
	kn_kill_start(w, s->id, s->container->name,
		      spec->has_terminationgraceperiodseconds ? spec->terminationgraceperiodseconds : 30,
		      "FailedPostStartHook", on_killed);
}

static void link_log(struct kn_worker *w)
{
	const struct kn_node_ctx *n = w->k->d.node;
	struct kn_start *s = w->start;
	const char *log = kn_arena_printf(s->arena, "%s/%s/%u.log", kn_path_pod_logs(s->arena, n, w->pod),
					  s->container->name, s->attempt);
	char *link kn_auto_free =
		kn_log_link_path(n->pod_logs_dir, w->name, w->ns, s->container->name, s->id);
	struct kn_err err = KN_ERR_INIT;

	if (kn_log_link_make(link, log, &err))
		kn_warn(w->k->d.log, "Failed to link to a container's log", "err", err.msg);
}

static void on_started(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_worker *w = user;
	struct kn_start *s = w->start;
	const K8s__Lifecycle *l = s->container->lifecycle;

	if (err->code) {
		char *m kn_auto_free = kn_sprintf("Error: %s", err->msg);

		kn_worker_log(w, true, "Failed", s->container->name, m);
		start_failed(w, "RunContainerError", err->msg, kn_worker_retry_at(w));
		return;
	}
	kn_worker_log(w, false, "Started", s->container->name, "Container started");
	kn_metric_container(w->k->d.metrics, kind_of(w, s->index), NULL);
	link_log(w);
	if (l && l->poststart && !w->terminating)
		s->hook = kn_hook_start(w, l->poststart, s->container, s->id, on_hook, w);
	else
		start_done(w);
}

static void on_created(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__CreateContainerResponse *r = (const void *)rsp;
	Cri__StartContainerRequest req = CRI__START_CONTAINER_REQUEST__INIT;
	struct kn_worker *w = user;
	struct kn_start *s = w->start;

	if (err->code) {
		char *m kn_auto_free = kn_sprintf("Error: %s", err->msg);

		kn_worker_log(w, true, "Failed", s->container->name, m);
		start_failed(w, "CreateContainerError", err->msg, kn_worker_retry_at(w));
		return;
	}
	w->startup.created = kn_mono(w->k->clock);
	s->id = kn_arena_strdup(s->arena, r->container_id);
	kn_worker_log(w, false, "Created", s->container->name, "Container created");
	req.container_id = s->id;
	kn_call_start(w->k, w, KN_CRI_START_CONTAINER, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_started, w);
}

/* The log's folder and the file that is mounted as /dev/termination-log: one a run, empty, open to any user.
 */
static int make_files(struct kn_worker *w, struct kn_start *s, struct kn_err *err)
{
	const char *logs = kn_path_pod_logs(s->arena, w->k->d.node, w->pod);
	char *dir = kn_arena_printf(s->arena, "%s/%s", logs, s->container->name);
	char *file = kn_path_termination(s->arena, w->k->d.node, w->pod, s->container->name, s->attempt);
	int r = kn_mkdir_p(dir, 0755, err);

	if (r < 0 || !file ||
	    (s->container->terminationmessagepath && !*s->container->terminationmessagepath))
		return r;
	char *parent = kn_arena_strdup(s->arena, file);
	*strrchr(parent, '/') = 0;
	r = kn_mkdir_p(parent, 0750, err);
	if (r < 0)
		return r;
	int fd kn_auto_close = open(file, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, 0666);
	if (fd < 0)
		return kn_err_errno(err, errno, "create %s", file);
	if (fchmod(fd, 0666) < 0)
		return kn_err_errno(err, errno, "chmod %s", file);
	return 0;
}

static int gen(struct kn_worker *w, struct kn_start *s, const char *const *subpaths,
	       Cri__ContainerConfig **ret, struct kn_err *err)
{
	const char *const *ips = kn_worker_ips(w, s->arena);
	struct kn_gen_extra x;
	int r = kn_pod_dirs_hosts(w->k->d.node, w->pod, ips, err);

	if (r < 0)
		return r;
	r = make_files(w, s, err);
	if (r < 0)
		return r;
	r = kn_start_extra(w, s->arena, &x, err);
	if (r < 0)
		return r;
	x.subpaths = subpaths;
	r = kn_gen_container(s->arena, w->k->d.node, w->pod, s->container, s->attempt, s->image, ips, &x, ret,
			     err);
	return r < 0 ? r : kn_start_special(w, s->arena, s->container, *ret, err);
}

static void on_config(struct kn_worker *w, const char *const *subpaths, const struct kn_err *config_err)
{
	Cri__CreateContainerRequest req = CRI__CREATE_CONTAINER_REQUEST__INIT;
	struct kn_start *s = w->start;
	struct kn_err err = *config_err;

	if (err.code || gen(w, s, subpaths, &req.config, &err)) {
		char *m kn_auto_free = kn_sprintf("Error: %s", err.msg);

		kn_worker_log(w, true, "Failed", s->container->name, m);
		start_failed(w, "CreateContainerConfigError", err.msg, kn_worker_retry_at(w));
		return;
	}
	req.pod_sandbox_id = (char *)s->sandbox_id;
	req.sandbox_config = s->sandbox;
	kn_call_start(w->k, w, KN_CRI_CREATE_CONTAINER, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_created, w);
}

static void on_image(struct kn_worker *w, const char *ref, const char *reason, const char *message,
		     int64_t hold_ns)
{
	struct kn_start *s = w->start;

	if (!ref) {
		char *m kn_auto_free = kn_sprintf("Error: %s", reason);

		kn_worker_log(w, true, "Failed", s->container->name, m);
		start_failed(w, reason, message, hold_ns);
		return;
	}
	w->startup.image = kn_mono(w->k->clock);
	s->image = kn_arena_strdup(s->arena, ref);
	kn_start_config(w, s->container, on_config);
}

void kn_act_start(struct kn_worker *w)
{
	const struct kn_act *a = &w->plan.acts[w->next_act];
	const struct kn_obs_sandbox *sb = kn_obs_newest(w->seen);
	struct kn_kubelet *k = w->k;
	struct kn_err err = KN_ERR_INIT;
	struct kn_start *s = kn_calloc(1, sizeof(*s));

	s->arena = kn_arena_new(0);
	s->container = kn_pod_container_at(w->pod, a->index, NULL);
	s->index = a->index;
	s->attempt = a->attempt;
	s->sandbox_id = sb->id;
	w->start = s;
	if (a->died && a->died->state == KN_OBS_EXITED) {
		char *key kn_auto_free = kn_sprintf("%s/%s", w->uid, s->container->name);

		kn_backoff_next(k->restarts, key, a->died->finished_ns, kn_real(k->clock));
	}
	const char *parent = k->d.cgroup ? kn_cgroup_pod_parent(k->d.cgroup, s->arena, w->pod) : "";
	if (kn_gen_sandbox(s->arena, k->d.node, w->pod, sb->attempt, parent, &s->sandbox, &err)) {
		start_failed(w, "CreateContainerConfigError", err.msg, kn_worker_retry_at(w));
		return;
	}
	kn_image_ensure(w, s->container, s->sandbox, on_image);
}
