// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tools/kernctl.h"

static void test_columns_are_aligned(void **state)
{
	kc_auto_table struct kc_table *t = kc_table_new(3);
	kn_auto_buf struct kn_buf b = {0};

	kc_table_row(t, (const char *const[]){"NAME", "READY", "IP"});
	kc_table_row(t, (const char *const[]){"longer-name", "1/1", "10.0.0.1"});
	kc_table_row(t, (const char *const[]){"x", NULL, ""});
	kc_table_write(t, &b);
	assert_string_equal(b.data, "NAME          READY    IP\n"
				    "longer-name   1/1      10.0.0.1\n"
				    "x             <none>   <none>\n");
	assert_int_equal(kc_table_rows(t), 3);
}

static void test_control_characters_do_not_reach_the_terminal(void **state)
{
	kc_auto_table struct kc_table *t = kc_table_new(2);
	kn_auto_buf struct kn_buf b = {0};

	kc_table_row(t, (const char *const[]){"a\033[2Jb\nc\x7f", "\xc2\x9b"
								  "31m"});
	kc_table_write(t, &b);
	assert_string_equal(b.data, "a?[2Jb?c?   ??31m\n");
}

static void test_rows_are_sorted_below_the_heading(void **state)
{
	static const char *const rows[][2] = {{"NS", "NAME"}, {"b", "a"}, {"a", "z"}, {"a", "b"}};
	kc_auto_table struct kc_table *t = kc_table_new(2);
	kn_auto_buf struct kn_buf b = {0};

	for (size_t i = 0; i < KN_ARRAY_SIZE(rows); i++)
		kc_table_row(t, rows[i]);
	kc_table_sort(t);
	kc_table_write(t, &b);
	assert_string_equal(b.data, "NS   NAME\na    b\na    z\nb    a\n");
}

static void test_width_counts_characters(void **state)
{
	kc_auto_table struct kc_table *t = kc_table_new(2);
	kn_auto_buf struct kn_buf b = {0};

	kc_table_row(t, (const char *const[]){"\xc3\xa4", "1"});
	kc_table_row(t, (const char *const[]){"ab", "2"});
	kc_table_write(t, &b);
	assert_string_equal(b.data, "\xc3\xa4    1\nab   2\n");
}

static void test_ages_read_as_kubectl_prints_them(void **state)
{
	static const struct {
		int64_t s;
		const char *text;
	} cases[] = {{-5, "0s"},       {0, "0s"},      {119, "119s"},	 {120, "2m"},
		     {330, "5m30s"},   {600, "10m"},   {10799, "179m"},	 {10800, "3h"},
		     {25920, "7h12m"}, {28800, "8h"},  {172799, "47h"},	 {172800, "2d"},
		     {183600, "2d3h"}, {691200, "8d"}, {63072000, "2y"}, {63072000 + 86400, "2y1d"},
		     {252288000, "8y"}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		char buf[32];

		assert_string_equal(kc_age(cases[i].s, buf), cases[i].text);
	}
}

static void test_times(void **state)
{
	assert_int_equal(kc_time("1970-01-02T00:00:01Z"), 86401);
	assert_int_equal(kc_time("2026-01-01T00:00:00.123456Z"), 1767225600);
	assert_int_equal(kc_time("2026-01-01"), -1);
	assert_int_equal(kc_time("2026-01-01T00:00:00+01:00"), -1);
	assert_int_equal(kc_time(NULL), -1);
}

static void test_members(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	static const char text[] =
		"{\"s\":\"x\",\"n\":12,\"b\":true,\"f\":false,\"e\":\"\",\"o\":{},\"z\":null}";
	struct kn_node *n = NULL;

	assert_int_equal(kn_json_parse(text, strlen(text), NULL, a, &n, NULL), 0);
	assert_string_equal(kc_member(n, "s", "-"), "x");
	assert_string_equal(kc_member(n, "n", "-"), "12");
	assert_string_equal(kc_member(n, "b", "-"), "true");
	assert_string_equal(kc_member(n, "f", "-"), "false");
	assert_string_equal(kc_member(n, "e", "-"), "-");
	assert_string_equal(kc_member(n, "o", "-"), "-");
	assert_string_equal(kc_member(n, "z", "-"), "-");
	assert_string_equal(kc_member(n, "missing", "-"), "-");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_columns_are_aligned),
		cmocka_unit_test(test_control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(test_rows_are_sorted_below_the_heading),
		cmocka_unit_test(test_width_counts_characters),
		cmocka_unit_test(test_ages_read_as_kubectl_prints_them),
		cmocka_unit_test(test_times),
		cmocka_unit_test(test_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
