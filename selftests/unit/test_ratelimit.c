/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/k8s/ratelimit.h"

#define S 1000000000LL

static void test_burst_then_rate(void **state)
{
	struct kn_ratelimit r;

	kn_ratelimit_init(&r, 10, 3, 5 * S);
	for (int i = 0; i < 3; i++)
		assert_int_equal(kn_ratelimit_take(&r, 5 * S), 0);
	assert_int_equal(kn_ratelimit_take(&r, 5 * S), S / 10);
	assert_int_equal(kn_ratelimit_take(&r, 5 * S), 2 * S / 10);
	/* The two that wait have used up what grew meanwhile. */
	assert_int_equal(kn_ratelimit_take(&r, 5 * S + S / 10), 2 * S / 10);
	/* A long rest fills up to burst, no further. */
	for (int i = 0; i < 3; i++)
		assert_int_equal(kn_ratelimit_take(&r, 1000 * S), 0);
	assert_true(kn_ratelimit_take(&r, 1000 * S) > 0);
}

static void test_edges(void **state)
{
	struct kn_ratelimit r;

	kn_ratelimit_init(&r, 0, 0, 0);
	for (int i = 0; i < 100; i++)
		assert_int_equal(kn_ratelimit_take(&r, 0), 0);
	kn_ratelimit_init(&r, 1, 0, 10 * S);
	assert_int_equal(kn_ratelimit_take(&r, 10 * S), 0);
	assert_int_equal(kn_ratelimit_take(&r, 9 * S), S); /* a clock that goes back gives nothing */
	kn_ratelimit_give(&r);
	assert_int_equal(kn_ratelimit_take(&r, 10 * S), S);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_burst_then_rate),
					   cmocka_unit_test(test_edges)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
