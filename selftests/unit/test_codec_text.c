// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"

static void test_time(void **state)
{
	static const char *const bad[] = {"",
					  "2026-01-01",
					  "2026-01-01 00:00:00Z",
					  "2026-02-30T00:00:00Z",
					  "2026-01-01T24:00:00Z",
					  "2026-01-01T00:00:00",
					  "2026-01-01T00:00:00.Z",
					  "2026-01-01T00:00:00+1:00",
					  "2026-01-01T00:00:00Zx",
					  "2026-13-01T00:00:00Z"};
	int64_t s = 7;
	int32_t ns = 7;
	char text[64];

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_int_equal(kn_rfc3339_parse(bad[i], &s, &ns), -EINVAL);
	assert_int_equal(s, 7);
	assert_int_equal(kn_rfc3339_parse("2026-01-01T01:00:00.25+01:00", &s, &ns), 0);
	assert_int_equal(s, 1767225600);
	assert_int_equal(ns, 250000000);
	kn_rfc3339_print(s, ns, false, text);
	assert_string_equal(text, "2026-01-01T00:00:00Z");
	kn_rfc3339_print(s, ns, true, text);
	assert_string_equal(text, "2026-01-01T00:00:00.250000Z");
	kn_rfc3339_print(INT64_MAX, 0, false, text);
	assert_string_equal(text, "1970-01-01T00:00:00Z");
}

static void test_duration(void **state)
{
	static const struct {
		int64_t ns;
		const char *text;
	} table[] = {{0, "0s"},
		     {5400LL * 1000000000, "1h30m0s"},
		     {1500000000, "1.5s"},
		     {-60LL * 1000000000, "-1m0s"}};
	char text[64];

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		kn_codec_duration_print(table[i].ns, text);
		assert_string_equal(text, table[i].text);
	}
}

static void test_base64(void **state)
{
	static const char *const bad[] = {
		"a", "aGk", "aGk=a", "=aGk", "a===", "aG k", "aGk*", "====", "aGk==="};
	static const char *const good[][2] = {
		{"", ""}, {"aA==", "h"}, {"aGk=", "hi"}, {"aGkh", "hi!"}, {"aG\nkh", "hi!"}};
	uint8_t out[64];
	size_t len;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_int_equal(kn_base64_decode(bad[i], strlen(bad[i]), out, &len), -EINVAL);
	for (size_t i = 0; i < KN_ARRAY_SIZE(good); i++) {
		kn_auto_buf struct kn_buf text = {0};

		assert_int_equal(kn_base64_decode(good[i][0], strlen(good[i][0]), out, &len), 0);
		assert_int_equal(len, strlen(good[i][1]));
		assert_memory_equal(out, good[i][1], len);
		kn_base64_encode(out, len, &text);
		if (len && !strchr(good[i][0], '\n'))
			assert_string_equal(text.data, good[i][0]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_time),
		cmocka_unit_test(test_duration),
		cmocka_unit_test(test_base64),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
