/* SPDX-License-Identifier: Apache-2.0 */
/* /stats/summary and /metrics...: what needs a look at the node waits for it, the rest is answered at once.
 */
#include <dirent.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>

#include "kubelet/server/server_priv.h"
#include "kubelet/server/stats.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define PROMETHEUS "text/plain; version=0.0.4; charset=utf-8"

struct job {
	struct kn_httpd_request *r;
	struct kn_stats_wait *wait;
	enum kn_route route;
};

static void on_closed(void *user)
{
	struct job *j = user;

	kn_stats_cancel(j->wait);
	free(j);
}

static void on_stats(void *user, const struct kn_stats_snapshot *snap)
{
	struct job *j = user;
	struct kn_httpd_request *r = j->r;
	kn_auto_buf struct kn_buf b = {0};
	const char *only = kn_httpd_param(r, "only_cpu_and_memory");

	kn_httpd_on_closed(r, NULL, NULL);
	if (j->route == KN_ROUTE_METRICS_RESOURCE)
		kn_stats_write_resource(snap, &b);
	else if (j->route == KN_ROUTE_METRICS_CADVISOR)
		kn_stats_write_cadvisor(snap, &b);
	else
		kn_stats_write_summary(snap, only && (!strcmp(only, "true") || !strcmp(only, "1")), &b);
	kn_httpd_answer(r, 200, j->route == KN_ROUTE_STATS_SUMMARY ? "application/json" : PROMETHEUS, b.data,
			b.len);
	free(j);
}

void kn_server_stats(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	struct job *j = kn_calloc(1, sizeof(*j));

	j->r = r;
	j->route = m->route;
	kn_httpd_on_closed(r, on_closed, j);
	j->wait = kn_stats_ask(s->stats, on_stats, j);
}

/* ---- /metrics: what the kubelet can tell of itself ---- */

static void gauge(struct kn_buf *out, const char *name, const char *help, const char *type, double v)
{
	kn_prom_head(out, name, help, type);
	kn_prom_sample(out, name, NULL, v, 0);
}

static double open_fds(void)
{
	DIR *d = opendir("/proc/self/fd");
	double n = -3; /* ".", ".." and this one */

	if (!d)
		return 0;
	while (readdir(d))
		n++;
	closedir(d);
	return n;
}

/* Since 1970: boot time, plus field 22 of /proc/self/stat in clock ticks. */
static double start_seconds(const char *stat)
{
	kn_auto_buf struct kn_buf b = {0};
	const char *p = strrchr(stat, ')'), *boot;

	for (int i = 0; p && i < 20; i++)
		p = strchr(p + 1, ' ');
	if (!p || kn_file_read("/proc/stat", 1 << 20, &b, NULL) || !b.data ||
	    !(boot = strstr(b.data, "\nbtime ")))
		return 0;
	return strtod(boot + 7, NULL) + strtod(p, NULL) / (double)sysconf(_SC_CLK_TCK);
}

static void write_process(struct kn_buf *out)
{
	kn_auto_buf struct kn_buf b = {0};
	long page = sysconf(_SC_PAGESIZE);
	struct rusage ru;
	struct rlimit lim;
	unsigned long size, resident;

	if (getrusage(RUSAGE_SELF, &ru) == 0)
		gauge(out, "process_cpu_seconds_total", "Total user and system CPU time spent in seconds.",
		      "counter",
		      (double)(ru.ru_utime.tv_sec + ru.ru_stime.tv_sec) +
			      (double)(ru.ru_utime.tv_usec + ru.ru_stime.tv_usec) / 1e6);
	if (getrlimit(RLIMIT_NOFILE, &lim) == 0)
		gauge(out, "process_max_fds", "Maximum number of open file descriptors.", "gauge",
		      (double)lim.rlim_cur);
	gauge(out, "process_open_fds", "Number of open file descriptors.", "gauge", open_fds());
	if (!kn_file_read("/proc/self/statm", 256, &b, NULL) && b.data &&
	    sscanf(b.data, "%lu %lu", &size, &resident) == 2) {
		gauge(out, "process_resident_memory_bytes", "Resident memory size in bytes.", "gauge",
		      (double)resident * (double)page);
		gauge(out, "process_virtual_memory_bytes", "Virtual memory size in bytes.", "gauge",
		      (double)size * (double)page);
	}
	b.len = 0;
	if (!kn_file_read("/proc/self/stat", 4096, &b, NULL) && b.data)
		gauge(out, "process_start_time_seconds",
		      "Start time of the process since unix epoch in seconds.", "gauge",
		      start_seconds(b.data));
}

/* Upstream's names of operations: remote_runtime.go's, instrumented in instrumented_services.go. */
static const struct {
	enum kn_cri_method method;
	const char *operation;
} operations[] = {
	{KN_CRI_VERSION, "version"},
	{KN_CRI_STATUS, "status"},
	{KN_CRI_RUN_POD_SANDBOX, "run_podsandbox"},
	{KN_CRI_STOP_POD_SANDBOX, "stop_podsandbox"},
	{KN_CRI_REMOVE_POD_SANDBOX, "remove_podsandbox"},
	{KN_CRI_POD_SANDBOX_STATUS, "podsandbox_status"},
	{KN_CRI_LIST_POD_SANDBOX, "list_podsandbox"},
	{KN_CRI_CREATE_CONTAINER, "create_container"},
	{KN_CRI_START_CONTAINER, "start_container"},
	{KN_CRI_STOP_CONTAINER, "stop_container"},
	{KN_CRI_REMOVE_CONTAINER, "remove_container"},
	{KN_CRI_LIST_CONTAINERS, "list_containers"},
	{KN_CRI_CONTAINER_STATUS, "container_status"},
	{KN_CRI_EXEC_SYNC, "exec_sync"},
	{KN_CRI_EXEC, "exec"},
	{KN_CRI_ATTACH, "attach"},
	{KN_CRI_PORT_FORWARD, "port_forward"},
	{KN_CRI_REOPEN_CONTAINER_LOG, "reopen_container_log"},
	{KN_CRI_UPDATE_RUNTIME_CONFIG, "update_runtime_config"},
	{KN_CRI_UPDATE_CONTAINER_RESOURCES, "update_container"},
	{KN_CRI_CONTAINER_STATS, "container_stats"},
	{KN_CRI_LIST_CONTAINER_STATS, "list_container_stats"},
	{KN_CRI_POD_SANDBOX_STATS, "podsandbox_stats"},
	{KN_CRI_LIST_POD_SANDBOX_STATS, "list_podsandbox_stats"},
	{KN_CRI_IMAGE_STATUS, "image_status"},
	{KN_CRI_PULL_IMAGE, "pull_image"},
	{KN_CRI_LIST_IMAGES, "list_images"},
	{KN_CRI_REMOVE_IMAGE, "remove_image"},
	{KN_CRI_IMAGE_FS_INFO, "image_fs_info"},
};

static void write_operations(struct kn_server *s, struct kn_buf *out)
{
	static const char total[] = "kubelet_runtime_operations_total",
			  errors[] = "kubelet_runtime_operations_errors_total",
			  sum[] = "kubelet_runtime_operations_duration_seconds_sum",
			  count[] = "kubelet_runtime_operations_duration_seconds_count";

	for (int what = 0; what < 3; what++) {
		if (what == 0)
			kn_prom_head(out, total,
				     "[ALPHA] Cumulative number of runtime operations by operation type.",
				     "counter");
		else if (what == 1)
			kn_prom_head(
				out, errors,
				"[ALPHA] Cumulative number of runtime operation errors by operation type.",
				"counter");
		else
			kn_prom_head(
				out, "kubelet_runtime_operations_duration_seconds",
				"[ALPHA] Duration in seconds of runtime operations. Broken down by operation "
				"type.",
				"summary");
		for (size_t i = 0; i < KN_ARRAY_SIZE(operations); i++) {
			const struct kn_cri_stats *st = kn_cri_method_stats(s->d.cri, operations[i].method);
			const char *labels[] = {"operation_type", operations[i].operation, NULL};

			if (!st->calls || (what == 1 && !st->errors))
				continue;
			if (what == 2) {
				kn_prom_sample(out, sum, labels, (double)st->time_ns / 1e9, 0);
				kn_prom_sample(out, count, labels, (double)st->calls, 0);
			} else {
				kn_prom_sample(out, what ? errors : total, labels,
					       (double)(what ? st->errors : st->calls), 0);
			}
		}
	}
}

static void write_pods(struct kn_server *s, struct kn_buf *out)
{
	static const char *const states[] = {"created", "running", "exited", "unknown"};
	static const char name[] = "kubelet_running_containers";
	double n[KN_ARRAY_SIZE(states)] = {0}, pods = 0;
	struct kn_pod_peek p;
	size_t it = 0;

	while (kn_peek_next(s->d.kubelet, &it, &p)) {
		const struct kn_obs_sandbox *sb = p.seen ? kn_obs_newest(p.seen) : NULL;

		pods += sb && sb->ready;
		for (size_t i = 0; p.seen && i < p.seen->n_containers; i++)
			n[p.seen->containers[i].state]++;
	}
	gauge(out, "kubelet_running_pods", "[ALPHA] Number of pods that have a running pod sandbox", "gauge",
	      pods);
	kn_prom_head(out, name, "[ALPHA] Number of containers currently running", "gauge");
	for (size_t i = 0; i < KN_ARRAY_SIZE(states); i++) {
		const char *labels[] = {"container_state", states[i], NULL};

		if (n[i] > 0)
			kn_prom_sample(out, name, labels, n[i], 0);
	}
}

static void write_client(struct kn_server *s, struct kn_buf *out)
{
	static const char name[] = "rest_client_requests_total";
	const struct kn_client_stats *st = s->d.client ? kn_client_stats(s->d.client) : NULL;

	if (!st)
		return;
	kn_prom_head(out, name,
		     "[ALPHA] Number of HTTP requests, partitioned by status code, method, and host.",
		     "counter");
	for (size_t i = 0; i < st->n_answers; i++) {
		const struct kn_client_answers *a = &st->answers[i];
		char code[16];
		const char *labels[] = {"code", code, "method", a->method, NULL};

		snprintf(code, sizeof(code), "%d", a->status);
		labels[1] = a->status ? code : "<error>";
		kn_prom_sample(out, name, labels, (double)a->n, 0);
	}
}

static void write_kubelet(struct kn_server *s, struct kn_buf *out)
{
	const char *node[] = {"node", s->d.node->node_name, NULL};
	const char *build[] = {"git_version", KN_VERSION, "major",	 "1", "minor",
			       "37",	      "platform", "linux/amd64", NULL};

	kn_prom_head(out, "kubelet_node_name", "[ALPHA] The node's name. The count is always 1.", "gauge");
	kn_prom_sample(out, "kubelet_node_name", node, 1, 0);
	kn_prom_head(out, "kubernetes_build_info",
		     "[ALPHA] A metric with a constant '1' value labeled by major, minor, git version and "
		     "platform "
		     "from which Kubernetes was built.",
		     "gauge");
	kn_prom_sample(out, "kubernetes_build_info", build, 1, 0);
	gauge(out, "kubelet_cgroup_version", "[ALPHA] cgroup version on the hosts.", "gauge",
	      s->d.node->cgroup_v2 ? 2 : 1);
	write_pods(s, out);
	write_operations(s, out);
	write_client(s, out);
	write_process(out);
}

static void on_probe(void *user, const struct kn_probe_count *c)
{
	static const char *const results[] = {"successful", "failed", "unknown"};
	const uint64_t n[] = {c->successful, c->failed, c->unknown};

	for (size_t i = 0; i < KN_ARRAY_SIZE(results); i++) {
		const char *labels[] = {"container",  c->container, "namespace", c->pod->ns,   "pod",
					c->pod->name, "pod_uid",    c->pod->uid, "probe_type", c->type,
					"result",     results[i],   NULL};

		if (n[i])
			kn_prom_sample(user, "prober_probe_total", labels, (double)n[i], 0);
	}
}

void kn_server_metrics(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	kn_auto_buf struct kn_buf b = {0};

	if (m->route == KN_ROUTE_METRICS_RESOURCE || m->route == KN_ROUTE_METRICS_CADVISOR) {
		kn_server_stats(s, r, m);
		return;
	}
	if (m->route == KN_ROUTE_METRICS_PROBES) {
		kn_prom_head(
			&b, "prober_probe_total",
			"[ALPHA] Cumulative number of a liveness, readiness or startup probe for a container "
			"by result.",
			"counter");
		kn_kubelet_each_probe(s->d.kubelet, on_probe, &b);
	} else {
		write_kubelet(s, &b);
		kn_metrics_write(s->metrics, &b);
		if (s->d.metrics)
			kn_metrics_write(s->d.metrics, &b);
	}
	kn_httpd_answer(r, 200, PROMETHEUS, b.data, b.len);
}
