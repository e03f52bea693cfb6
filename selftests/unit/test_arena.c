/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "lib/base/arena.h"
#include "lib/base/mem.h"

static void test_alloc_is_zeroed_and_aligned(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	for (size_t i = 1; i < 5000; i += 7) {
		char *p = kn_arena_alloc(a, i);

		assert_int_equal((uintptr_t)p % 16, 0);
		for (size_t j = 0; j < i; j++)
			assert_int_equal(p[j], 0);
		memset(p, 0xff, i);
	}
}

static void test_limit(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(100);

	assert_non_null(kn_arena_alloc(a, 60));
	assert_null(kn_arena_alloc(a, 41));
	assert_null(kn_arena_alloc(a, SIZE_MAX));
	assert_non_null(kn_arena_alloc(a, 40));
	assert_null(kn_arena_strdup(a, "x"));
	assert_int_equal(kn_arena_used(a), 100);
}

static void test_strings(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	assert_null(kn_arena_strdup(a, NULL));
	assert_string_equal(kn_arena_strndup(a, "abcdef", 3), "abc");
	assert_string_equal(kn_arena_printf(a, "%d-%s", 5, "x"), "5-x");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_alloc_is_zeroed_and_aligned),
		cmocka_unit_test(test_limit),
		cmocka_unit_test(test_strings),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
