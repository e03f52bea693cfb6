// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>
#include "kubelet/log/log_links.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

static char dir[] = "/tmp/test-log-links-XXXXXX";

static void test_path(void **state)
{
	char *p kn_auto_free = kn_log_link_path("/var/log/pods", "pod", "ns", "c", "abc");
	char *longer kn_auto_free = kn_calloc(1, 300);

	assert_string_equal(p, "/var/log/containers/pod_ns_c-abc.log");
	memset(longer, 'x', 299);
	char *cut kn_auto_free = kn_log_link_path("/var/log/pods", longer, "ns", "c", "abc");
	assert_int_equal(strlen(strrchr(cut, '/') + 1), 255);
	assert_string_equal(cut + strlen(cut) - 5, "x.log");
}

static void test_links(void **state)
{
	char *pods kn_auto_free = kn_sprintf("%s/pods", dir),
		   *log kn_auto_free = kn_sprintf("%s/0.log", pods);
	char *gone kn_auto_free = kn_sprintf("%s/1.log", pods);
	char *a kn_auto_free = kn_log_link_path(pods, "p", "n", "a", "1");
	char *b kn_auto_free = kn_log_link_path(pods, "p", "n", "b", "1");
	char *other kn_auto_free = kn_log_link_path(pods, "p", "n", "other", "1");
	char target[256] = {0};

	assert_int_equal(kn_mkdir_p(pods, 0755, NULL), 0);
	assert_int_equal(kn_file_write_atomic(log, "x", 1, 0644, NULL), 0);
	assert_int_equal(kn_file_write_atomic(gone, "x", 1, 0644, NULL), 0);
	assert_int_equal(kn_log_link_make(a, "/does/not/exist", NULL), 0);
	assert_int_equal(access(a, F_OK), -1);
	assert_int_equal(kn_log_link_make(a, log, NULL), 0);
	assert_int_equal(kn_log_link_make(a, log, NULL), 0);
	assert_int_equal(kn_log_link_make(b, gone, NULL), 0);
	assert_int_equal(symlink("/does/not/exist", other), 0);
	assert_true(readlink(a, target, sizeof(target) - 1) > 0);
	assert_string_equal(target, log);
	unlink(gone);
	kn_log_links_sweep(pods);
	assert_int_equal(readlink(b, target, sizeof(target)), -1);
	assert_true(readlink(a, target, sizeof(target)) > 0);
	assert_true(readlink(other, target, sizeof(target)) > 0);
	kn_log_link_remove(a);
	assert_int_equal(readlink(a, target, sizeof(target)), -1);
	kn_log_link_remove(log);
	assert_int_equal(access(log, F_OK), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_path),
		cmocka_unit_test(test_links),
	};
	int r;

	if (!mkdtemp(dir))
		return 1;
	r = cmocka_run_group_tests(tests, NULL, NULL);
	kn_rm_rf(dir, NULL);
	return r;
}
