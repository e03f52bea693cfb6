/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cri/status.h"

static void test_codes(void **state)
{
	assert_int_equal(kn_cri_errno(0), 0);
	assert_int_equal(kn_cri_errno(5), ENOENT);
	assert_int_equal(kn_cri_errno(14), ECONNREFUSED);
	assert_int_equal(kn_cri_errno(16), EACCES);
	assert_string_equal(kn_cri_code_name(14), "Unavailable");
	assert_string_equal(kn_cri_code_name(16), "Unauthenticated");
}

static void test_unknown_codes(void **state)
{
	const int odd[] = {-1, 17, 99, 2147483647};

	for (size_t i = 0; i < sizeof(odd) / sizeof(odd[0]); i++) {
		assert_int_equal(kn_cri_errno(odd[i]), EIO);
		assert_string_equal(kn_cri_code_name(odd[i]), "Unknown");
	}
}

static void test_error_text(void **state)
{
	struct kn_err err = KN_ERR_INIT;
	char longtext[2000];

	assert_int_equal(kn_cri_status_err(&err, 5, "no %s"), -ENOENT);
	assert_int_equal(err.code, ENOENT);
	assert_string_equal(err.msg, "rpc error: code = NotFound desc = no %s");
	assert_int_equal(kn_cri_status_err(NULL, 4, NULL), -ETIMEDOUT);
	memset(longtext, 'x', sizeof(longtext) - 1);
	longtext[sizeof(longtext) - 1] = 0;
	assert_int_equal(kn_cri_status_err(&err, 13, longtext), -EIO);
	assert_int_equal(strlen(err.msg), sizeof(err.msg) - 1);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_codes),
		cmocka_unit_test(test_unknown_codes),
		cmocka_unit_test(test_error_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
