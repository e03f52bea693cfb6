// SPDX-License-Identifier: Apache-2.0
#include "proxy/serve.h"

#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/httpd/httpd.h"
#include "lib/json/write.h"

#define LATE_NS (120 * KN_NSEC_PER_SEC)

struct kn_serve {
	const struct kn_proxy *proxy;
	bool (*eligible)(void *user);
	void *user;
	struct kn_httpd *healthz, *metrics;
	uint64_t asked[2][2]; /* /healthz, /livez; bad, good */
};

bool kn_serve_healthy(const struct kn_proxy_stats *st, int64_t now_ns)
{
	return !st->failing_since_ns || now_ns - st->failing_since_ns < LATE_NS;
}

static void answer_health(struct kn_serve *s, struct kn_httpd_request *r, bool live)
{
	int64_t now = kn_real(&kn_clock_system);
	struct kn_proxy_stats st;
	struct kn_buf out kn_auto_buf = {0};
	struct kn_json_writer *w;
	bool healthy, node = s->eligible(s->user), good;
	char last[32], current[32];

	kn_proxy_get_stats(s->proxy, &st);
	healthy = kn_serve_healthy(&st, now);
	good = healthy && (live || node);
	s->asked[live][good]++;
	w = kn_json_writer_new(&out, false);
	kn_json_obj(w, NULL);
	kn_json_str(w, "lastUpdated", kn_time_rfc3339(good ? now : st.last_ns, last));
	kn_json_str(w, "currentTime", kn_time_rfc3339(now, current));
	if (!live)
		kn_json_bool(w, "nodeEligible", node);
	kn_json_bool(w, "healthy", healthy);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	kn_httpd_set_header(r, "X-Content-Type-Options", "nosniff");
	kn_httpd_answer(r, good ? 200 : 503, "application/json", out.data, out.len);
}

static bool only_get(struct kn_httpd_request *r)
{
	if (!strcmp(kn_httpd_method(r), "GET") || !strcmp(kn_httpd_method(r), "HEAD"))
		return true;
	kn_httpd_answer_text(r, 405, "Method Not Allowed\n");
	return false;
}

static void on_healthz(void *user, struct kn_httpd_request *r)
{
	const char *path = kn_httpd_path(r);

	if (!only_get(r))
		return;
	if (!strcmp(path, "/healthz") || !strcmp(path, "/livez"))
		answer_health(user, r, *path && path[1] == 'l');
	else
		kn_httpd_answer_text(r, 404, "404 page not found\n");
}

static void head(struct kn_buf *out, const char *name, const char *type, const char *help)
{
	kn_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

void kn_serve_metrics_text(const struct kn_proxy_stats *st, struct kn_buf *out)
{
	static const char sync[] = "kubeproxy_sync_proxy_rules_duration_seconds";
	uint64_t sum = 0;
	double bound = 0.001;

	head(out, sync, "histogram", "[ALPHA] SyncProxyRules latency in seconds");
	for (int i = 0; i < KN_SYNC_BUCKETS; i++, bound *= 2) {
		sum += st->buckets[i];
		kn_buf_addf(out, "%s_bucket{le=\"%g\"} %llu\n", sync, bound, (unsigned long long)sum);
	}
	kn_buf_addf(out, "%s_bucket{le=\"+Inf\"} %llu\n%s_sum %.9g\n%s_count %llu\n", sync,
		    (unsigned long long)st->syncs, sync, (double)st->sync_ns / 1e9, sync,
		    (unsigned long long)st->syncs);
	head(out, "kubeproxy_sync_proxy_rules_last_timestamp_seconds", "gauge",
	     "[ALPHA] The last time proxy rules were successfully synced");
	kn_buf_addf(out, "kubeproxy_sync_proxy_rules_last_timestamp_seconds %.3f\n",
		    (double)st->last_ns / 1e9);
	head(out, "kernlet_proxy_sync_failures_total", "counter",
	     "Changes that could not be written to the maps");
	kn_buf_addf(out, "kernlet_proxy_sync_failures_total %llu\n", (unsigned long long)st->failures);
	head(out, "kernlet_proxy_map_operations_total", "counter", "Single writes to BPF maps");
	kn_buf_addf(out, "kernlet_proxy_map_operations_total %llu\n", (unsigned long long)st->operations);
	head(out, "kernlet_proxy_services", "gauge", "Ports of Service addresses in the maps");
	kn_buf_addf(out, "kernlet_proxy_services %zu\n", st->services);
	head(out, "kernlet_proxy_backends", "gauge", "Backends in the maps");
	kn_buf_addf(out, "kernlet_proxy_backends %zu\n", st->backends);
}

static void answer_metrics(struct kn_serve *s, struct kn_httpd_request *r)
{
	static const char *const names[] = {"kubeproxy_proxy_healthz_total", "kubeproxy_proxy_livez_total"};
	struct kn_buf out kn_auto_buf = {0};
	struct kn_proxy_stats st;

	kn_proxy_get_stats(s->proxy, &st);
	kn_serve_metrics_text(&st, &out);
	for (int i = 0; i < 2; i++) {
		head(&out, names[i], "counter", "[ALPHA] Cumulative proxy health probes by HTTP status");
		kn_buf_addf(&out, "%s{code=\"200\"} %llu\n", names[i], (unsigned long long)s->asked[i][1]);
		kn_buf_addf(&out, "%s{code=\"503\"} %llu\n", names[i], (unsigned long long)s->asked[i][0]);
	}
	kn_httpd_answer(r, 200, "text/plain; version=0.0.4; charset=utf-8", out.data, out.len);
}

static void on_metrics(void *user, struct kn_httpd_request *r)
{
	const char *path = kn_httpd_path(r);

	if (!only_get(r))
		return;
	if (!strcmp(path, "/metrics"))
		answer_metrics(user, r);
	else if (!strcmp(path, "/proxyMode"))
		kn_httpd_answer_text(r, 200, "ebpf");
	else if (!strcmp(path, "/healthz"))
		kn_httpd_answer_text(r, 200, "ok");
	else
		kn_httpd_answer_text(r, 404, "404 page not found\n");
}

/* "ADDRESS:PORT" in its two parts. */
static int split(const char *text, char address[64], uint16_t *port)
{
	const char *colon = strrchr(text, ':');
	size_t len = colon ? (size_t)(colon - text) : 0;
	char *end;
	long n = colon ? strtol(colon + 1, &end, 10) : 0;

	if (!colon || !colon[1] || *end || n < 1 || n > 65535 || len >= 64)
		return -EINVAL;
	if (len > 1 && text[0] == '[' && text[len - 1] == ']') {
		text++;
		len -= 2;
	}
	memcpy(address, text, len);
	address[len] = 0;
	*port = (uint16_t)n;
	return 0;
}

static int listen_at(struct kn_httpd **ret, struct kn_serve *s, struct kn_loop *loop, const char *text,
		     kn_httpd_handler handler, const struct kn_log *log, struct kn_err *err)
{
	char address[64];
	struct kn_httpd_config cfg = {.address = address, .max_connections = 64};

	if (!text || !*text)
		return 0;
	if (split(text, address, &cfg.port))
		return kn_err_set(err, EINVAL, "\"%s\" must be IP:port", text);
	return kn_httpd_new(ret, loop, &cfg, handler, s, log, err);
}

int kn_serve_new(struct kn_serve **ret, struct kn_loop *loop, const struct kn_serve_config *cfg,
		 const struct kn_proxy *proxy, bool (*eligible)(void *user), void *user,
		 const struct kn_log *log, struct kn_err *err)
{
	struct kn_serve *s = kn_calloc(1, sizeof(*s));
	struct kn_err why = KN_ERR_INIT;
	int r;

	s->proxy = proxy;
	s->eligible = eligible;
	s->user = user;
	r = listen_at(&s->healthz, s, loop, cfg->healthz, on_healthz, log, &why);
	if (r && r != -EINVAL && !cfg->hard_fail) {
		kn_error(log, "Failed to start the healthz server", "err", why.msg);
		r = 0;
	}
	if (!r)
		r = listen_at(&s->metrics, s, loop, cfg->metrics, on_metrics, log, &why);
	if (r && r != -EINVAL && !cfg->hard_fail) {
		kn_error(log, "Failed to start the metrics server", "err", why.msg);
		r = 0;
	}
	if (r) {
		kn_serve_free(s);
		return kn_err_set(err, r, "%s", why.msg);
	}
	*ret = s;
	return 0;
}

struct kn_serve *kn_serve_free(struct kn_serve *s)
{
	if (!s)
		return NULL;
	kn_httpd_free(s->healthz);
	kn_httpd_free(s->metrics);
	free(s);
	return NULL;
}
