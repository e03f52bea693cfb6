/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kubelet/volume/atomic_writer.h"
#include "lib/base/file.h"

struct fixture {
	char dir[64];
	struct kn_arena *a;
	int perms; /* calls */
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-test-writer.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->a = kn_arena_new(0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_rm_rf(f->dir, NULL);
	kn_arena_free(f->a);
	free(f);
	return 0;
}

static void add(struct fixture *f, struct kn_payload *p, const char *path, const char *text, mode_t mode)
{
	const struct kn_file file = {
		.path = path, .data = text, .len = strlen(text), .mode = mode, .uid = -1};

	assert_int_equal(kn_payload_add(f->a, p, &file, NULL), 0);
}

static void holds(struct fixture *f, const char *path, const char *text)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};

	assert_int_equal(kn_file_read(kn_arena_printf(f->a, "%s/%s", f->dir, path), 4096, &b, NULL), 0);
	assert_int_equal(b.len, strlen(text));
	assert_memory_equal(b.len ? b.data : "", text, b.len);
}

static bool there(struct fixture *f, const char *path)
{
	struct stat st;

	return lstat(kn_arena_printf(f->a, "%s/%s", f->dir, path), &st) == 0;
}

static char *now(struct fixture *f)
{
	char buf[256] = "";

	assert_true(readlink(kn_arena_printf(f->a, "%s/..data", f->dir), buf, sizeof(buf) - 1) > 0);
	return kn_arena_strdup(f->a, buf);
}

static int perms(void *user, const char *dir, struct kn_err *err)
{
	struct fixture *f = user;

	f->perms++;
	return 0;
}

static int write_all(struct fixture *f, const struct kn_payload *p)
{
	int changed = -1;

	assert_int_equal(kn_atomic_write(f->dir, p, perms, f, &changed, NULL), 0);
	return changed;
}

static void test_replace(void **state)
{
	struct fixture *f = *state;
	struct kn_payload p = {0}, q = {0};
	struct stat st;
	char *first;

	add(f, &p, "a", "1", 0640);
	add(f, &p, "d/e/f", "2", 0400);
	add(f, &p, "gone", "3", 0644);
	assert_int_equal(write_all(f, &p), 1);
	holds(f, "a", "1");
	holds(f, "d/e/f", "2");
	assert_int_equal(stat(kn_arena_printf(f->a, "%s/a", f->dir), &st), 0);
	assert_int_equal(st.st_mode & 07777, 0640);
	first = now(f);
	/* The same writes nothing. */
	assert_int_equal(write_all(f, &p), 0);
	assert_int_equal(f->perms, 1);
	assert_string_equal(now(f), first);
	add(f, &q, "a", "4", 0640);
	add(f, &q, "d/x", "5", 0644);
	assert_int_equal(write_all(f, &q), 1);
	holds(f, "a", "4");
	holds(f, "d/x", "5");
	assert_false(there(f, "gone"));
	assert_false(there(f, "d/e"));
	assert_false(there(f, first));
	assert_string_not_equal(now(f), first);
}

/* Fewer files with the same content are another content; none at all is one too. */
static void test_fewer(void **state)
{
	struct fixture *f = *state;
	struct kn_payload p = {0}, q = {0}, none = {0};

	add(f, &p, "a", "1", 0644);
	add(f, &p, "d/b", "", 0644);
	add(f, &p, "d/c", "", 0644);
	write_all(f, &p);
	add(f, &q, "a", "1", 0644);
	add(f, &q, "d/b", "", 0644);
	assert_int_equal(write_all(f, &q), 1);
	assert_false(there(f, "d/c"));
	assert_int_equal(write_all(f, &none), 1);
	assert_false(there(f, "a"));
	assert_true(there(f, "..data"));
	assert_int_equal(write_all(f, &none), 0);
}

/* What a daemon that was killed left behind. */
static void test_leftovers(void **state)
{
	struct fixture *f = *state;
	struct kn_payload p = {0};

	add(f, &p, "a", "1", 0644);
	assert_int_equal(mkdir(kn_arena_printf(f->a, "%s/..2020_01_01_00_00_00.1", f->dir), 0700), 0);
	assert_int_equal(symlink("nowhere", kn_arena_printf(f->a, "%s/..data_tmp", f->dir)), 0);
	assert_int_equal(symlink("..data/old", kn_arena_printf(f->a, "%s/old", f->dir)), 0);
	assert_int_equal(mkdir(kn_arena_printf(f->a, "%s/nested", f->dir), 0755), 0);
	assert_int_equal(write_all(f, &p), 1);
	assert_false(there(f, "..2020_01_01_00_00_00.1"));
	assert_false(there(f, "..data_tmp"));
	assert_false(there(f, "old"));
	assert_true(there(f, "nested")); /* another volume may be mounted there */
	/* A link that is missing comes back without new content. */
	assert_int_equal(unlink(kn_arena_printf(f->a, "%s/a", f->dir)), 0);
	assert_int_equal(write_all(f, &p), 0);
	holds(f, "a", "1");
}

static void test_paths(void **state)
{
	static const char *const bad[] = {"", "/a", "..", "a/../b", "..a", "a/..", "."};
	static const char *const good[] = {"a", "a/..b", ".a", "a..", "./a//b/"};
	struct fixture *f = *state;
	struct kn_payload p = {0};
	struct kn_file file = {.data = "", .uid = -1};
	char *s;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		file.path = bad[i];
		assert_int_equal(kn_payload_add(f->a, &p, &file, NULL), -EINVAL);
	}
	s = kn_arena_alloc(f->a, 300);
	memset(s, 'a', 256);
	file.path = s;
	assert_int_equal(kn_payload_add(f->a, &p, &file, NULL), -EINVAL);
	assert_int_equal(p.n, 0);
	for (size_t i = 0; i < KN_ARRAY_SIZE(good); i++) {
		file.path = good[i];
		assert_int_equal(kn_payload_add(f->a, &p, &file, NULL), 0);
	}
	assert_int_equal(p.n, 5);
	assert_string_equal(p.files[4].path, "a/b");
	add(f, &p, "a//b", "new", 0600);
	assert_int_equal(p.n, 5);
	assert_int_equal(p.files[4].len, 3);
}

static void test_no_folder(void **state)
{
	struct fixture *f = *state;
	struct kn_payload p = {0};
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_atomic_write(kn_arena_printf(f->a, "%s/x", f->dir), &p, NULL, NULL, NULL, &err),
			 -ENOENT);
	assert_int_equal(err.code, ENOENT);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_replace), T(test_fewer), T(test_leftovers), T(test_paths),
					   T(test_no_folder)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
