// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "proxy/serve.h"

static void test_metrics_text(void **state)
{
	struct kn_proxy_stats st = {
		.syncs = 6, .sync_ns = 30 * KN_NSEC_PER_SEC, .last_ns = 1500 * KN_NSEC_PER_MSEC};
	struct kn_buf out kn_auto_buf = {0};

	st.buckets[0] = 3;
	st.buckets[1] = 2;
	st.buckets[KN_SYNC_BUCKETS] = 1;
	kn_serve_metrics_text(&st, &out);
	assert_non_null(
		strstr(out.data, "kubeproxy_sync_proxy_rules_duration_seconds_bucket{le=\"0.001\"} 3\n"));
	assert_non_null(
		strstr(out.data, "kubeproxy_sync_proxy_rules_duration_seconds_bucket{le=\"0.002\"} 5\n"));
	assert_non_null(
		strstr(out.data, "kubeproxy_sync_proxy_rules_duration_seconds_bucket{le=\"16.384\"} 5\n"));
	assert_non_null(
		strstr(out.data, "kubeproxy_sync_proxy_rules_duration_seconds_bucket{le=\"+Inf\"} 6\n"));
	assert_non_null(strstr(out.data, "kubeproxy_sync_proxy_rules_duration_seconds_sum 30\n"));
	assert_non_null(strstr(out.data, "kubeproxy_sync_proxy_rules_last_timestamp_seconds 1.500\n"));
}

static void test_health(void **state)
{
	struct kn_proxy_stats st = {0};

	assert_true(kn_serve_healthy(&st, 1000 * KN_NSEC_PER_SEC));
	st.failing_since_ns = 1000 * KN_NSEC_PER_SEC;
	assert_true(kn_serve_healthy(&st, 1119 * KN_NSEC_PER_SEC));
	assert_false(kn_serve_healthy(&st, 1120 * KN_NSEC_PER_SEC));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_metrics_text),
		cmocka_unit_test(test_health),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
