/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/metrics_kubelet.h"

#include "lib/base/clock.h"
#include "lib/base/mem.h"

struct kn_kubelet_metrics {
	struct kn_metric *pod_start, *started_pods, *failed_pods, *started_containers, *failed_containers;
	struct kn_metric *relist, *relist_interval, *pull, *evictions, *rejections;
};

#define SECONDS(ns) ((double)(ns) / (double)KN_NSEC_PER_SEC)
#define BOUNDS(b) b, KN_ARRAY_SIZE(b)

static struct kn_metric *counter(struct kn_metrics *m, const char *name, const char *help,
				 const char *const *labels)
{
	return kn_metrics_add(m, KN_COUNTER, name, help, labels, NULL, 0);
}

struct kn_kubelet_metrics *kn_kubelet_metrics_new(struct kn_metrics *m)
{
	static const double start[] = {0.5, 1,	 2,   3,   4,	5,   6,	  8,   10,   20,   30,	 45,  60,
				       120, 180, 240, 300, 360, 480, 600, 900, 1200, 1800, 2700, 3600};
	static const double pull[] = {1,   5,	10,  20,  30,  60,   120,  180,	 240,
				      300, 360, 480, 600, 900, 1200, 1800, 2700, 3600};
	static const char *const type[] = {"container_type", NULL};
	static const char *const type_code[] = {"container_type", "code", NULL};
	static const char *const size[] = {"image_size_in_bytes", NULL};
	static const char *const signal[] = {"eviction_signal", NULL};
	static const char *const reason[] = {"reason", NULL};
	struct kn_kubelet_metrics *k = kn_calloc(1, sizeof(*k));

	k->pod_start =
		kn_metrics_add(m, KN_HISTOGRAM, "kubelet_pod_start_duration_seconds",
			       "[ALPHA] Duration in seconds from kubelet seeing a pod for the first time "
			       "to the pod starting to run",
			       NULL, BOUNDS(start));
	k->started_pods =
		counter(m, "kubelet_started_pods_total", "[ALPHA] Cumulative number of pods started", NULL);
	k->failed_pods = counter(m, "kubelet_started_pods_errors_total",
				 "[ALPHA] Cumulative number of errors when starting pods", NULL);
	k->started_containers = counter(m, "kubelet_started_containers_total",
					"[ALPHA] Cumulative number of containers started", type);
	k->failed_containers =
		counter(m, "kubelet_started_containers_errors_total",
			"[ALPHA] Cumulative number of errors when starting containers", type_code);
	k->relist = kn_metrics_add(m, KN_HISTOGRAM, "kubelet_pleg_relist_duration_seconds",
				   "[ALPHA] Duration in seconds for relisting pods in PLEG.", NULL,
				   BOUNDS(kn_metric_default_bounds));
	k->relist_interval = kn_metrics_add(m, KN_HISTOGRAM, "kubelet_pleg_relist_interval_seconds",
					    "[ALPHA] Interval in seconds between relisting in PLEG.", NULL,
					    BOUNDS(kn_metric_default_bounds));
	k->pull = kn_metrics_add(m, KN_HISTOGRAM, "kubelet_image_pull_duration_seconds",
				 "[ALPHA] Duration in seconds to pull an image.", size, BOUNDS(pull));
	k->evictions = counter(m, "kubelet_evictions",
			       "[ALPHA] Cumulative number of pod evictions by eviction signal", signal);
	k->rejections = counter(m, "kubelet_admission_rejections_total",
				"[ALPHA] Cumulative number pod admission rejections by the Kubelet.", reason);
	return k;
}

struct kn_kubelet_metrics *kn_kubelet_metrics_free(struct kn_kubelet_metrics *k)
{
	free(k);
	return NULL;
}

void kn_metric_pod_started(struct kn_kubelet_metrics *k, int64_t ns)
{
	if (k)
		kn_metric_observe(k->pod_start, NULL, SECONDS(ns));
}

void kn_metric_pod_sandbox(struct kn_kubelet_metrics *k, bool failed)
{
	if (!k)
		return;
	if (failed)
		kn_metric_inc(k->failed_pods, NULL, 1);
	else
		kn_metric_inc(k->started_pods, NULL, 1);
}

void kn_metric_container(struct kn_kubelet_metrics *k, const char *type, const char *code)
{
	const char *values[] = {type, code};

	if (!k)
		return;
	if (code)
		kn_metric_inc(k->failed_containers, values, 1);
	else
		kn_metric_inc(k->started_containers, values, 1);
}

void kn_metric_relist(struct kn_kubelet_metrics *k, int64_t took_ns, int64_t since_last_ns)
{
	if (!k)
		return;
	kn_metric_observe(k->relist, NULL, SECONDS(took_ns));
	if (since_last_ns)
		kn_metric_observe(k->relist_interval, NULL, SECONDS(since_last_ns));
}

void kn_metric_image_pull(struct kn_kubelet_metrics *k, int64_t ns, uint64_t image_bytes)
{
	static const struct {
		uint64_t from_mb;
		const char *name;
	} sizes[] = {{100 << 10, "100GB-"},
		     {50 << 10, "50GB-100GB"},
		     {30 << 10, "30GB-50GB"},
		     {20 << 10, "20GB-30GB"},
		     {10 << 10, "10GB-20GB"},
		     {5 << 10, "5GB-10GB"},
		     {1 << 10, "1GB-5GB"},
		     {500, "500MB-1GB"},
		     {100, "100MB-500MB"},
		     {10, "10MB-100MB"},
		     {0, "0-10MB"}};
	size_t i = 0;

	if (!k)
		return;
	while (image_bytes >> 20 < sizes[i].from_mb)
		i++;
	kn_metric_observe(k->pull, &sizes[i].name, SECONDS(ns));
}

void kn_metric_eviction(struct kn_kubelet_metrics *k, const char *signal)
{
	if (k)
		kn_metric_inc(k->evictions, &signal, 1);
}

void kn_metric_rejected(struct kn_kubelet_metrics *k, const char *reason)
{
	if (k)
		kn_metric_inc(k->rejections, &reason, 1);
}
