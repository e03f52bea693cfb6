/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include "lib/base/file.h"

static char dir[64];

static const char *in_dir(const char *name)
{
	static char path[8][256];
	static int i;

	i = (i + 1) % 8;
	snprintf(path[i], sizeof(path[i]), "%s/%s", dir, name);
	return path[i];
}

static int setup(void **state)
{
	strcpy(dir, "/tmp/kn-file-XXXXXX");
	return mkdtemp(dir) ? 0 : -1;
}

static int teardown(void **state)
{
	return kn_rm_rf(dir, NULL);
}

static size_t entries(void)
{
	DIR *d = opendir(dir);
	size_t n = 0;

	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

static void test_write_then_read(void **state)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_err err = KN_ERR_INIT;
	struct stat st;

	assert_int_equal(kn_file_write_atomic(in_dir("a"), "one", 3, 0640, &err), 0);
	assert_int_equal(kn_file_write_atomic(in_dir("a"), "two!", 4, 0600, &err), 0);
	assert_int_equal(kn_file_read(in_dir("a"), 4, &b, &err), 0);
	assert_string_equal(b.data, "two!");
	assert_int_equal(stat(in_dir("a"), &st), 0);
	assert_int_equal(st.st_mode & 0777, 0600);
	assert_int_equal(entries(), 1);
}

static void test_read_refuses(void **state)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_err err = KN_ERR_INIT;

	kn_buf_adds(&b, "old");
	kn_file_write_atomic(in_dir("a"), "12345", 5, 0600, NULL);
	assert_int_equal(kn_file_read(in_dir("a"), 4, &b, &err), -EFBIG);
	assert_int_equal(mkfifo(in_dir("f"), 0600), 0);
	assert_int_equal(kn_file_read(in_dir("f"), 4, &b, &err), -EINVAL);
	assert_int_equal(kn_file_read(in_dir("none"), 4, &b, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "none: No such file"));
	assert_string_equal(b.data, "old");
}

/* A write that fails half way leaves the old content and no temporary file. */
static void test_failed_write_keeps_old(void **state)
{
	static char big[65536];
	kn_auto_buf struct kn_buf b = {0};
	struct rlimit old, small = {.rlim_cur = 1000, .rlim_max = RLIM_INFINITY};
	struct kn_err err = KN_ERR_INIT;

	kn_file_write_atomic(in_dir("a"), "old", 3, 0600, NULL);
	signal(SIGXFSZ, SIG_IGN);
	assert_int_equal(getrlimit(RLIMIT_FSIZE, &old), 0);
	small.rlim_max = old.rlim_max;
	assert_int_equal(setrlimit(RLIMIT_FSIZE, &small), 0);
	assert_int_equal(kn_file_write_atomic(in_dir("a"), big, sizeof(big), 0600, &err), -EFBIG);
	setrlimit(RLIMIT_FSIZE, &old);
	assert_int_equal(kn_file_read(in_dir("a"), 100, &b, &err), 0);
	assert_string_equal(b.data, "old");
	assert_int_equal(entries(), 1);
}

static void test_rm_rf_stays_inside(void **state)
{
	struct stat st;

	assert_int_equal(kn_mkdir_p(in_dir("keep"), 0700, NULL), 0);
	kn_file_write_atomic(in_dir("keep/x"), "x", 1, 0600, NULL);
	assert_int_equal(kn_mkdir_p(in_dir("t/a/b/c"), 0700, NULL), 0);
	assert_int_equal(symlink("../../keep", in_dir("t/a/link")), 0);
	kn_file_write_atomic(in_dir("t/a/b/file"), "x", 1, 0400, NULL);
	assert_int_equal(kn_rm_rf(in_dir("t"), NULL), 0);
	assert_int_not_equal(stat(in_dir("t"), &st), 0);
	assert_int_equal(stat(in_dir("keep/x"), &st), 0);
	assert_int_equal(kn_rm_rf(in_dir("t"), NULL), 0);
}

static void test_mkdir_p(void **state)
{
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_mkdir_p(in_dir("x/y"), 0700, &err), 0);
	assert_int_equal(kn_mkdir_p(in_dir("x/y"), 0700, &err), 0);
	kn_file_write_atomic(in_dir("x/f"), "", 0, 0600, NULL);
	assert_int_equal(kn_mkdir_p(in_dir("x/f"), 0700, &err), -ENOTDIR);
	assert_int_equal(kn_mkdir_p(in_dir("x/f/g"), 0700, &err), -ENOTDIR);
}

#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_write_then_read),    T(test_read_refuses), T(test_failed_write_keeps_old),
		T(test_rm_rf_stays_inside), T(test_mkdir_p),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
