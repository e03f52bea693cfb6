/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "selftests/harness/pod_fixture.h"

static void test_refused(void **state)
{
	static const struct {
		const char *pod, *msg;
	} t[] = {
		{"{metadata: {}, spec: {" CTR("") "}}", "metadata.name: Required value"},
		{"{metadata: {name: p}, spec: {}}", "spec.containers: Required value"},
		{POD("containers: [{name: c}]"), "spec.containers[0].image: Required value"},
		{POD("containers: [{name: c, image: i}, {name: c, image: i}]"),
		 "spec.containers[1].name: Duplicate value: \"c\""},
		{POD(CTR(", volumeMounts: [{name: v, mountPath: /v}]")),
		 "spec.containers[0].volumeMounts[0].name: Not found: \"v\""},
		{POD("volumes: [{name: v, hostPath: {path: /a/../b}}], " CTR("")),
		 "spec.volumes[0].hostPath.path: Invalid value: \"/a/../b\": must not contain '..'"},
		{POD("restartPolicy: X, " CTR("")), "spec.restartPolicy: Unsupported value: \"X\": supported "
						    "values: \"Always\", \"OnFailure\", \"Never\""},
		{"{metadata: {name: p, uid: ../x}, spec: {" CTR("") "}}",
		 "metadata.uid: Invalid value: \"../x\": letters, digits and dashes only"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_err err = KN_ERR_INIT;
		struct kn_pod *p = NULL;

		assert_int_equal(pod_try(&p, t[i].pod, NULL, &err), -EINVAL);
		assert_string_equal(err.msg, t[i].msg);
		assert_null(p);
	}
}

static void test_defaults(void **state)
{
	static const struct {
		const char *image, *policy;
	} t[] = {{"i", "Always"},
		 {"i:latest", "Always"},
		 {"i:1", "IfNotPresent"},
		 {"h:5000/i", "Always"},
		 {"h:5000/i:2", "IfNotPresent"},
		 {"i@sha256:0", "IfNotPresent"},
		 {"i:latest@sha256:0", "Always"}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_pod *p = pod_make(kn_arena_printf(
			a, "{metadata: {name: p}, spec: {containers: [{name: c, image: '%s'}]}}",
			t[i].image));

		assert_string_equal(p->obj->spec->containers[0]->imagepullpolicy, t[i].policy);
		assert_string_equal(p->ns, "default");
		assert_int_equal(p->obj->spec->terminationgraceperiodseconds, 30);
		kn_pod_unref(p);
	}
}

static void test_static(void **state)
{
	struct kn_pod *a = NULL, *b = NULL, *c = NULL;
	const char *yaml = "{metadata: {name: p}, spec: {" CTR("") "}}";

	assert_int_equal(pod_try(&a, yaml, "/m/a", NULL), 0);
	assert_int_equal(pod_try(&b, yaml, "/m/a", NULL), 0);
	assert_int_equal(pod_try(&c, yaml, "/m/c", NULL), 0);
	assert_string_equal(a->name, "p-node-1");
	assert_int_equal(strlen(a->uid), 32);
	assert_string_equal(a->uid, b->uid);
	assert_string_not_equal(a->uid, c->uid);
	kn_pod_unref(a);
	kn_pod_unref(b);
	kn_pod_unref(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_static),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
