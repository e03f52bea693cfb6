/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <unistd.h>

#include "kubelet/volume/pod_volumes.h"
#include "kubelet/volume/subpath.h"
#include "lib/base/file.h"
#include "selftests/harness/pod_fixture.h"

struct fixture {
	char dir[64];
	struct kn_arena *a;
	struct kn_subpath s;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-test-subpath.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	f->a = kn_arena_new(0);
	f->s = (struct kn_subpath){.volume = kn_arena_printf(f->a, "%s/vol", f->dir),
				   .target = kn_arena_printf(f->a, "%s/pod/volume-subpaths/v/c/0", f->dir),
				   .mount_name = "v",
				   .container = "c"};
	assert_int_equal(mkdir(f->s.volume, 0755), 0);
	assert_int_equal(chmod(f->s.volume, 02777), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_volumes_unmount(f->a, kn_arena_printf(f->a, "%s/pod", f->dir), NULL);
	kn_rm_rf(f->dir, NULL);
	kn_arena_free(f->a);
	free(f);
	return 0;
}

static bool may_mount(struct fixture *f)
{
	if (mount("none", f->dir, "tmpfs", 0, NULL) < 0)
		return false;
	umount2(f->dir, MNT_DETACH);
	return true;
}

static int bind_path(struct fixture *f, const char *path)
{
	struct kn_err err = KN_ERR_INIT;
	int r;

	f->s.path = path;
	r = kn_subpath_bind(&f->s, &err);
	if (r) /* nothing of the host in it */
		assert_null(strstr(err.msg, f->dir));
	return r;
}

static bool mounted(struct fixture *f)
{
	bool there = false;

	assert_int_equal(kn_volume_is_mounted(f->a, f->s.target, &there, NULL), 0);
	return there;
}

static void test_bind(void **state)
{
	struct fixture *f = *state;
	char *made = kn_arena_printf(f->a, "%s/a/b", f->s.volume);
	struct stat st, target;

	if (!may_mount(f))
		skip();
	assert_int_equal(bind_path(f, "a/b"), 0);
	assert_int_equal(stat(made, &st), 0);
	assert_int_equal(st.st_mode & 07777, 02777);
	assert_int_equal(stat(f->s.target, &target), 0);
	assert_int_equal(st.st_ino, target.st_ino);
	assert_true(mounted(f));
	/* Again: the same mount. A new folder of the name: a new mount. */
	assert_int_equal(bind_path(f, "a/b"), 0);
	assert_int_equal(rename(made, kn_arena_printf(f->a, "%s/old", f->s.volume)), 0);
	assert_int_equal(bind_path(f, "a/b"), 0);
	assert_int_equal(stat(f->s.target, &target), 0);
	assert_int_not_equal(st.st_ino, target.st_ino);
	assert_int_equal(kn_volumes_unmount(f->a, kn_arena_printf(f->a, "%s/pod", f->dir), NULL), 0);
	assert_false(mounted(f));
}

static void test_file(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	if (!may_mount(f))
		skip();
	assert_int_equal(
		kn_file_write_atomic(kn_arena_printf(f->a, "%s/real", f->s.volume), "x", 1, 0644, NULL), 0);
	assert_int_equal(symlink("real", kn_arena_printf(f->a, "%s/link", f->s.volume)), 0);
	assert_int_equal(bind_path(f, "link"), 0);
	assert_int_equal(stat(f->s.target, &st), 0);
	assert_true(S_ISREG(st.st_mode));
	assert_int_equal(st.st_size, 1);
}

/* Ways out of the volume. */
static void test_escape(void **state)
{
	struct fixture *f = *state;

	assert_int_equal(mkdir(kn_arena_printf(f->a, "%s/secret", f->dir), 0755), 0);
	assert_int_equal(symlink("..", kn_arena_printf(f->a, "%s/up", f->s.volume)), 0);
	assert_int_equal(symlink("/etc", kn_arena_printf(f->a, "%s/abs", f->s.volume)), 0);
	assert_int_not_equal(bind_path(f, "up/secret"), 0);
	assert_int_not_equal(bind_path(f, "up"), 0);
	assert_int_not_equal(bind_path(f, "abs"), 0);
	assert_int_not_equal(bind_path(f, "abs/new"), 0);
	assert_int_not_equal(bind_path(f, "../secret"), 0);
	assert_int_not_equal(bind_path(f, "up/new/x"), 0);
	assert_int_not_equal(access(kn_arena_printf(f->a, "%s/new", f->dir), F_OK), 0);
	assert_false(mounted(f));
}

static void test_gen(void **state)
{
	static const struct kn_node_ctx node = {.node_name = "n1", .root_dir = "/r"};
	static const struct {
		const char *mount, *path, *msg;
	} t[] = {
		{"subPath: a/b", "a/b", ""},
		{"subPathExpr: x/$(NAME)", "x/p", ""},
		{"subPathExpr: $(NONE)/a", NULL, "missing value for NONE"},
		{"subPathExpr: /$(NAME)", NULL, "error SubPath `/p` must not be an absolute path"},
		{"subPathExpr: $(NAME)/../..", NULL,
		 "unable to provision SubPath `p/../..`: must not contain '..'"},
	};
	const struct kn_gen_extra x = {0};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		char *yaml = kn_arena_printf(
			a,
			"{metadata: {name: p, namespace: ns1, uid: u1}, spec: {volumes: [{name: v}, {name: "
			"w}], containers: [{name: c, image: i, env: [{name: NAME, valueFrom: {fieldRef: "
			"{fieldPath: metadata.name}}}], volumeMounts: [{name: w, mountPath: /w}, {name: v, "
			"mountPath: /v, %s}]}]}}",
			t[i].mount);
		struct kn_pod *p = pod_make(yaml);
		struct kn_err err = KN_ERR_INIT;
		struct kn_subpath *list = NULL;
		size_t n = 0;
		int r = kn_gen_subpaths(a, &node, p, p->obj->spec->containers[0], NULL, &x, &list, &n, &err);

		assert_string_equal(err.msg, t[i].msg);
		assert_int_equal(r, t[i].path ? 0 : -EINVAL);
		if (t[i].path) {
			assert_int_equal(n, 1);
			assert_int_equal(list[0].index, 1);
			assert_string_equal(list[0].path, t[i].path);
			assert_string_equal(list[0].target, "/r/pods/u1/volume-subpaths/v/c/1");
		}
		kn_pod_unref(p);
	}
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_bind), T(test_file), T(test_escape),
					   cmocka_unit_test(test_gen)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
