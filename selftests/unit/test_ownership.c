/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kubelet/volume/ownership.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define GROUP 4321

struct fixture {
	char dir[40], outside[40];
};

static char *at(const struct fixture *f, const char *name)
{
	static char path[100];

	snprintf(path, sizeof(path), "%s/%s", f->dir, name);
	return path;
}

static void make(const char *path, mode_t mode)
{
	int fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC, 0600);

	assert_true(fd >= 0);
	assert_int_equal(fchmod(fd, mode), 0);
	close(fd);
}

/* a, sub/, sub/b, sub/link -> a file elsewhere. */
static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));
	char link[100];

	strcpy(f->dir, "/tmp/kn-test-own-XXXXXX");
	strcpy(f->outside, "/tmp/kn-test-own-XXXXXX");
	*state = f;
	if (!mkdtemp(f->dir) || !mkdtemp(f->outside))
		return -1;
	snprintf(link, sizeof(link), "%s/file", f->outside);
	make(link, 0600);
	make(at(f, "a"), 0600);
	if (mkdir(at(f, "sub"), 0700) || symlink(link, at(f, "sub/link")))
		return -1;
	make(at(f, "sub/b"), 0755);
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_rm_rf(f->dir, NULL);
	kn_rm_rf(f->outside, NULL);
	free(f);
	return 0;
}

static void check(const char *path, mode_t mode, gid_t gid)
{
	struct stat st;

	assert_int_equal(lstat(path, &st), 0);
	assert_int_equal(st.st_gid, gid);
	if (!S_ISLNK(st.st_mode))
		assert_int_equal(st.st_mode & 07777, mode);
}

static bool not_root(void)
{
	return geteuid() != 0;
}

static void test_all_of_it(void **state)
{
	struct fixture *f = *state;
	char elsewhere[60];

	if (not_root())
		skip();
	snprintf(elsewhere, sizeof(elsewhere), "%s/file", f->outside);
	assert_int_equal(kn_volume_own(f->dir, GROUP, false, false, NULL), 0);
	check(f->dir, 02770, GROUP);
	check(at(f, "a"), 0660, GROUP);
	check(at(f, "sub"), 02770, GROUP);
	check(at(f, "sub/b"), 0775, GROUP); /* nothing is taken away */
	check(at(f, "sub/link"), 0, GROUP);
	check(elsewhere, 0600, 0); /* behind the link */
}

static void test_read_only(void **state)
{
	struct fixture *f = *state;

	if (not_root())
		skip();
	assert_int_equal(kn_volume_own(f->dir, GROUP, true, false, NULL), 0);
	check(f->dir, 02750, GROUP);
	check(at(f, "a"), 0640, GROUP);
	check(at(f, "sub"), 02750, GROUP);
}

static void test_on_root_mismatch(void **state)
{
	struct fixture *f = *state;

	if (not_root())
		skip();
	assert_int_equal(kn_volume_own(f->dir, GROUP, false, true, NULL), 0);
	check(at(f, "a"), 0660, GROUP); /* the top did not fit */
	assert_int_equal(chmod(at(f, "a"), 0600), 0);
	assert_int_equal(kn_volume_own(f->dir, GROUP, false, true, NULL), 0);
	check(at(f, "a"), 0600, GROUP); /* it fits: nobody looked inside */
	assert_int_equal(chmod(f->dir, 0770), 0);
	assert_int_equal(kn_volume_own(f->dir, GROUP, false, true, NULL), 0);
	check(at(f, "a"), 0660, GROUP); /* setgid was missing */
	assert_int_equal(kn_volume_own(f->dir, GROUP + 1, false, true, NULL), 0);
	check(at(f, "a"), 0660, GROUP + 1);
}

static void test_nothing_there(void **state)
{
	struct fixture *f = *state;
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_volume_own(at(f, "none"), GROUP, false, false, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "none"));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_all_of_it),
		T(test_read_only),
		T(test_on_root_mismatch),
		T(test_nothing_there),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
