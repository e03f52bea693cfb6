/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "kubelet/volume/atomic_writer.h"
#include "lib/base/mem.h"

static void test_paths(void **state)
{
	static const struct {
		const char *path, *why; /* NULL: good */
	} t[] = {
		{"a", NULL},
		{"a/b/c", NULL},
		{"a..b/c..", NULL},
		{"...", "must not start with '..'"},
		{"a/..b", NULL},
		{".hidden", NULL},
		{"", "must not be empty"},
		{"/a", "must be relative"},
		{"..", "must not contain '..'"},
		{"a/../b", "must not contain '..'"},
		{"a//..", "must not contain '..'"},
		{"..data", "must not start with '..'"},
		{"..2026/x", "must not start with '..'"},
	};
	char longer[4200];

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(kn_payload_check_path(t[i].path, &err), t[i].why ? -EINVAL : 0);
		if (t[i].why)
			assert_non_null(strstr(err.msg, t[i].why));
	}
	memset(longer, 'x', sizeof(longer));
	longer[255] = 0;
	assert_int_equal(kn_payload_check_path(longer, NULL), 0);
	longer[255] = 'x';
	longer[256] = 0;
	assert_int_equal(kn_payload_check_path(longer, NULL), -EINVAL);
	for (size_t i = 0; i < sizeof(longer); i++)
		longer[i] = i % 2 ? '/' : 'x';
	longer[4097] = 0;
	assert_int_equal(kn_payload_check_path(longer, NULL), -EINVAL);
	longer[4096] = 0;
	assert_int_equal(kn_payload_check_path(longer, NULL), 0);
}

static int add(struct kn_arena *a, struct kn_payload *p, const char *path, const char *data, mode_t mode)
{
	const struct kn_file f = {
		.path = path, .data = data, .len = data ? strlen(data) : 0, .mode = mode, .uid = -1};

	return kn_payload_add(a, p, &f, NULL);
}

static void test_files_are_copied_and_the_later_wins(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_payload p = {0};
	char path[] = "a//./b", data[] = "one";

	assert_int_equal(add(a, &p, path, data, 0400), 0);
	memset(path, '?', 6);
	memset(data, '?', 3);
	assert_int_equal(p.n, 1);
	assert_string_equal(p.files[0].path, "a/b");
	assert_memory_equal(p.files[0].data, "one", 3);
	assert_int_equal(add(a, &p, "c", NULL, 0644), 0);
	assert_int_equal(p.files[1].len, 0);
	assert_int_equal(add(a, &p, "./a/b/", "two!", 0600), 0);
	assert_int_equal(p.n, 2);
	assert_memory_equal(p.files[0].data, "two!", 4);
	assert_int_equal(p.files[0].len, 4);
	assert_int_equal(p.files[0].mode, 0600);
	assert_int_equal(add(a, &p, "./.", "x", 0600), -EINVAL); /* no file's name */
	assert_int_equal(add(a, &p, "../x", "x", 0600), -EINVAL);
	assert_int_equal(p.n, 2);
}

static void test_many(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_payload p = {0};

	for (int i = 0; i < 100; i++) {
		kn_auto_free char *path = kn_sprintf("f%d", i);

		assert_int_equal(add(a, &p, path, path, 0600), 0);
	}
	assert_int_equal(p.n, 100);
	for (int i = 0; i < 100; i++) {
		kn_auto_free char *path = kn_sprintf("f%d", i);

		assert_string_equal(p.files[i].path, path);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_paths),
		cmocka_unit_test(test_files_are_copied_and_the_later_wins),
		cmocka_unit_test(test_many),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
