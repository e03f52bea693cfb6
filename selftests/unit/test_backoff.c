// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <cmocka.h>
#include "kubelet/pod/backoff.h"

#define S KN_NSEC_PER_SEC

static void doubles_up_to_five_minutes(void **state)
{
	static const int want[] = {10, 20, 40, 80, 160, 300, 300};
	struct kn_backoff *b = kn_backoff_new();
	int64_t now = 1000 * S;

	for (size_t i = 0; i < sizeof(want) / sizeof(*want); i++) {
		assert_int_equal(kn_backoff_next(b, "u/c", now, now), want[i] * S);
		assert_int_equal(kn_backoff_delay(b, "u/c"), want[i] * S);
		now += want[i] * S;
	}
	kn_backoff_free(b);
}

static void waits_from_the_event(void **state)
{
	struct kn_backoff *b = kn_backoff_new();

	assert_int_equal(kn_backoff_wait(b, "u/c", 100 * S, 100 * S), 0); /* the first failure doesn't wait */
	kn_backoff_next(b, "u/c", 100 * S, 101 * S);
	assert_int_equal(kn_backoff_wait(b, "u/c", 105 * S, 107 * S), 8 * S);
	assert_int_equal(kn_backoff_wait(b, "u/c", 105 * S, 115 * S), 0);
	assert_int_equal(kn_backoff_wait(b, "u/other", 105 * S, 107 * S), 0);
	assert_int_equal(kn_backoff_wait_update(b, "u/c", 104 * S), 7 * S);
	kn_backoff_reset(b, "u/c");
	assert_int_equal(kn_backoff_wait(b, "u/c", 105 * S, 107 * S), 0);
	kn_backoff_free(b);
}

static void a_clock_set_back_never_lengthens_the_wait(void **state)
{
	struct kn_backoff *b = kn_backoff_new();

	kn_backoff_next(b, "u/c", 10000 * S, 10000 * S);
	assert_int_equal(kn_backoff_wait(b, "u/c", 10000 * S, 5 * S), 10 * S);
	kn_backoff_free(b);
}

static void ten_clean_minutes_forget(void **state)
{
	struct kn_backoff *b = kn_backoff_new();

	kn_backoff_next(b, "u/c", 0, 0);
	kn_backoff_next(b, "u/c", 10 * S, 10 * S);
	assert_int_equal(kn_backoff_wait(b, "u/c", 611 * S, 611 * S), 0);
	assert_int_equal(kn_backoff_next(b, "u/c", 611 * S, 611 * S), 10 * S);
	assert_int_equal(kn_backoff_next(b, "u/c", 1211 * S, 1211 * S), 20 * S); /* 600 s sharp: not yet */
	kn_backoff_free(b);
}

static void drops_what_is_of_no_use(void **state)
{
	struct kn_backoff *b = kn_backoff_new();

	kn_backoff_next(b, "u/a", 0, 0);
	kn_backoff_next(b, "u/b", 500 * S, 500 * S);
	kn_backoff_next(b, "v/a", 500 * S, 500 * S);
	kn_backoff_gc(b, 700 * S);
	assert_int_equal(kn_backoff_count(b), 2);
	kn_backoff_drop_prefix(b, "u/");
	assert_int_equal(kn_backoff_count(b), 1);
	assert_int_equal(kn_backoff_delay(b, "v/a"), 10 * S);
	kn_backoff_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(doubles_up_to_five_minutes),
		cmocka_unit_test(waits_from_the_event),
		cmocka_unit_test(a_clock_set_back_never_lengthens_the_wait),
		cmocka_unit_test(ten_clean_minutes_forget),
		cmocka_unit_test(drops_what_is_of_no_use),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
