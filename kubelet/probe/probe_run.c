// SPDX-License-Identifier: Apache-2.0
#include "kubelet/probe/probe_run.h"

#include <errno.h>
#include <string.h>
#include "kubelet/worker/http_action.h"
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

#define EXEC_EXTRA (120 * KN_NSEC_PER_SEC) /* for the runtime to clean up: runtimeRequestTimeout */
#define REDIRECTS 10

static void attempt_free(struct kn_attempt *a)
{
	kn_timer_free(a->soon);
	kn_tcp_try_free(a->tcp);
	kn_grpc_try_free(a->grpc);
	kn_arena_free(a->arena);
	free(a);
}

void kn_attempt_end(struct kn_attempt *a, enum kn_attempt_outcome outcome, const char *text)
{
	/* text may lie in what is freed: done first. It may start another attempt, but has no handle of this.
	 */
	a->done(a->user, outcome, text);
	attempt_free(a);
}

static void on_soon(void *user)
{
	struct kn_attempt *a = user;

	kn_attempt_end(a, a->outcome, a->url);
}

void kn_attempt_end_soon(struct kn_attempt *a, enum kn_attempt_outcome outcome, const char *text)
{
	a->outcome = outcome;
	a->url = kn_arena_strdup(a->arena, text);
	a->soon = kn_timer_new(a->what.loop, on_soon, a);
	kn_timer_arm(a->soon, 0);
}

void kn_attempt_cancel(struct kn_attempt *a)
{
	if (!a)
		return;
	if (a->exec)
		kn_cri_cancel(a->exec);
	if (a->http)
		kn_http_cancel(a->http);
	attempt_free(a);
}

/* ---- exec ---- */

static char *command_text(struct kn_attempt *a)
{
	const K8s__ExecAction *e = a->what.probe->handler->exec;
	struct kn_buf b kn_auto_buf = {0};

	for (size_t i = 0; i < e->n_command && b.len < 512; i++)
		kn_buf_addf(&b, "%s%s", i ? " " : "", e->command[i]);
	return kn_arena_strdup(a->arena, b.data ? b.data : "");
}

static void add_output(struct kn_buf *b, const ProtobufCBinaryData *d)
{
	size_t room = KN_PROBE_OUTPUT_MAX - b->len;

	kn_buf_add(b, d->data, d->len < room ? d->len : room);
}

static void on_exec(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__ExecSyncResponse *r = (const void *)rsp;
	struct kn_buf b kn_auto_buf = {0};
	struct kn_attempt *a = user;
	char seconds[32];

	a->exec = NULL;
	if (err && err->code == ETIMEDOUT) {
		kn_buf_addf(&b, "command timed out: \"%s\" timed out after %s", command_text(a),
			    kn_action_seconds(seconds, a->timeout_ns / KN_NSEC_PER_SEC));
		kn_attempt_end(a, KN_ATTEMPT_BAD, b.data);
	} else if (err && err->code) {
		kn_attempt_end(a, KN_ATTEMPT_ERROR, err->msg);
	} else {
		add_output(&b, &r->stdout);
		add_output(&b, &r->stderr);
		kn_attempt_end(a, r->exit_code ? KN_ATTEMPT_BAD : KN_ATTEMPT_GOOD, b.data);
	}
}

static void start_exec(struct kn_attempt *a, const K8s__ExecAction *e)
{
	Cri__ExecSyncRequest req = CRI__EXEC_SYNC_REQUEST__INIT;

	req.container_id = (char *)a->what.container_id;
	req.cmd = e->command;
	req.n_cmd = e->n_command;
	req.timeout = a->timeout_ns / KN_NSEC_PER_SEC;
	a->exec =
		kn_cri_call(a->what.cri, KN_CRI_EXEC_SYNC, &req.base, a->timeout_ns + EXEC_EXTRA, on_exec, a);
}

/* ---- httpGet ---- */

/* In the words of Go's client, which users know from the stock kubelet. */
static const char *http_error(struct kn_attempt *a, const struct kn_err *err)
{
	const char *host = strstr(a->url, "://") + 3;

	if (err->code == ETIMEDOUT)
		return "context deadline exceeded (Client.Timeout exceeded while awaiting headers)";
	if (err->code != ECONNREFUSED && err->code != EHOSTUNREACH)
		return err->msg;
	return kn_arena_printf(a->arena, "dial tcp %.*s: connect: %s", (int)strcspn(host, "/?"), host,
			       err->code == ECONNREFUSED ? "connection refused" : "no route to host");
}

static void on_http(void *user, const struct kn_http_result *r)
{
	struct kn_buf b kn_auto_buf = {0};
	struct kn_attempt *a = user;

	a->http = NULL;
	if (r->err.code) {
		kn_buf_addf(&b, "Get \"%s\": %s", a->url, http_error(a, &r->err));
		kn_attempt_end(a, KN_ATTEMPT_BAD, b.data);
	} else if (r->status >= 200 && r->status < 300) {
		kn_attempt_end(a, KN_ATTEMPT_GOOD, "");
	} else if (r->status >= 300 && r->status < 400) {
		kn_buf_addf(&b, "Probe terminated redirects, Response body: %s", (const char *)r->body);
		kn_attempt_end(a, KN_ATTEMPT_WARNING, b.data);
	} else {
		kn_buf_addf(&b, "HTTP probe failed with statuscode: %d", r->status);
		kn_attempt_end(a, KN_ATTEMPT_BAD, b.data);
	}
}

static int start_http(struct kn_attempt *a, const K8s__HTTPGetAction *h, struct kn_err *err)
{
	static const struct kn_http_ops ops = {.done = on_http};
	struct kn_http_request req = {
		.method = "GET",
		.timeout_ns = a->timeout_ns,
		.max_body = KN_PROBE_OUTPUT_MAX,
		.truncate = true,
		.fresh = true,
		.redirects = REDIRECTS,
	};
	struct kn_http_action action;
	int r = kn_http_action_make(&action, a->arena, h, a->what.container, a->what.pod_ip, "probe", false,
				    err);

	if (r)
		return r;
	req.url = a->url = action.url;
	req.headers = action.headers;
	a->http = kn_http_start(a->what.http, &req, &ops, a);
	return 0;
}

/* ---- all ---- */

static int start(struct kn_attempt *a, struct kn_err *err)
{
	const K8s__ProbeHandler *h = a->what.probe->handler;
	int port, r;

	if (h && h->exec) {
		start_exec(a, h->exec);
		return 0;
	}
	if (h && h->httpget)
		return start_http(a, h->httpget, err);
	if (h && h->tcpsocket) {
		const char *host = h->tcpsocket->host;

		r = kn_action_port(h->tcpsocket->port, a->what.container, &port, err);
		if (!r)
			kn_tcp_try_start(a, host && *host ? host : a->what.pod_ip, port);
		return r;
	}
	if (h && h->grpc) {
		kn_grpc_try_start(a, a->what.pod_ip, h->grpc->port, h->grpc->service ? h->grpc->service : "");
		return 0;
	}
	return kn_err_set(err, EINVAL, "missing probe handler for container %s", a->what.container->name);
}

struct kn_attempt *kn_attempt_start(const struct kn_attempt_what *what, kn_attempt_done done, void *user)
{
	struct kn_attempt *a = kn_calloc(1, sizeof(*a));
	int32_t seconds = what->probe->timeoutseconds;
	struct kn_err err = KN_ERR_INIT;

	a->what = *what;
	a->done = done;
	a->user = user;
	a->arena = kn_arena_new(0);
	a->timeout_ns = (seconds > 0 ? seconds : 1) * KN_NSEC_PER_SEC;
	if (start(a, &err))
		kn_attempt_end_soon(a, KN_ATTEMPT_ERROR, err.msg);
	return a;
}
