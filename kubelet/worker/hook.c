// SPDX-License-Identifier: Apache-2.0
#include "kubelet/worker/hook.h"

#include <errno.h>
#include <string.h>
#include <strings.h>
#include "kubelet/worker/http_action.h"
#include "kubelet/kubelet_private.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/http/http.h"

#define BODY_MAX (10 * 1024)

struct kn_hook {
	struct kn_worker *w;
	const K8s__LifecycleHandler *handler;
	const K8s__Container *container;
	kn_hook_done done;
	void *user;
	struct kn_arena *arena;
	char *pod_ip;
	const char *error; /* for on_timer */
	bool plain;	   /* fallen back to http */
	struct kn_timer *timer;
	struct kn_cri_call *exec;
	struct kn_http_call *http;
};

static void hook_free(struct kn_hook *h)
{
	kn_timer_free(h->timer);
	kn_arena_free(h->arena);
	free(h->pod_ip);
	free(h);
}

void kn_hook_cancel(struct kn_hook *h)
{
	if (!h)
		return;
	if (h->exec)
		kn_cri_cancel(h->exec);
	if (h->http)
		kn_http_cancel(h->http);
	hook_free(h);
}

static void end(struct kn_hook *h, const char *error)
{
	h->done(h->user, error);
	hook_free(h);
}

static void on_timer(void *user)
{
	struct kn_hook *h = user;

	end(h, h->error);
}

static void end_in(struct kn_hook *h, int64_t ns, const char *error)
{
	h->error = error ? kn_arena_strdup(h->arena, error) : NULL;
	h->timer = kn_timer_new(h->w->k->d.loop, on_timer, h);
	kn_timer_arm(h->timer, ns);
}

/* ---- exec ---- */

static char *command_text(struct kn_hook *h)
{
	const K8s__ExecAction *e = h->handler->exec;
	struct kn_buf b kn_auto_buf = {0};

	for (size_t i = 0; i < e->n_command && b.len < 1024; i++)
		kn_buf_addf(&b, "%s%s", i ? " " : "", e->command[i]);
	return kn_arena_strdup(h->arena, b.data ? b.data : "");
}

static void on_exec(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ExecSyncResponse *r = (const void *)rsp;
	const struct kn_worker *w;
	struct kn_hook *h = user;
	const char *why, *out = "";

	h->exec = NULL;
	w = h->w;
	if (r && !r->exit_code) {
		end(h, NULL);
		return;
	}
	if (r) {
		out = kn_arena_printf(
			h->arena, "%.*s%.*s", (int)(r->stdout.len < 1024 ? r->stdout.len : 1024),
			(const char *)r->stdout.data, (int)(r->stderr.len < 1024 ? r->stderr.len : 1024),
			(const char *)r->stderr.data);
		why = kn_arena_printf(h->arena, "command '%s' exited with %d: %s", command_text(h),
				      r->exit_code, out);
	} else {
		why = err->msg;
	}
	end(h, kn_arena_printf(
		       h->arena,
		       "Exec lifecycle hook ([%s]) for Container \"%s\" in Pod \"%s_%s(%s)\" failed - error: "
		       "%s, message: \"%s\"",
		       command_text(h), h->container->name, w->name, w->ns, w->uid, why, out));
}

static void start_exec(struct kn_hook *h, const char *id)
{
	Cri__ExecSyncRequest req = CRI__EXEC_SYNC_REQUEST__INIT;

	req.container_id = (char *)id;
	req.cmd = h->handler->exec->command;
	req.n_cmd = h->handler->exec->n_command;
	h->exec = kn_cri_call(h->w->k->d.cri, KN_CRI_EXEC_SYNC, &req.base, KN_CRI_TIMEOUT_NONE, on_exec, h);
}

/* ---- httpGet ---- */

static int start_http(struct kn_hook *h, struct kn_err *err);

static char *http_error(struct kn_hook *h, const char *why)
{
	const struct kn_worker *w = h->w;

	return kn_arena_printf(
		h->arena,
		"HTTP lifecycle hook (%s) for Container \"%s\" in Pod \"%s_%s(%s)\" failed - error: %s",
		h->handler->httpget->path ? h->handler->httpget->path : "", h->container->name, w->name,
		w->ns, w->uid, why);
}

static void on_http(void *user, const struct kn_http_result *r)
{
	const char *scheme;
	struct kn_hook *h = user;

	h->http = NULL;
	scheme = h->handler->httpget->scheme;
	/* EPROTO: the server spoke, but no TLS. */
	if (r->err.code == EPROTO && !h->plain && scheme && !strcasecmp(scheme, "HTTPS")) {
		struct kn_err err = KN_ERR_INIT;

		h->plain = true;
		if (start_http(h, &err))
			end(h, http_error(h, err.msg));
		return;
	}
	if (!r->err.code && h->plain)
		kn_worker_log(h->w, true, "LifecycleHTTPFallback", h->container->name,
			      "request to HTTPS lifecycle hook got HTTP response, retry with HTTP succeeded");
	end(h, r->err.code ? http_error(h, r->err.msg) : NULL);
}

static int start_http(struct kn_hook *h, struct kn_err *err)
{
	static const struct kn_http_ops ops = {.done = on_http};
	struct kn_http_request req = {
		.method = "GET",
		.max_body = BODY_MAX,
		.truncate = true,
		.fresh = true,
		.redirects = 10,
	};
	struct kn_http_action action;
	int r = kn_http_action_make(&action, h->arena, h->handler->httpget, h->container, h->pod_ip,
				    "lifecycle", h->plain, err);

	if (r)
		return r;
	req.url = action.url;
	req.headers = action.headers;
	h->http = kn_http_start(h->w->k->http, &req, &ops, h);
	return 0;
}

struct kn_hook *kn_hook_start(struct kn_worker *w, const K8s__LifecycleHandler *handler,
			      const K8s__Container *container, const char *container_id, kn_hook_done done,
			      void *user)
{
	struct kn_hook *h = kn_calloc(1, sizeof(*h));
	struct kn_err err = KN_ERR_INIT;

	*h = (struct kn_hook){.w = w, .handler = handler, .container = container, .done = done, .user = user};
	h->arena = kn_arena_new(0);
	h->pod_ip = kn_strdup(kn_worker_ip(w));
	if (handler->exec) {
		start_exec(h, container_id);
	} else if (handler->httpget) {
		if (start_http(h, &err))
			end_in(h, 0, http_error(h, err.msg));
	} else if (handler->sleep) {
		end_in(h, handler->sleep->seconds * KN_NSEC_PER_SEC, NULL);
	} else {
		end_in(h, 0, "Cannot run handler: invalid handler");
	}
	return h;
}
