// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "lib/base/err.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/object.h"

static void test_new(void **state)
{
	struct kn_arena *a = kn_arena_new(0);
	K8s__Pod *pod = kn_arena_alloc(a, sizeof(*pod));
	K8s__ObjectMeta *meta = kn_arena_alloc(a, sizeof(*meta));
	struct kn_object *o = NULL;

	k8s__pod__init(pod);
	k8s__object_meta__init(meta);
	assert_int_equal(kn_object_new(&o, a, &pod->base, NULL), -EINVAL);
	pod->metadata = meta;
	assert_int_equal(kn_object_new(&o, a, &pod->base, NULL), -EINVAL);
	meta->name = (char *)"";
	assert_int_equal(kn_object_new(&o, a, &pod->base, NULL), -EINVAL);
	assert_null(o);
	meta->name = (char *)"n";
	assert_int_equal(kn_object_new(&o, a, &pod->base, NULL), 0);
	assert_string_equal(o->name, "n");
	assert_string_equal(o->ns, "");
	assert_string_equal(o->uid, "");
	assert_ptr_equal(kn_object_ref(o), o);
	assert_null(kn_object_unref(o));
	assert_string_equal(o->name, "n");
	kn_object_unref(o); /* the arena with it: leaks are the sanitizer's to find */
	assert_null(kn_object_unref(NULL));
}

static void test_no_meta(void **state)
{
	K8s__PodSpec spec = K8S__POD_SPEC__INIT;
	K8s__PodList list = K8S__POD_LIST__INIT; /* its metadata is no ObjectMeta */
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__ListMeta meta = K8S__LIST_META__INIT;
	struct kn_object *o = NULL;

	list.metadata = &meta;
	assert_int_equal(kn_object_new(&o, a, &spec.base, NULL), -EINVAL);
	assert_int_equal(kn_object_new(&o, a, &list.base, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_new),
		cmocka_unit_test(test_no_meta),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
