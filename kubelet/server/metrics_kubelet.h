/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet's own metrics that are counted as things happen (pkg/kubelet/metrics/metrics.go); what can be
 * read off its state is written when asked (server_metrics.c). Each function accepts NULL and does nothing
 * then. */
#ifndef KN_KUBELET_METRICS_KUBELET_H
#define KN_KUBELET_METRICS_KUBELET_H

#include <stdbool.h>
#include "kubelet/server/metrics.h"

struct kn_kubelet_metrics;
struct kn_kubelet_metrics *kn_kubelet_metrics_new(struct kn_metrics *m); /* m is borrowed */
struct kn_kubelet_metrics *kn_kubelet_metrics_free(struct kn_kubelet_metrics *k);

/* From seeing a pod for the first time to its last container's start. */
void kn_metric_pod_started(struct kn_kubelet_metrics *k, int64_t ns);
/* A sandbox was asked for, or could not be made. */
void kn_metric_pod_sandbox(struct kn_kubelet_metrics *k, bool failed);
/* A container was asked for; code NULL: it started, else why not ("ErrImagePull", "RunContainerError"). type:
 * "container", "init_container", "ephemeral_container". */
void kn_metric_container(struct kn_kubelet_metrics *k, const char *type, const char *code);
void kn_metric_relist(struct kn_kubelet_metrics *k, int64_t took_ns, int64_t since_last_ns);
void kn_metric_image_pull(struct kn_kubelet_metrics *k, int64_t ns, uint64_t image_bytes);
void kn_metric_eviction(struct kn_kubelet_metrics *k, const char *signal);
void kn_metric_rejected(struct kn_kubelet_metrics *k, const char *reason);

#endif
