// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/json/yaml_scalar.h"

static struct kn_yaml_scalar resolve(const char *text)
{
	struct kn_yaml_scalar s = {.type = KN_NODE_ARRAY};

	assert_int_equal(kn_yaml_resolve(text, strlen(text), NULL, true, &s), 0);
	return s;
}

static void test_words(void **state)
{
	static const char *const yes[] = {"y", "Y", "yes", "YES", "true", "True", "on", "On"};
	static const char *const no[] = {"n", "N", "no", "NO", "false", "False", "off", "OFF"};
	static const char *const null[] = {"", "~", "null", "Null", "NULL"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(yes); i++) {
		assert_int_equal(resolve(yes[i]).type, KN_NODE_BOOL);
		assert_true(resolve(yes[i]).boolean);
	}
	for (size_t i = 0; i < KN_ARRAY_SIZE(no); i++) {
		assert_int_equal(resolve(no[i]).type, KN_NODE_BOOL);
		assert_false(resolve(no[i]).boolean);
	}
	for (size_t i = 0; i < KN_ARRAY_SIZE(null); i++)
		assert_int_equal(resolve(null[i]).type, KN_NODE_NULL);
}

static void test_numbers(void **state)
{
	/* What upstream's resolver and Go's JSON encoder make of them; "" = the text itself. */
	static const char *const table[][2] = {
		{"0", ""},
		{"12", ""},
		{"-3", ""},
		{"+12", "12"},
		{"0x1F", "31"},
		{"-0x10", "-16"},
		{"0o17", "15"},
		{"017", "15"},
		{"0644", "420"},
		{"0b101", "5"},
		{"-0b11", "-3"},
		{"1_000", "1000"},
		{"08", "8"},
		{"1.5", ""},
		{".5", "0.5"},
		{"1.", "1"},
		{"1e3", ""},
		{"+1.5", "1.5"},
		{"1_0.5", "10.5"},
		{"18446744073709551615", ""},
		{"-9223372036854775808", ""},
		{"-0", ""},
		{"0_7", "7"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		assert_int_equal(resolve(table[i][0]).type, KN_NODE_NUMBER);
		assert_string_equal(resolve(table[i][0]).number, table[i][1]);
	}
}

static void test_strings(void **state)
{
	static const char *const table[] = {
		"hello",
		"1Gi",
		"100m",
		"0x",
		"0xg",
		"0b2",
		"1.2.3",
		"10.0.0.1",
		".",
		"..",
		"+",
		"-",
		"1e",
		"1e999",
		"_1",
		"2026-01-01",
		"2026-01-01T00:00:00Z",
		"yEs",
		"nUll",
		"12:30",
		"./x",
		"0o8",
		"--1",
		"1__x",
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++)
		assert_int_equal(resolve(table[i]).type, KN_NODE_STRING);
}

static void test_tags(void **state)
{
	struct kn_yaml_scalar s;

	assert_int_equal(kn_yaml_resolve("true", 4, NULL, false, &s), 0); /* quoted */
	assert_int_equal(s.type, KN_NODE_STRING);
	assert_int_equal(kn_yaml_resolve("12", 2, "tag:yaml.org,2002:str", true, &s), 0);
	assert_int_equal(s.type, KN_NODE_STRING);
	assert_int_equal(kn_yaml_resolve("12", 2, "tag:yaml.org,2002:int", false, &s), 0);
	assert_int_equal(s.type, KN_NODE_NUMBER);
	assert_int_equal(kn_yaml_resolve("12", 2, "!private", true, &s), 0);
	assert_int_equal(s.type, KN_NODE_STRING);
	assert_int_equal(kn_yaml_resolve("x", 1, "tag:yaml.org,2002:int", true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve("1.5", 3, "tag:yaml.org,2002:int", true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve("x", 1, "tag:yaml.org,2002:bool", true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve("eA==", 4, "tag:yaml.org,2002:binary", true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve(".inf", 4, NULL, true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve("-.inf", 5, NULL, true, &s), -EINVAL);
	assert_int_equal(kn_yaml_resolve(".NaN", 4, NULL, true, &s), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_strings),
		cmocka_unit_test(test_tags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
