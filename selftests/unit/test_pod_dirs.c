/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <sys/vfs.h>
#include <unistd.h>
#include <linux/magic.h>

#include "kubelet/volume/pod_dirs.h"
#include "lib/base/file.h"
#include "selftests/harness/pod_fixture.h"

struct fixture {
	char dir[64], logs[80];
	struct kn_node_ctx n;
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_err err;
	bool called;
};

/* A loop that has quit runs no more: it is turned by hand. */
static void wait_for(struct fixture *f)
{
	for (int i = 0; i < 100 && !f->called; i++)
		kn_loop_run_once(f->loop, 100000000);
	assert_true(f->called);
	f->called = false;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-test-dirs.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->logs, sizeof(f->logs), "%s/logs", f->dir);
	f->n = (struct kn_node_ctx){.root_dir = f->dir, .pod_logs_dir = f->logs};
	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	assert_int_equal(kn_pool_new(&f->pool, f->loop, 1, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_pool_free(f->pool);
	kn_loop_free(f->loop);
	kn_rm_rf(f->dir, NULL);
	free(f);
	return 0;
}

static void done(void *user, const struct kn_err *err)
{
	struct fixture *f = user;

	f->err = *err;
	f->called = true;
}

static void run(struct fixture *f, struct kn_pod *p)
{
	kn_pod_dirs_setup(f->pool, &f->n, p, NULL, done, f);
	wait_for(f);
}

static void take_away(struct fixture *f)
{
	kn_pod_dirs_remove(f->pool, &f->n, "u1", NULL, done, f);
	wait_for(f);
}

static void test_empty_dir(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p = pod_make(POD("volumes: [{name: v}], " CTR("")));
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const char *v = kn_path_volume(a, &f->n, p, p->obj->spec->volumes[0]);
	const char *kept = kn_arena_printf(a, "%s/kept", f->dir);
	struct stat st;

	run(f, p);
	assert_string_equal(f->err.msg, "");
	assert_int_equal(stat(v, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0777);
	/* Removal takes the link, not what it points to. */
	assert_int_equal(kn_mkdir_p(kn_arena_printf(a, "%s/x", kept), 0755, NULL), 0);
	assert_int_equal(symlink(kept, kn_arena_printf(a, "%s/link", v)), 0);
	take_away(f);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(stat(kn_path_pod(a, &f->n, "u1"), &st), -1);
	assert_int_equal(stat(kn_arena_printf(a, "%s/x", kept), &st), 0);
	kn_pod_unref(p);
}

static void test_memory(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p =
		pod_make(POD("volumes: [{name: v, emptyDir: {medium: Memory, sizeLimit: 1Mi}}], " CTR("")));
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const char *v = kn_path_volume(a, &f->n, p, p->obj->spec->volumes[0]);
	struct statfs fs;

	run(f, p);
	if (f->err.code == EPERM) {
		kn_pod_unref(p);
		skip();
	}
	assert_string_equal(f->err.msg, "");
	run(f, p); /* a second time mounts nothing more */
	assert_int_equal(statfs(v, &fs), 0);
	assert_int_equal(fs.f_type, TMPFS_MAGIC);
	assert_int_equal(fs.f_blocks * (uint64_t)fs.f_bsize, 1 << 20);
	take_away(f);
	assert_int_equal(f->err.code, 0);
	assert_int_equal(access(kn_path_pod(a, &f->n, "u1"), F_OK), -1);
	kn_pod_unref(p);
}

static void test_host_path(void **state)
{
	static const struct {
		const char *path, *type, *msg; /* msg: behind the path; NULL: good */
	} t[] = {
		{"d", "Directory", " is not a directory"},
		{"d", "", NULL},
		{"d", "DirectoryOrCreate", NULL},
		{"d", "Directory", NULL},
		{"d", "File", " is not a file"},
		{"f", "FileOrCreate", NULL},
		{"f", "File", NULL},
		{"f", "DirectoryOrCreate", " is not a directory"},
		{"f", "Socket", " is not a socket file"},
		{"f", "CharDevice", " is not a character device"},
		{"f", "BlockDevice", " is not a block device"},
	};
	struct fixture *f = *state;

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_pod *p = pod_make(kn_arena_printf(
			a, POD("volumes: [{name: v, hostPath: {path: %s/%s, type: '%s'}}], " CTR("")), f->dir,
			t[i].path, t[i].type));

		run(f, p);
		assert_string_equal(f->err.msg,
				    t[i].msg ? kn_arena_printf(a,
							       "MountVolume.SetUp failed for volume \"v\" : "
							       "hostPath type check failed: %s/%s%s",
							       f->dir, t[i].path, t[i].msg)
					     : "");
		take_away(f);
		assert_int_equal(f->err.code, 0);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_empty_dir, setup, teardown),
		cmocka_unit_test_setup_teardown(test_memory, setup, teardown),
		cmocka_unit_test_setup_teardown(test_host_path, setup, teardown),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
