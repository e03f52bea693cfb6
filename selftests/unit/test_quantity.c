// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"

static void test_values(void **state)
{
	static const struct {
		const char *text;
		int64_t value, milli;
	} table[] = {
		{"0", 0, 0},
		{"1", 1, 1000},
		{"100m", 1, 100},
		{"1500m", 2, 1500},
		{"0.5", 1, 500},
		{".5", 1, 500},
		{"1.", 1, 1000},
		{"-1500m", -2, -1500},
		{"+3", 3, 3000},
		{"1Ki", 1024, 1024000},
		{"1k", 1000, 1000000},
		{"1Gi", 1 << 30, (1LL << 30) * 1000},
		{"1.5Gi", 3LL << 29, (3LL << 29) * 1000},
		{"2e3", 2000, 2000000},
		{"1E-3", 1, 1},
		{"1n", 1, 1},
		{"1u", 1, 1},
		{"0.0001", 1, 1},
		{"1e-400", 1, 1},
		{"0e99999", 0, 0},
		{"00012", 12, 12000},
		{"1.000000000000000000000000001", 2, 1001},
		{"0.1Ki", 103, 102400},
		{"9223372036854775m", 9223372036855, 9223372036854775},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		int64_t v = -77;

		assert_int_equal(kn_quantity_value(table[i].text, &v), 0);
		assert_int_equal(v, table[i].value);
		assert_int_equal(kn_quantity_milli(table[i].text, &v), 0);
		assert_int_equal(v, table[i].milli);
	}
}

static void test_range(void **state)
{
	int64_t v = 5;

	assert_int_equal(kn_quantity_value("9223372036854775807", &v), 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(kn_quantity_value("-9223372036854775808", &v), 0);
	assert_true(v == INT64_MIN);
	v = 5;
	assert_int_equal(kn_quantity_value("9223372036854775808", &v), -ERANGE);
	assert_int_equal(kn_quantity_value("8Ei", &v), -ERANGE);
	assert_int_equal(kn_quantity_value("1e99999999999999999999", &v), -ERANGE);
	assert_int_equal(kn_quantity_milli("1E", &v), -ERANGE);
	assert_int_equal(kn_quantity_value("123456789012345678901234567890", &v), -ERANGE);
	assert_int_equal(v, 5);
}

static void test_bad(void **state)
{
	static const char *const bad[] = {"",	 "+",	  "-",	  ".",	  "Gi",	  "1gi", "1K",	"1 Gi", "1e",
					  "1e+", "1.2.3", "1ee3", "0x10", "1Mii", "m",	 "--1", "1e3x"};
	int64_t v;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_int_equal(kn_quantity_value(bad[i], &v), -EINVAL);
}

static void test_decimal(void **state)
{
	int64_t v;

	assert_int_equal(kn_decimal_int64("80", &v), 0);
	assert_int_equal(v, 80);
	assert_int_equal(kn_decimal_int64("1.0", &v), 0);
	assert_int_equal(v, 1);
	assert_int_equal(kn_decimal_int64("-1.5e1", &v), 0);
	assert_int_equal(v, -15);
	assert_int_equal(kn_decimal_int64("1e3", &v), 0);
	assert_int_equal(v, 1000);
	assert_int_equal(kn_decimal_int64("1.5", &v), -EINVAL);
	assert_int_equal(kn_decimal_int64("1e-1", &v), -EINVAL);
	assert_int_equal(kn_decimal_int64("1e30", &v), -ERANGE);
	assert_int_equal(kn_decimal_int64("-9223372036854775809", &v), -ERANGE);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),
		cmocka_unit_test(test_range),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_decimal),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
