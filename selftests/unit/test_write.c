// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/json/write.h"

static void test_write(void **state)
{
	kn_auto_buf struct kn_buf out = {0};
	struct kn_json_writer *w = kn_json_writer_new(&out, false);

	kn_json_obj(w, NULL);
	kn_json_str(w, "s", "a\"\n\x01");
	kn_json_str(w, "n", NULL);
	kn_json_arr(w, "a");
	kn_json_int(w, NULL, INT64_MIN);
	kn_json_bool(w, NULL, true);
	kn_json_raw_number(w, NULL, "1.50");
	kn_json_double(w, NULL, 0.25);
	kn_json_end_arr(w);
	kn_json_obj(w, "o");
	kn_json_end_obj(w);
	kn_json_end_obj(w);
	assert_null(kn_json_writer_free(w));
	assert_string_equal(out.data, "{\"s\":\"a\\\"\\n\\u0001\",\"n\":null,"
				      "\"a\":[-9223372036854775808,true,1.50,0.25],\"o\":{}}");
}

static void test_pretty_appends(void **state)
{
	kn_auto_buf struct kn_buf out = {0};
	struct kn_json_writer *w;

	kn_buf_adds(&out, "x");
	w = kn_json_writer_new(&out, true);
	kn_json_obj(w, NULL);
	kn_json_int(w, "a", 1);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
	assert_string_equal(out.data, "x{\n  \"a\": 1\n}\n");
	assert_null(kn_json_writer_free(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_write),
		cmocka_unit_test(test_pretty_appends),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
