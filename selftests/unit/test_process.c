/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include <unistd.h>
#include "kubelet/node/process.h"
#include "lib/base/file.h"

static int check(bool fail_swap_on, const char *text)
{
	char path[] = "/tmp/kn-test-swaps-XXXXXX";
	kn_config c = KC__KUBELET_CONFIGURATION__INIT;
	int fd = mkstemp(path), r;

	assert_true(fd >= 0);
	assert_int_equal(write(fd, text, strlen(text)), strlen(text));
	close(fd);
	c.failswapon = fail_swap_on;
	r = kn_process_check_swap(&c, path, NULL);
	unlink(path);
	return r;
}

static void test_swap(void **state)
{
	static const char head[] = "Filename\tType\tSize\tUsed\tPriority\n";
	static const char on[] = "Filename\tType\tSize\tUsed\tPriority\n/swapfile file 1 0 -2\n";
	kn_config c = KC__KUBELET_CONFIGURATION__INIT;

	assert_int_equal(check(true, head), 0);
	assert_int_equal(check(true, on), -EOPNOTSUPP);
	assert_int_equal(check(false, on), 0);
	assert_int_equal(kn_process_check_swap(&c, "/nonexistent", NULL), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_swap)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
