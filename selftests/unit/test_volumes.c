/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <unistd.h>

#include "kubelet/volume/volumes.h"
#include "lib/base/file.h"
#include "selftests/harness/pod_fixture.h"

struct fixture {
	char dir[64], logs[80];
	struct kn_node_ctx n;
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_pod *pod;
	struct kn_volumes *v;
	enum kn_ref_state state; /* of ConfigMap c */
	const char *value;	 /* of its key k */
	unsigned done, failed, closed;
	struct kn_err err;
	int64_t retry_ns;
};

static enum kn_ref_state object(void *user, enum kn_ref_kind kind, const char *ns, const char *name,
				const ProtobufCMessage **ret, struct kn_err *err)
{
	static K8s__StringEntry e = K8S__STRING_ENTRY__INIT;
	static K8s__StringEntry *list[] = {&e};
	static K8s__ConfigMap c = K8S__CONFIG_MAP__INIT;
	struct fixture *f = user;

	e.key = (char *)"k";
	e.value = (char *)f->value;
	c.data = list;
	c.n_data = 1;
	*ret = &c.base;
	if (f->state != KN_REF_READY)
		kn_err_set(err, ENOENT, "configmap \"c\" not found");
	return f->state;
}

static void on_failed(void *user, const char *message)
{
	((struct fixture *)user)->failed++;
}

static void on_done(void *user, const struct kn_err *err, int64_t retry_ns)
{
	struct fixture *f = user;

	f->done++;
	f->err = *err;
	f->retry_ns = retry_ns;
}

static void on_closed(void *user)
{
	((struct fixture *)user)->closed++;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));
	struct kn_volumes_config c = {
		.node = &f->n, .lookup = {.user = f, .object = object}, .failed = on_failed, .user = f};

	strcpy(f->dir, "/tmp/kn-test-volumes.XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	snprintf(f->logs, sizeof(f->logs), "%s/logs", f->dir);
	f->n = (struct kn_node_ctx){.root_dir = f->dir, .pod_logs_dir = f->logs};
	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	assert_int_equal(kn_pool_new(&f->pool, f->loop, 1, NULL), 0);
	f->pod = pod_make(POD("volumes: [{name: v, configMap: {name: c}}], " CTR("")));
	c.loop = f->loop;
	c.pool = f->pool;
	f->value = "one";
	f->v = kn_volumes_new(&c, f->pod);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_volumes_free(f->v);
	kn_pool_free(f->pool);
	kn_loop_free(f->loop);
	kn_pod_unref(f->pod);
	kn_rm_rf(f->dir, NULL);
	free(f);
	return 0;
}

static void wait_done(struct fixture *f, unsigned done)
{
	for (int i = 0; i < 200 && f->done < done; i++)
		kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
	assert_int_equal(f->done, done);
}

static bool shows(struct fixture *f, const char *text)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const char *path = kn_path_volume(a, &f->n, f->pod, f->pod->obj->spec->volumes[0]);

	return !kn_file_read(kn_arena_printf(a, "%s/k", path), 100, &b, NULL) && b.len == strlen(text) &&
	       !memcmp(b.data, text, b.len);
}

static void test_setup_and_refresh(void **state)
{
	struct fixture *f = *state;

	kn_volumes_setup(f->v, on_done, f);
	wait_done(f, 1);
	assert_string_equal(f->err.msg, "");
	assert_true(shows(f, "one"));
	f->value = "two";
	kn_volumes_changed(f->v);
	for (int i = 0; i < 200 && !shows(f, "two"); i++)
		kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
	assert_true(shows(f, "two"));
	/* What goes away leaves the content, and is told once. */
	f->state = KN_REF_NOT_FOUND;
	for (int i = 0; i < 200 && !f->failed; i++) {
		kn_volumes_changed(f->v);
		kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
	}
	kn_volumes_changed(f->v);
	assert_int_equal(f->failed, 1);
	assert_true(shows(f, "two"));
	assert_int_equal(f->done, 1);
}

static void test_missing(void **state)
{
	struct fixture *f = *state;

	f->state = KN_REF_NOT_FOUND;
	kn_volumes_setup(f->v, on_done, f);
	wait_done(f, 1);
	assert_string_equal(f->err.msg,
			    "MountVolume.SetUp failed for volume \"v\" : configmap \"c\" not found");
	assert_int_equal(f->retry_ns, KN_NSEC_PER_SEC / 2);
	for (unsigned i = 2; i < 12; i++) {
		kn_volumes_setup(f->v, on_done, f);
		wait_done(f, i);
	}
	assert_int_equal(f->retry_ns, 122 * KN_NSEC_PER_SEC);
	f->state = KN_REF_READY;
	kn_volumes_setup(f->v, on_done, f);
	wait_done(f, 12);
	assert_int_equal(f->err.code, 0);
	assert_true(shows(f, "one"));
}

static void test_waiting(void **state)
{
	struct fixture *f = *state;

	f->state = KN_REF_WAITING;
	kn_volumes_setup(f->v, on_done, f);
	kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
	assert_int_equal(f->done, 0);
	f->state = KN_REF_READY;
	kn_volumes_changed(f->v);
	wait_done(f, 1);
	assert_int_equal(f->err.code, 0);
	/* Not for ever. */
	f->state = KN_REF_WAITING;
	kn_volumes_setup(f->v, on_done, f);
	wait_done(f, 2);
	assert_int_not_equal(f->err.code, 0);
	kn_volumes_setup(f->v, on_done, f);
	kn_volumes_give_up(f->v);
	assert_int_equal(f->done, 3);
	assert_int_equal(f->err.code, ECANCELED);
}

static void test_close(void **state)
{
	struct fixture *f = *state;

	kn_volumes_setup(f->v, on_done, f);
	kn_volumes_close(f->v, on_closed, f);
	assert_int_equal(f->closed, 0); /* the pool is at it */
	for (int i = 0; i < 200 && !f->closed; i++)
		kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
	assert_int_equal(f->closed, 1);
	assert_int_equal(f->done, 0);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_setup_and_refresh), T(test_missing), T(test_waiting),
					   T(test_close)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
