/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "lib/base/err.h"

static void test_set_and_wrap(void **state)
{
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_err_set(&err, ENOENT, "no %s", "file"), -ENOENT);
	assert_string_equal(err.msg, "no file");
	assert_int_equal(kn_err_wrap(&err, "load %d", 7), -ENOENT);
	assert_string_equal(err.msg, "load 7: no file");
	assert_int_equal(kn_err_set(&err, -EPERM, "again: %s", err.msg), -EPERM);
	assert_string_equal(err.msg, "again: load 7: no file");
}

static void test_errno_text(void **state)
{
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_err_errno(&err, -EACCES, "open x"), -EACCES);
	assert_string_equal(err.msg, "open x: Permission denied");
}

static void test_null_and_overlong(void **state)
{
	struct kn_err err = KN_ERR_INIT;
	char big[2000];

	memset(big, 'a', sizeof(big) - 1);
	big[sizeof(big) - 1] = '\0';
	assert_int_equal(kn_err_set(NULL, ENOENT, "x"), -ENOENT);
	kn_err_set(&err, EIO, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	kn_err_wrap(&err, "%s", big);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
	assert_int_equal(err.code, EIO);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_and_wrap),
		cmocka_unit_test(test_errno_text),
		cmocka_unit_test(test_null_and_overlong),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
