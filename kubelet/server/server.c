/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/server_priv.h"

#include <errno.h>
#include <string.h>
#include "kubelet/server/stats.h"
#include "lib/base/mem.h"

struct kn_server_job { /* a request whose user is being looked up */
	struct kn_list node;
	struct kn_server *s;
	struct kn_httpd_request *r;
	struct kn_auth_check *check;
};

/* ---- small endpoints ---- */

static void healthz(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	struct kn_err err = KN_ERR_INIT;
	bool all = !*m->rest, sync = !strcmp(m->rest, "syncloop");

	if (!all && !sync && strcmp(m->rest, "ping") != 0 && strcmp(m->rest, "log") != 0) {
		kn_httpd_answer_text(r, 404, "404 page not found\n");
		return;
	}
	/* apiserver/pkg/server/healthz: one name's text, or that of all. */
	if ((all || sync) && s->d.healthy && s->d.healthy(s->d.user, &err)) {
		if (sync)
			kn_httpd_answer_text(r, 500, "internal server error: %s\n", err.msg);
		else
			kn_httpd_answer_text(r, 500,
					     "[+]ping ok\n[+]log ok\n[-]syncloop failed: reason "
					     "withheld\nhealthz check failed\n");
		return;
	}
	if (all && kn_httpd_param(r, "verbose"))
		kn_httpd_answer_text(r, 200, "[+]ping ok\n[+]log ok\n[+]syncloop ok\nhealthz check passed\n");
	else
		kn_httpd_answer_text(r, 200, "ok");
}

static void configz(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_json_writer *w;

	if (!s->d.write_config) {
		kn_httpd_answer_text(r, 404, "404 page not found\n");
		return;
	}
	w = kn_json_writer_new(&b, false);
	kn_json_obj(w, NULL);
	s->d.write_config(s->d.user, "kubeletconfig", w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_httpd_answer(r, 200, "application/json", b.data, b.len);
}

/* ---- dispatch ---- */

static const struct {
	kn_server_handler fn;
	bool debugging; /* served with enableDebuggingHandlers only */
} handlers[KN_ROUTE_COUNT] = {
	[KN_ROUTE_HEALTHZ] = {healthz, false},
	[KN_ROUTE_PODS] = {kn_server_pods, false},
	[KN_ROUTE_RUNNING_PODS] = {kn_server_running_pods, true},
	[KN_ROUTE_CONTAINER_LOGS] = {kn_server_container_logs, true},
	[KN_ROUTE_EXEC] = {kn_server_exec, true},
	[KN_ROUTE_ATTACH] = {kn_server_attach, true},
	[KN_ROUTE_PORT_FORWARD] = {kn_server_port_forward, true},
	[KN_ROUTE_RUN] = {kn_server_run, true},
	[KN_ROUTE_CONFIGZ] = {configz, false},
	[KN_ROUTE_STATS_SUMMARY] = {kn_server_stats, false},
	[KN_ROUTE_METRICS] = {kn_server_metrics, false},
	[KN_ROUTE_METRICS_CADVISOR] = {kn_server_metrics, false},
	[KN_ROUTE_METRICS_RESOURCE] = {kn_server_metrics, false},
	[KN_ROUTE_METRICS_PROBES] = {kn_server_metrics, false},
	[KN_ROUTE_LOGS] = {kn_server_node_logs, true},
};

static void dispatch(struct kn_server *s, struct kn_httpd_request *r)
{
	static const char *const labels[] = {"method", "path", "server_type", "long_running", NULL};
	struct kn_route_match m;
	const char *values[4];
	bool streams;

	kn_route_find(kn_httpd_method(r), kn_httpd_path(r), &m);
	streams = m.route == KN_ROUTE_EXEC || m.route == KN_ROUTE_ATTACH ||
		  m.route == KN_ROUTE_PORT_FORWARD || m.route == KN_ROUTE_CONTAINER_LOGS;
	values[0] = m.route ? kn_httpd_method(r) : "other";
	values[1] = m.bucket;
	values[2] = s->d.read_only ? "readonly" : "readwrite";
	values[3] = streams ? "true" : "false";
	if (m.route == KN_ROUTE_NONE || !m.bad_method)
		kn_metric_inc(kn_metrics_add(s->metrics, KN_COUNTER, "kubelet_http_requests_total",
					     "Number of the http requests received since the server started",
					     labels, NULL, 0),
			      values, 1);
	if (!handlers[m.route].fn) {
		kn_httpd_answer_text(r, 404, "404 page not found\n");
	} else if (m.bad_method) {
		kn_httpd_set_header(r, "Allow", m.allow);
		kn_httpd_answer_text(r, 405, "Method Not Allowed");
	} else if (handlers[m.route].debugging && !s->d.debugging_handlers) {
		kn_httpd_answer_text(r, 405, "Debug endpoints are disabled.\n");
	} else {
		handlers[m.route].fn(s, r, &m);
	}
}

static struct kn_httpd_request *job_free(struct kn_server_job *j)
{
	struct kn_httpd_request *r = j->r;

	kn_list_del(&j->node);
	kn_httpd_on_closed(r, NULL, NULL);
	free(j);
	return r;
}

static void on_job_closed(void *user)
{
	struct kn_server_job *j = user;

	kn_auth_cancel(j->check);
	kn_list_del(&j->node);
	free(j);
}

static void on_auth(void *user, int status, const char *text)
{
	struct kn_server_job *j = user;
	struct kn_server *s = j->s;
	struct kn_httpd_request *r = job_free(j);

	if (status == 200)
		dispatch(s, r);
	else
		kn_httpd_answer_text(r, status, "%s", text);
}

static void on_request(void *user, struct kn_httpd_request *r)
{
	struct kn_server *s = user;
	struct kn_auth_check *check;
	struct kn_server_job *j;

	if (!s->d.auth) {
		dispatch(s, r);
		return;
	}
	j = kn_calloc(1, sizeof(*j));
	j->s = s;
	j->r = r;
	kn_list_append(&s->jobs, &j->node);
	kn_httpd_on_closed(r, on_job_closed, j);
	check = kn_auth_start(s->d.auth, r, on_auth, j); /* NULL: j is gone */
	if (check)
		j->check = check;
}

int kn_server_new(struct kn_server **ret, const struct kn_server_deps *deps,
		  const struct kn_httpd_config *listen, struct kn_err *err)
{
	struct kn_server *s = kn_calloc(1, sizeof(*s));
	struct kn_stats_deps stats = {
		.loop = deps->loop,
		.cri = deps->cri,
		.kubelet = deps->kubelet,
		.cgroup = deps->cgroup,
		.node = deps->node,
		.cgroup_root = deps->cgroup_root,
	};
	int r;

	s->d = *deps;
	kn_list_init(&s->jobs);
	s->metrics = kn_metrics_new();
	s->stats = kn_stats_new(&stats);
	r = kn_httpd_new(&s->http, deps->loop, listen, on_request, s, deps->log, err);
	if (r) {
		kn_server_free(s);
		return kn_err_wrap(err, "kubelet server");
	}
	*ret = s;
	return 0;
}

struct kn_server *kn_server_free(struct kn_server *s)
{
	if (!s)
		return NULL;
	kn_httpd_free(s->http);
	kn_stats_free(s->stats);
	kn_metrics_free(s->metrics);
	free(s);
	return NULL;
}

int kn_server_set_tls(struct kn_server *s, const struct kn_httpd_tls *tls, struct kn_err *err)
{
	return kn_httpd_set_tls(s->http, tls, err);
}

void kn_server_client(struct kn_server *s, struct kn_client *client)
{
	s->d.client = client;
}

uint16_t kn_server_port(const struct kn_server *s)
{
	return kn_httpd_port(s->http);
}
