// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/worker/image_gc.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define S KN_NSEC_PER_SEC
#define NOW (1000000 * S)
#define G (1024ull * 1024 * 1024)

static void test_need(void **state)
{
	struct kn_image_limits l = {0};

	kn_image_limits_default(&l);
	assert_int_equal(kn_image_gc_need(100 * G, 50 * G, &l), 0);
	assert_int_equal(kn_image_gc_need(100 * G, 16 * G, &l), 0);
	assert_int_equal(kn_image_gc_need(100 * G, 14 * G, &l) / G, 6);
	assert_int_equal((kn_image_gc_need(100 * G, 0, &l) + G / 2) / G, 20);
	assert_int_equal(kn_image_gc_need(0, 0, &l), 0);
	assert_int_equal(kn_image_gc_need(100 * G, 200 * G, &l), 0);
	l.high_percent = 100;
	assert_int_equal(kn_image_gc_need(100 * G, 0, &l), 0);
}

static void chosen(uint64_t need, int64_t max_age_ns, const char *want)
{
	const struct kn_image_record r[] = {
		{.id = "a", .size = 10, .detected_ns = NOW - 9000 * S, .used_ns = NOW - 50 * S},
		{.id = "b", .size = 10, .detected_ns = NOW - 9000 * S, .in_use = true, .used_ns = NOW},
		{.id = "c", .size = 10, .detected_ns = NOW - 9000 * S, .pinned = true},
		{.id = "d", .size = 10, .detected_ns = NOW - 8000 * S},
		{.id = "e", .size = 10, .detected_ns = NOW - 60 * S},
		{.id = "f", .size = 10, .detected_ns = NOW - 9000 * S},
		{.id = "g", .size = 10, .detected_ns = NOW - 9000 * S, .used_ns = NOW - 5000 * S},
	};
	struct kn_image_limits l = {.max_age_ns = max_age_ns};
	size_t order[KN_ARRAY_SIZE(r)], n;
	char got[16] = {0};

	kn_image_limits_default(&l);
	n = kn_image_gc_choose(r, KN_ARRAY_SIZE(r), need, NOW, &l, order);
	for (size_t i = 0; i < n; i++)
		strcat(got, r[order[i]].id);
	assert_string_equal(got, want);
}

static void test_choose(void **state)
{
	chosen(0, 0, "");
	chosen(1, 0, "f");
	chosen(11, 0, "fd");
	chosen(30, 0, "fdg");
	chosen(1000, 0, "fdga");
	chosen(0, 6000 * S, "df");
	chosen(30, 6000 * S, "dfg");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_need),
		cmocka_unit_test(test_choose),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
