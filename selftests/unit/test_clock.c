/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/clock.h"

static void test_fake_turns(void **state)
{
	struct kn_clock_fake f;
	char buf[32];

	kn_clock_fake_init(&f);
	assert_int_equal(kn_mono(&f.clock), KN_NSEC_PER_SEC);
	f.mono_ns += 5;
	assert_int_equal(kn_mono(&f.clock), KN_NSEC_PER_SEC + 5);
	assert_string_equal(kn_time_rfc3339(kn_real(&f.clock), buf), "2026-01-01T00:00:00Z");
}

static void test_system_goes_forward(void **state)
{
	int64_t a = kn_mono(&kn_clock_system), b = kn_mono(&kn_clock_system);

	assert_true(a > 0 && b >= a);
	assert_true(kn_real(&kn_clock_system) > 1700000000LL * KN_NSEC_PER_SEC);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fake_turns),
		cmocka_unit_test(test_system_goes_forward),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
