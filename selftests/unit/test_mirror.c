// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/pod/mirror.h"
#include "lib/base/mem.h"

static void made_and_recognised(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	K8s__StringEntry e = K8S__STRING_ENTRY__INIT, *annotations[] = {&e};
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__PodSpec spec = K8S__POD_SPEC__INIT;
	K8s__Pod obj = K8S__POD__INIT, *m;
	K8s__Time now = K8S__TIME__INIT;
	struct kn_pod p = {.obj = &obj, .uid = "u1", .name = "p-n1", .ns = "ns"};

	e.key = (char *)KN_ANNOTATION_HASH;
	e.value = (char *)"h1";
	meta.name = (char *)"p-n1";
	meta.uid = (char *)"u1";
	meta.annotations = annotations;
	meta.n_annotations = 1;
	obj.metadata = &meta;
	obj.spec = &spec;
	assert_false(kn_is_mirror(&meta));

	m = kn_mirror_make(a, &p, "n1", "node-uid", 1700000000000000000LL);
	assert_string_equal(kn_annotation(m->metadata, KN_ANNOTATION_SEEN), "2023-11-14T22:13:20Z");
	assert_true(kn_is_mirror(m->metadata));
	assert_string_equal(kn_annotation(m->metadata, KN_ANNOTATION_MIRROR), "h1");
	assert_null(m->metadata->uid);
	assert_int_equal(m->metadata->n_ownerreferences, 1);
	assert_string_equal(m->metadata->ownerreferences[0]->kind, "Node");
	assert_string_equal(m->metadata->ownerreferences[0]->uid, "node-uid");
	assert_true(m->metadata->ownerreferences[0]->controller);
	assert_int_equal(meta.n_annotations, 1); /* the pod itself is as it was */

	struct kn_object o = {.meta = m->metadata};
	assert_true(kn_mirror_shows(&o, &p));
	e.value = (char *)"h2"; /* the file was edited */
	assert_false(kn_mirror_shows(&o, &p));
	e.value = (char *)"h1";
	m->metadata->deletiontimestamp = &now; /* somebody deletes it */
	assert_false(kn_mirror_shows(&o, &p));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(made_and_recognised),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
