/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/metrics.h"

#include <math.h>
#include <stdbool.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/mem.h"

#define EXACT 9007199254740992.0 /* 2^53: whole numbers below are exact */

const double kn_metric_default_bounds[11] = {.005, .01, .025, .05, .1, .25, .5, 1, 2.5, 5, 10};

struct series {
	char *values[KN_METRIC_LABELS_MAX];
	double v;	   /* counter, gauge; of a histogram the sum */
	uint64_t count;	   /* histogram */
	uint64_t *buckets; /* not cumulative */
};

struct kn_metric {
	struct kn_metric *next;
	enum kn_metric_type type;
	const char *name, *help;
	const char *labels[KN_METRIC_LABELS_MAX];
	size_t n_labels;
	const double *bounds;
	size_t n_bounds;
	struct series *series;
	size_t n;
};

struct collector {
	void (*fn)(void *user, struct kn_buf *out);
	void *user;
};

struct kn_metrics {
	struct kn_metric *families; /* by name */
	struct collector *collectors;
	size_t n_collectors;
};

struct kn_metrics *kn_metrics_new(void)
{
	return kn_calloc(1, sizeof(struct kn_metrics));
}

void kn_metric_reset(struct kn_metric *f)
{
	for (size_t i = 0; i < f->n; i++) {
		for (size_t j = 0; j < f->n_labels; j++)
			free(f->series[i].values[j]);
		free(f->series[i].buckets);
	}
	free(f->series);
	f->series = NULL;
	f->n = 0;
}

struct kn_metrics *kn_metrics_free(struct kn_metrics *m)
{
	if (!m)
		return NULL;
	while (m->families) {
		struct kn_metric *f = m->families;

		m->families = f->next;
		kn_metric_reset(f);
		free(f);
	}
	free(m->collectors);
	free(m);
	return NULL;
}

struct kn_metric *kn_metrics_add(struct kn_metrics *m, enum kn_metric_type type, const char *name,
				 const char *help, const char *const *labels, const double *bounds,
				 size_t n_bounds)
{
	struct kn_metric **at = &m->families, *f;

	while (*at && strcmp((*at)->name, name) < 0)
		at = &(*at)->next;
	if (*at && !strcmp((*at)->name, name))
		return *at;
	f = kn_calloc(1, sizeof(*f));
	f->type = type;
	f->name = name;
	f->help = help;
	for (; labels && labels[f->n_labels] && f->n_labels < KN_METRIC_LABELS_MAX; f->n_labels++)
		f->labels[f->n_labels] = labels[f->n_labels];
	f->bounds = bounds;
	f->n_bounds = n_bounds;
	f->next = *at;
	*at = f;
	return f;
}

static struct series *find(struct kn_metric *f, const char *const *values)
{
	struct series *s;

	for (size_t i = 0; i < f->n; i++) {
		size_t j = 0;

		while (j < f->n_labels && !strcmp(f->series[i].values[j], values[j]))
			j++;
		if (j == f->n_labels)
			return &f->series[i];
	}
	if (f->n >= KN_METRIC_SERIES_MAX)
		return NULL;
	f->series = kn_realloc(f->series, f->n + 1, sizeof(*f->series));
	s = &f->series[f->n++];
	*s = (struct series){0};
	for (size_t j = 0; j < f->n_labels; j++)
		s->values[j] = kn_strdup(values[j]);
	if (f->type == KN_HISTOGRAM)
		s->buckets = kn_calloc(f->n_bounds + 1, sizeof(*s->buckets));
	return s;
}

void kn_metric_inc(struct kn_metric *f, const char *const *values, double by)
{
	struct series *s = find(f, values);

	if (s)
		s->v += by;
}

void kn_metric_set(struct kn_metric *f, const char *const *values, double v)
{
	struct series *s = find(f, values);

	if (s)
		s->v = v;
}

void kn_metric_observe(struct kn_metric *f, const char *const *values, double v)
{
	struct series *s = find(f, values);
	size_t i = 0;

	if (!s)
		return;
	while (i < f->n_bounds && v > f->bounds[i])
		i++;
	s->buckets[i]++;
	s->count++;
	s->v += v;
}

void kn_metrics_collect(struct kn_metrics *m, void (*fn)(void *user, struct kn_buf *out), void *user)
{
	m->collectors = kn_realloc(m->collectors, m->n_collectors + 1, sizeof(*m->collectors));
	m->collectors[m->n_collectors++] = (struct collector){fn, user};
}

/* ---- text ---- */

void kn_prom_head(struct kn_buf *out, const char *name, const char *help, const char *type)
{
	kn_buf_addf(out, "# HELP %s %s\n# TYPE %s %s\n", name, help, name, type);
}

static void escaped(struct kn_buf *out, const char *s)
{
	for (; *s; s++) {
		if (*s == '\n')
			kn_buf_adds(out, "\\n");
		else if (*s == '"' || *s == '\\')
			kn_buf_addf(out, "\\%c", *s);
		else
			kn_buf_add(out, s, 1);
	}
}

static void value(struct kn_buf *out, double v)
{
	if (isinf(v))
		kn_buf_adds(out, v > 0 ? "+Inf" : "-Inf");
	else if (isnan(v))
		kn_buf_adds(out, "NaN");
	else if (v < EXACT && v > -EXACT && v == (double)(long long)v)
		kn_buf_addf(out, "%.0f", v);
	else
		kn_buf_addf(out, "%.17g", v);
}

static void pair(struct kn_buf *out, bool *first, const char *name, const char *v)
{
	kn_buf_addf(out, "%s%s=\"", *first ? "{" : ",", name);
	escaped(out, v);
	kn_buf_adds(out, "\"");
	*first = false;
}

void kn_prom_sample(struct kn_buf *out, const char *name, const char *const *labels, double v, int64_t ms)
{
	bool first = true;

	kn_buf_adds(out, name);
	for (; labels && *labels; labels += 2)
		pair(out, &first, labels[0], labels[1]);
	kn_buf_adds(out, first ? " " : "} ");
	value(out, v);
	if (ms)
		kn_buf_addf(out, " %lld", (long long)ms);
	kn_buf_adds(out, "\n");
}

static void line(struct kn_buf *out, const struct kn_metric *f, const struct series *s, const char *suffix,
		 const char *le, double v)
{
	bool first = true;

	kn_buf_addf(out, "%s%s", f->name, suffix);
	for (size_t j = 0; j < f->n_labels; j++)
		pair(out, &first, f->labels[j], s->values[j]);
	if (le)
		pair(out, &first, "le", le);
	kn_buf_adds(out, first ? " " : "} ");
	value(out, v);
	kn_buf_adds(out, "\n");
}

static void histogram(struct kn_buf *out, const struct kn_metric *f, const struct series *s)
{
	uint64_t sum = 0;
	char le[32];

	for (size_t i = 0; i < f->n_bounds; i++) {
		sum += s->buckets[i];
		snprintf(le, sizeof(le), "%g", f->bounds[i]);
		line(out, f, s, "_bucket", le, (double)sum);
	}
	line(out, f, s, "_bucket", "+Inf", (double)s->count);
	line(out, f, s, "_sum", NULL, s->v);
	line(out, f, s, "_count", NULL, (double)s->count);
}

void kn_metrics_write(struct kn_metrics *m, struct kn_buf *out)
{
	static const char *const types[] = {"counter", "gauge", "histogram"};

	for (size_t i = 0; i < m->n_collectors; i++)
		m->collectors[i].fn(m->collectors[i].user, out);
	for (const struct kn_metric *f = m->families; f; f = f->next) {
		if (!f->n)
			continue;
		kn_prom_head(out, f->name, f->help, types[f->type]);
		for (size_t i = 0; i < f->n; i++) {
			if (f->type == KN_HISTOGRAM)
				histogram(out, f, &f->series[i]);
			else
				line(out, f, &f->series[i], "", NULL, f->series[i].v);
		}
	}
}
