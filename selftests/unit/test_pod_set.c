/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/pod/pod_set.h"
#include "lib/k8s/manifest_parse.h"
#include "selftests/harness/pod_fixture.h"

#define MANIFEST(name, image)                                                                                \
	"{apiVersion: v1, kind: Pod, metadata: {name: " name                                                 \
	"}, spec: {containers: [{name: c, image: " image "}]}}"

static struct kn_manifest *load(const char *file, const char *text)
{
	kn_auto_manifest_list struct kn_manifest_list l = {0};

	assert_int_equal(kn_manifest_parse(file, text, strlen(text), &l, NULL), 0);
	assert_int_equal(l.n, 1);
	assert_non_null(l.entry[0].manifest);
	return kn_manifest_ref(l.entry[0].manifest);
}

static void test_unchanged_keeps_the_pod(void **state)
{
	struct kn_manifest *one = load("/m/a", MANIFEST("a", "i")), *two = load("/m/b", MANIFEST("b", "i"));
	struct kn_pod_set *s = kn_pod_set_new("n1", NULL);
	const struct kn_pod *first;
	size_t n;

	kn_pod_set_update(s, &one, 1);
	first = kn_pod_set_get(s, &n)[0];
	assert_int_equal(n, 1);
	assert_string_equal(first->name, "a-n1");
	kn_pod_set_update(s, (struct kn_manifest *[]){two, one}, 2);
	assert_ptr_equal(kn_pod_set_get(s, &n)[1], first);
	assert_int_equal(n, 2);
	kn_pod_set_update(s, NULL, 0);
	kn_pod_set_get(s, &n);
	assert_int_equal(n, 0);
	kn_pod_set_free(s);
	kn_manifest_unref(one);
	kn_manifest_unref(two);
}

static void test_invalid_keeps_the_old(void **state)
{
	struct kn_manifest *good = load("/m/a", MANIFEST("a", "i")), *bad = load("/m/a", MANIFEST("a", "''"));
	struct kn_pod_set *s = kn_pod_set_new("n1", NULL);
	const struct kn_pod *first;
	size_t n;

	kn_pod_set_update(s, &bad, 1);
	kn_pod_set_get(s, &n);
	assert_int_equal(n, 0);
	kn_pod_set_update(s, &good, 1);
	first = kn_pod_set_get(s, &n)[0];
	kn_pod_set_update(s, &bad, 1);
	assert_ptr_equal(kn_pod_set_get(s, &n)[0], first);
	kn_pod_set_update(s, &bad, 1);
	assert_ptr_equal(kn_pod_set_get(s, &n)[0], first);
	kn_pod_set_free(s);
	kn_manifest_unref(good);
	kn_manifest_unref(bad);
}

/* The one left out comes up once the name is free, though its own manifest is as it was. */
static void test_doubles(void **state)
{
	struct kn_manifest *one = load("/m/a", MANIFEST("a", "i")), *two = load("/m/b", MANIFEST("a", "j"));
	struct kn_pod_set *s = kn_pod_set_new("n1", NULL);
	size_t n;

	kn_pod_set_update(s, (struct kn_manifest *[]){one, two}, 2);
	assert_string_equal(kn_pod_set_get(s, &n)[0]->file, "/m/a");
	assert_int_equal(n, 1);
	kn_pod_set_update(s, &two, 1);
	kn_pod_set_get(s, &n);
	assert_int_equal(n, 1);
	assert_string_equal(kn_pod_set_get(s, &n)[0]->file, "/m/b");
	kn_pod_set_free(s);
	kn_manifest_unref(one);
	kn_manifest_unref(two);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unchanged_keeps_the_pod),
		cmocka_unit_test(test_invalid_keeps_the_old),
		cmocka_unit_test(test_doubles),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
