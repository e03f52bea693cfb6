// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/k8s/reflector_plan.h"

static void expect_query(const struct kn_reflector_query *q, const char *want)
{
	kn_auto_buf struct kn_buf out = {0};

	kn_reflector_query(&out, q);
	assert_string_equal(out.data, want);
}

static void test_query(void **state)
{
	expect_query(&(struct kn_reflector_query){.phase = KN_REFLECTOR_LIST}, "limit=500");
	expect_query(&(struct kn_reflector_query){.phase = KN_REFLECTOR_LIST, .token = "a+b/c=="},
		     "limit=500&continue=a%2Bb%2Fc%3D%3D");
	expect_query(&(struct kn_reflector_query){.phase = KN_REFLECTOR_INITIAL,
						  .field_selector = "spec.nodeName=n1,status.phase!=Failed",
						  .timeout_s = 301},
		     "fieldSelector=spec.nodeName%3Dn1%2Cstatus.phase%21%3DFailed&watch=true"
		     "&allowWatchBookmarks=true&timeoutSeconds=301&sendInitialEvents=true"
		     "&resourceVersionMatch=NotOlderThan");
	expect_query(&(struct kn_reflector_query){.phase = KN_REFLECTOR_WATCH,
						  .label_selector = "!service.kubernetes.io/headless",
						  .rv = "12",
						  .timeout_s = 400},
		     "labelSelector=%21service.kubernetes.io%2Fheadless&watch=true&allowWatchBookmarks=true"
		     "&timeoutSeconds=400&resourceVersion=12");
}

static void test_query_whole(void **state)
{
	kn_auto_buf struct kn_buf out = {0};

	kn_reflector_query(&out, &(struct kn_reflector_query){.phase = KN_REFLECTOR_LIST, .whole = true});
	assert_int_equal(out.len, 0);
}

static enum kn_reflector_verdict judge(enum kn_reflector_phase phase, int status, const char *reason,
				       const char *msg)
{
	struct kn_api_result r = {.status = status, .reason = reason};

	kn_err_set(&r.err, 5, "%s", msg);
	return kn_reflector_judge(phase, &r);
}

static void test_judge(void **state)
{
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 410, "Expired", ""), KN_REFLECTOR_RELIST);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 500, "Gone", ""), KN_REFLECTOR_RELIST);
	assert_int_equal(
		judge(KN_REFLECTOR_WATCH, 504, "Timeout", "Too large resource version: 9, current: 3"),
		KN_REFLECTOR_RELIST);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 504, "Timeout", "slow"), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 0, "", "refused"), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 403, "Forbidden", ""), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 429, "TooManyRequests", ""), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 422, "Invalid", ""), KN_REFLECTOR_PLAIN);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 400, "BadRequest", ""), KN_REFLECTOR_PLAIN);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 403, "Invalid", ""), KN_REFLECTOR_PLAIN);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 500, "InternalError", ""), KN_REFLECTOR_PLAIN);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 500, "InternalError", ""), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 503, "ServiceUnavailable", ""), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_INITIAL, 403, "Forbidden", ""), KN_REFLECTOR_RESUME);
	assert_int_equal(judge(KN_REFLECTOR_WATCH, 400, "BadRequest", ""), KN_REFLECTOR_RELIST);
}

static void test_backoff(void **state)
{
	struct kn_reflector_backoff b = {0};
	const int64_t s = KN_NSEC_PER_SEC;
	int64_t at = 5 * s, wait, most = 800 * KN_NSEC_PER_MSEC;

	for (int i = 0; i < 10; i++) { /* the longest waits: 0.8, 1.6 ... 25.6, 30, 30 */
		wait = kn_reflector_backoff(&b, at, UINT32_MAX);
		assert_true(wait == most);
		at += wait + s;
		most = most * 2 < 30 * s ? most * 2 : 30 * s;
	}
	assert_true(kn_reflector_backoff(&b, at, 0) == 15 * s); /* the shortest: half */
	at += 15 * s + 120 * s;
	assert_true(kn_reflector_backoff(&b, at, UINT32_MAX) == 30 * s); /* not yet healthy long enough */
	at += 30 * s + 121 * s;
	assert_true(kn_reflector_backoff(&b, at, UINT32_MAX) == 800 * KN_NSEC_PER_MSEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_query),
		cmocka_unit_test(test_query_whole),
		cmocka_unit_test(test_judge),
		cmocka_unit_test(test_backoff),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
