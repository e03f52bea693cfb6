/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/metrics.h"
#include "lib/base/mem.h"

static void test_text(void **state)
{
	static const char *const labels[] = {"method", "path", NULL};
	static const double bounds[] = {0.5, 1};
	struct kn_metrics *m = kn_metrics_new();
	struct kn_metric *c = kn_metrics_add(m, KN_COUNTER, "z_total", "Counts.", labels, NULL, 0);
	struct kn_metric *h = kn_metrics_add(m, KN_HISTOGRAM, "h_seconds", "Takes.", NULL, bounds, 2);
	struct kn_metric *g = kn_metrics_add(m, KN_GAUGE, "a_gauge", "Is.", NULL, NULL, 0);
	const char *get[] = {"GET", "a\"b\\c\nd"}, *post[] = {"POST", ""};
	kn_auto_buf struct kn_buf b = {0};

	assert_ptr_equal(kn_metrics_add(m, KN_COUNTER, "z_total", "Counts.", labels, NULL, 0), c);
	kn_metrics_add(m, KN_GAUGE, "never_set", "Isn't there.", NULL, NULL, 0);
	kn_metric_inc(c, get, 1);
	kn_metric_inc(c, get, 2);
	kn_metric_inc(c, post, 1);
	kn_metric_set(g, NULL, 1.5);
	kn_metric_observe(h, NULL, 0.5);
	kn_metric_observe(h, NULL, 0.75);
	kn_metric_observe(h, NULL, 5);
	kn_metrics_write(m, &b);
	assert_string_equal(b.data, "# HELP a_gauge Is.\n# TYPE a_gauge gauge\na_gauge 1.5\n"
				    "# HELP h_seconds Takes.\n# TYPE h_seconds histogram\n"
				    "h_seconds_bucket{le=\"0.5\"} 1\nh_seconds_bucket{le=\"1\"} 2\n"
				    "h_seconds_bucket{le=\"+Inf\"} 3\nh_seconds_sum 6.25\nh_seconds_count 3\n"
				    "# HELP z_total Counts.\n# TYPE z_total counter\n"
				    "z_total{method=\"GET\",path=\"a\\\"b\\\\c\\nd\"} 3\n"
				    "z_total{method=\"POST\",path=\"\"} 1\n");
	kn_metric_reset(c);
	b.len = 0;
	kn_metrics_write(m, &b);
	assert_null(strstr(b.data, "z_total"));
	kn_metrics_free(m);
}

static void test_samples(void **state)
{
	static const char *const labels[] = {"container", "c", "pod", "p", NULL};
	kn_auto_buf struct kn_buf b = {0};

	kn_prom_sample(&b, "x", labels, 123456789012.0, 1700000000123);
	kn_prom_sample(&b, "y", NULL, 0.1, 0);
	assert_string_equal(
		b.data, "x{container=\"c\",pod=\"p\"} 123456789012 1700000000123\ny 0.10000000000000001\n");
}

/* Whatever outside sends as a label, memory stays bounded. */
static void test_bounded(void **state)
{
	static const char *const labels[] = {"l", NULL};
	struct kn_metrics *m = kn_metrics_new();
	struct kn_metric *c = kn_metrics_add(m, KN_COUNTER, "c", "C.", labels, NULL, 0);
	kn_auto_buf struct kn_buf b = {0};
	size_t lines = 0;

	for (int i = 0; i < KN_METRIC_SERIES_MAX + 10; i++) {
		char text[16];
		const char *values[] = {text};

		snprintf(text, sizeof(text), "%d", i);
		kn_metric_inc(c, values, 1);
	}
	kn_metrics_write(m, &b);
	for (const char *p = b.data; (p = strchr(p, '\n')); p++)
		lines++;
	assert_int_equal(lines, KN_METRIC_SERIES_MAX + 2);
	kn_metrics_free(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_samples),
		cmocka_unit_test(test_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
