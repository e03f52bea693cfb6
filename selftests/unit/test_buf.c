/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "lib/base/buf.h"

static void test_grows_and_terminates(void **state)
{
	kn_auto_buf struct kn_buf b = {0};

	for (int i = 0; i < 1000; i++)
		kn_buf_addf(&b, "%04d", i);
	assert_int_equal(b.len, 4000);
	assert_int_equal(strlen(b.data), 4000);
	assert_memory_equal(b.data + 3996, "0999", 5);
	kn_buf_adds(&b, "x");
	kn_buf_add(&b, "\0y", 2);
	assert_int_equal(b.len, 4003);
}

static void test_long_format(void **state)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_buf_addf(&b, "%5000d", 1);
	assert_int_equal(b.len, 5000);
	kn_buf_free(&b);
	assert_null(b.data);
	kn_buf_adds(&b, "again");
	assert_string_equal(b.data, "again");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_grows_and_terminates),
		cmocka_unit_test(test_long_format),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
