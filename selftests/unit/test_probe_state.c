// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/probe/probe_state.h"

#define S 1000000000LL

/* Answers as "+" and "-"; behind each the result that then holds: "+", "-" or "?". */
static void run(enum kn_probe_type type, unsigned success, unsigned failure, const char *text, bool on_hold)
{
	struct kn_probe_limits l = {.success = success, .failure = failure};
	struct kn_probe_state s;

	kn_probe_state_begin(&s, type);
	for (const char *p = text; *p; p += 2) {
		enum kn_probe_result before = s.result;
		bool changed = kn_probe_state_answer(&s, &l, *p == '+' ? KN_PROBE_SUCCESS : KN_PROBE_FAILURE);

		if ("?+-"[s.result] != p[1])
			fail_msg("%s at %d: %c", text, (int)(p - text), "?+-"[s.result]);
		assert_int_equal(changed, before != s.result);
	}
	assert_int_equal(s.on_hold, on_hold);
}

static void test_thresholds(void **state)
{
	run(KN_PROBE_READINESS, 1, 3, "++-+-+++-+-+--", false);
	run(KN_PROBE_READINESS, 1, 3, "------++", false);
	run(KN_PROBE_READINESS, 2, 1, "+-++--+-++", false);
	run(KN_PROBE_LIVENESS, 1, 3, "++-+-+++-+-+--", true);
	run(KN_PROBE_LIVENESS, 1, 1, "++--", true);
	run(KN_PROBE_STARTUP, 1, 3, "-?-?++", true);
	run(KN_PROBE_STARTUP, 1, 3, "-?-?--", true);
}

static void test_on_hold_takes_nothing(void **state)
{
	run(KN_PROBE_LIVENESS, 1, 1, "--+-+-", true);
	run(KN_PROBE_STARTUP, 1, 1, "++-+-+", true);
}

static void test_due(void **state)
{
	struct kn_probe_state s;

	kn_probe_state_begin(&s, KN_PROBE_STARTUP);
	assert_true(kn_probe_state_due(&s, false, false));
	assert_false(kn_probe_state_due(&s, false, true));
	kn_probe_state_begin(&s, KN_PROBE_LIVENESS);
	assert_false(kn_probe_state_due(&s, false, false));
	assert_true(kn_probe_state_due(&s, true, false));
	assert_false(kn_probe_state_due(&s, true, true));
	kn_probe_state_begin(&s, KN_PROBE_READINESS);
	assert_false(kn_probe_state_due(&s, false, false));
	assert_true(kn_probe_state_due(&s, true, true)); /* it may become unready while it shuts down */
	s.on_hold = true;
	assert_false(kn_probe_state_due(&s, true, false));
}

static void test_next(void **state)
{
	/* readiness: as soon as it may */
	assert_int_equal(kn_probe_state_next(KN_PROBE_READINESS, 100 * S, 0, 95 * S, 10 * S, 0, 101 * S),
			 101 * S);
	assert_int_equal(kn_probe_state_next(KN_PROBE_READINESS, 100 * S, 5 * S, 95 * S, 10 * S, 0, 101 * S),
			 105 * S);
	/* the others: at a tick */
	assert_int_equal(kn_probe_state_next(KN_PROBE_LIVENESS, 100 * S, 0, 95 * S, 10 * S, 0, 101 * S),
			 105 * S);
	assert_int_equal(kn_probe_state_next(KN_PROBE_LIVENESS, 100 * S, 5 * S, 95 * S, 10 * S, 0, 101 * S),
			 105 * S);
	assert_int_equal(kn_probe_state_next(KN_PROBE_LIVENESS, 100 * S, 6 * S, 95 * S, 10 * S, 0, 101 * S),
			 115 * S);
	assert_int_equal(kn_probe_state_next(KN_PROBE_STARTUP, 100 * S, 0, 120 * S, 10 * S, 0, 101 * S),
			 120 * S);
	/* then every period, but not to make up for what was missed */
	assert_int_equal(kn_probe_state_next(KN_PROBE_LIVENESS, 100 * S, 0, 95 * S, 10 * S, 105 * S, 106 * S),
			 115 * S);
	assert_int_equal(kn_probe_state_next(KN_PROBE_LIVENESS, 100 * S, 0, 95 * S, 10 * S, 105 * S, 150 * S),
			 150 * S);
}

static void test_verdict(void **state)
{
	struct kn_probe_state st, li, re;
	struct kn_probe_verdict v;

	kn_probe_verdict_make(&v, NULL, NULL, NULL, false);
	assert_false(v.unstarted || v.unready || v.startup_failed || v.liveness_failed);
	kn_probe_state_begin(&st, KN_PROBE_STARTUP);
	kn_probe_state_begin(&li, KN_PROBE_LIVENESS);
	kn_probe_state_begin(&re, KN_PROBE_READINESS);
	kn_probe_verdict_make(&v, NULL, &li, &re, false);
	assert_true(!v.unstarted && v.unready && !v.liveness_failed);
	re.result = KN_PROBE_SUCCESS;
	kn_probe_verdict_make(&v, NULL, &li, &re, false);
	assert_false(v.unready);
	kn_probe_verdict_make(&v, &st, &li, &re, false);
	assert_true(v.unstarted && v.unready && !v.startup_failed);
	kn_probe_verdict_make(&v, &st, &li, &re, true);
	assert_false(v.unstarted || v.unready);
	st.result = KN_PROBE_FAILURE;
	kn_probe_verdict_make(&v, &st, &li, &re, true);
	assert_true(v.unstarted && v.unready && v.startup_failed);
	li.result = KN_PROBE_FAILURE;
	kn_probe_verdict_make(&v, NULL, &li, &re, false);
	assert_true(v.liveness_failed && !v.unready);
}

static void test_adopted(void **state)
{
	struct kn_probe_limits l = {.success = 1, .failure = 2};
	struct kn_probe_state s;

	kn_probe_state_adopt(&s, KN_PROBE_READINESS, true);
	assert_int_equal(s.result, KN_PROBE_SUCCESS);
	assert_false(kn_probe_state_answer(&s, &l, KN_PROBE_FAILURE));
	assert_true(kn_probe_state_answer(&s, &l, KN_PROBE_FAILURE));
	kn_probe_state_adopt(&s, KN_PROBE_READINESS, false);
	assert_int_equal(s.result, KN_PROBE_FAILURE);
	kn_probe_state_adopt(&s, KN_PROBE_STARTUP, true);
	assert_true(s.on_hold && s.result == KN_PROBE_SUCCESS);
	kn_probe_state_adopt(&s, KN_PROBE_STARTUP, false);
	assert_true(!s.on_hold && s.result == KN_PROBE_UNKNOWN);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_thresholds), cmocka_unit_test(test_on_hold_takes_nothing),
		cmocka_unit_test(test_due),	   cmocka_unit_test(test_next),
		cmocka_unit_test(test_verdict),	   cmocka_unit_test(test_adopted),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
