/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A registry of metrics and their text (Prometheus exposition format 0.0.4). Loop's thread only. A family has
 * a name and at most four label names; a series is found or made by its label values. Values that are known
 * elsewhere are written by a collector when somebody asks.
 */
#ifndef KN_KUBELET_METRICS_H
#define KN_KUBELET_METRICS_H

#include <stdint.h>
#include <stddef.h>
#include "lib/base/buf.h"

#define KN_METRIC_LABELS_MAX 4
#define KN_METRIC_SERIES_MAX 2000 /* of a family; more are not kept: label values may come from outside */

enum kn_metric_type { KN_COUNTER, KN_GAUGE, KN_HISTOGRAM };

struct kn_metrics;
struct kn_metric;

struct kn_metrics *kn_metrics_new(void);
struct kn_metrics *kn_metrics_free(struct kn_metrics *m);

/* Strings and bounds are literals or outlive the registry. labels: NULL-terminated; NULL: none. bounds: of a
 * histogram, rising, without +Inf. A name that is there already gives that family. */
struct kn_metric *kn_metrics_add(struct kn_metrics *m, enum kn_metric_type type, const char *name,
				 const char *help, const char *const *labels, const double *bounds,
				 size_t n_bounds);
/* values: as many as labels; copied; NULL when there are none. */
void kn_metric_inc(struct kn_metric *f, const char *const *values, double by);
void kn_metric_set(struct kn_metric *f, const char *const *values, double v);
void kn_metric_observe(struct kn_metric *f, const char *const *values, double v);
void kn_metric_reset(struct kn_metric *f); /* drops all series */

/* fn is called at each kn_metrics_write, to set gauges or to write lines of its own (kn_prom_*). */
void kn_metrics_collect(struct kn_metrics *m, void (*fn)(void *user, struct kn_buf *out), void *user);
/* Families in order of their names; those without series are left out. */
void kn_metrics_write(struct kn_metrics *m, struct kn_buf *out);

/* Text by hand. kn_prom_sample: labels as name, value pairs ended by NULL; values are escaped; ms is a
 * timestamp since 1970, 0: none. */
void kn_prom_head(struct kn_buf *out, const char *name, const char *help, const char *type);
void kn_prom_sample(struct kn_buf *out, const char *name, const char *const *labels, double v, int64_t ms);

extern const double kn_metric_default_bounds[11]; /* Prometheus' .005 to 10 s */

#endif
