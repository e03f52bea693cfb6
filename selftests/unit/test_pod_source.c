/* SPDX-License-Identifier: Apache-2.0 */
/* The kubelet, the reflector, the status manager and the API client are fakes, defined here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/pod/mirror.h"
#include "kubelet/pod/pod_source.h"
#include "kubelet/status/status_manager.h"
#include "selftests/harness/pod_fixture.h"

static char wanted[200], speaks[200]; /* "some: p1 p2", "all: p1"; "UID=NAME-OF-OBJECT" */
static unsigned sets, opened, requests;
static struct kn_reflector_ops ops;
static void *ops_user;

static void set(const char *how, struct kn_pod *const *pods, size_t n)
{
	size_t len = snprintf(wanted, sizeof(wanted), "%s:", how);

	for (size_t i = 0; i < n; i++)
		len += snprintf(wanted + len, sizeof(wanted) - len, " %s", pods[i]->name);
	sets++;
}

void kn_kubelet_set_pods(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n)
{
	set("all", pods, n);
}

void kn_kubelet_set_some(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n)
{
	set("some", pods, n);
}

void kn_kubelet_set_node(struct kn_kubelet *k, struct kn_object *node)
{
}

void kn_status_manager_object(struct kn_status_manager *m, const char *uid, struct kn_object *o)
{
	snprintf(speaks, sizeof(speaks), "%s=%s", uid, o ? o->name : "none");
}

struct kn_reflector *kn_reflector_new(struct kn_loop *loop, struct kn_client *client,
				      const struct kn_resource *res, const struct kn_reflector_ops *o,
				      void *user)
{
	assert_string_equal(res->path, "/api/v1/pods");
	assert_string_equal(res->field_selector, "spec.nodeName=n1");
	ops = *o;
	ops_user = user;
	opened++;
	return (struct kn_reflector *)&ops;
}

struct kn_reflector *kn_reflector_free(struct kn_reflector *r)
{
	return NULL;
}

struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user)
{
	requests++; /* of a mirror; never answered */
	return (struct kn_api_call *)&requests;
}

void kn_api_cancel(struct kn_api_call *call)
{
}

struct fixture {
	struct kn_loop *loop;
	struct kn_pod_source *s;
};

static void begin(struct fixture *f, bool joined)
{
	struct kn_pod_source_config c = {
		.node_name = "n1", .joined = joined, .status = (struct kn_status_manager *)1};

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	c.loop = f->loop;
	f->s = kn_pod_source_new(&c);
	wanted[0] = speaks[0] = 0;
	sets = opened = requests = 0;
}

static void end(struct fixture *f)
{
	kn_pod_source_free(f->s);
	kn_loop_free(f->loop);
}

static const char *turn(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
	return wanted;
}

static struct kn_object *decode(const ProtobufCMessageDescriptor *d, const char *yaml)
{
	struct kn_arena *a = kn_arena_new(0);
	struct kn_object *o = NULL;
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(d, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	assert_int_equal(kn_object_new(&o, a, m, NULL), 0);
	return o;
}

static struct kn_object *pod(const char *name, const char *uid, int second, const char *more)
{
	kn_auto_free char *yaml = kn_sprintf("{metadata: {name: %s, namespace: ns1, uid: %s, "
					     "creationTimestamp: '2026-01-01T00:00:%02dZ'%s}, "
					     "spec: {containers: [{name: c, image: i}]}}",
					     name, uid, second, more);

	return decode(&k8s__pod__descriptor, yaml);
}

static void told(struct kn_object *old, struct kn_object *new)
{
	ops.changed(ops_user, old, new);
}

static void join(struct fixture *f)
{
	struct kn_object *node = decode(&k8s__node__descriptor, "{metadata: {name: n1, uid: nu}}");

	kn_pod_source_node(f->s, (struct kn_client *)1, node);
	kn_pod_source_node(f->s, (struct kn_client *)1, node);
	assert_int_equal(opened, 1);
	kn_object_unref(node);
}

static void test_files_alone(void **state)
{
	struct kn_pod *p = pod_make(POD(CTR("")));
	struct fixture f;

	begin(&f, false);
	assert_string_equal(turn(&f), ""); /* nothing is known: nothing is told */
	kn_pod_source_static(f.s, &p, 1);
	assert_string_equal(wanted, "all: p");
	kn_pod_source_static(f.s, NULL, 0);
	assert_string_equal(wanted, "all:");
	assert_false(kn_pod_source_synced(f.s));
	end(&f);
	kn_pod_unref(p);
}

/* Until the API server has told its pods, none that runs may be ended. */
static void test_a_part_is_told_as_a_part(void **state)
{
	struct kn_object *a = pod("a", "ua", 1, "");
	struct kn_pod *p = pod_make(POD(CTR("")));
	struct fixture f;

	begin(&f, true);
	kn_pod_source_static(f.s, &p, 1);
	assert_string_equal(wanted, "some: p");
	join(&f);
	told(NULL, a);
	assert_string_equal(turn(&f), "some: p");
	assert_int_equal(requests, 0); /* mirrors may be there, not seen yet */
	ops.synced(ops_user);
	assert_string_equal(turn(&f), "all: p a");
	assert_true(kn_pod_source_synced(f.s));
	assert_int_equal(requests, 1);
	end(&f);
	kn_pod_unref(p);
	kn_object_unref(a);
}

static void test_first_come_first_served(void **state)
{
	struct kn_object *late = pod("late", "u3", 30, ""), *early = pod("early", "u1", 10, ""),
			 *again = pod("early", "u9", 40, "");
	struct fixture f;

	begin(&f, true);
	kn_pod_source_static(f.s, NULL, 0);
	join(&f);
	ops.synced(ops_user);
	told(NULL, late);
	told(NULL, early);
	sets = 0;
	assert_string_equal(turn(&f), "all: early late");
	assert_int_equal(sets, 1); /* changes of a turn are one */
	told(early, again);	   /* another of the name */
	assert_string_equal(speaks, "u9=early");
	assert_string_equal(turn(&f), "all: late early");
	told(late, NULL);
	assert_string_equal(speaks, "u3=none");
	assert_string_equal(turn(&f), "all: early");
	end(&f);
	kn_object_unref(late);
	kn_object_unref(early);
	kn_object_unref(again);
}

static void test_mirrors_are_not_run(void **state)
{
	struct kn_pod *p = pod_make(POD(CTR("")));
	struct kn_object *same = pod("p", "mu", 1, ", annotations: {kubernetes.io/config.mirror: u1}"),
			 *other = pod("p", "mu", 1, ", annotations: {kubernetes.io/config.mirror: old}");
	struct fixture f;

	begin(&f, true);
	kn_pod_source_static(f.s, &p, 1);
	join(&f);
	told(NULL, same);
	ops.synced(ops_user);
	assert_string_equal(turn(&f), "all: p");
	assert_string_equal(speaks, "u1=p");
	assert_int_equal(requests, 0);
	told(same, other); /* of the manifest as it was before: says nothing of what runs now */
	turn(&f);
	assert_string_equal(speaks, "u1=none");
	assert_int_equal(requests, 1);
	end(&f);
	kn_pod_unref(p);
	kn_object_unref(same);
	kn_object_unref(other);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_files_alone),
		cmocka_unit_test(test_a_part_is_told_as_a_part),
		cmocka_unit_test(test_first_come_first_served),
		cmocka_unit_test(test_mirrors_are_not_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
