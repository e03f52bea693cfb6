// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <string.h>
#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/manifest_parse.h"

#define POD(name)                                                                                            \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name                                                  \
	"}\nspec:\n  containers:\n  - {name: c, image: i}\n"
#define BAD(name)                                                                                            \
	"apiVersion: v1\nkind: Pod\nmetadata: {name: " name                                                  \
	"}\nspec:\n  containers:\n  - {name: c, imagee: i}\n"

static struct kn_manifest_list parse(const char *text)
{
	struct kn_manifest_list l = {0};
	struct kn_err err = KN_ERR_INIT;

	if (kn_manifest_parse("/m/f.yaml", text, strlen(text), &l, &err) < 0)
		fail_msg("%s", err.msg);
	return l;
}

static void test_one_pod(void **state)
{
	kn_auto_manifest_list struct kn_manifest_list l = parse(POD("a"));
	const K8s__Pod *pod;

	assert_int_equal(l.n, 1);
	assert_null(l.entry[0].error);
	assert_string_equal(l.entry[0].key, "Pod/default/a");
	assert_int_equal(l.entry[0].manifest->kind, KN_KIND_POD);
	assert_string_equal(l.entry[0].manifest->file, "/m/f.yaml");
	pod = (const K8s__Pod *)l.entry[0].manifest->obj;
	assert_string_equal(pod->metadata->name, "a");
	assert_string_equal(pod->metadata->namespace_, "default");
	assert_string_equal(pod->spec->containers[0]->image, "i");
}

static void test_kinds_and_namespaces(void **state)
{
	kn_auto_manifest_list struct kn_manifest_list l = parse("%YAML 1.1\n# nothing\n---\n\n---\n" POD(
		"a") "---\napiVersion: v1\nkind: Service\nmetadata:\n"
		     "  name: s\n  namespace: ns\n--- # last\napiVersion: discovery.k8s.io/v1\nkind: "
		     "EndpointSlice\n"
		     "addressType: IPv4\nmetadata: {name: e, namespace: null}\nendpoints: []\n---\n");

	for (size_t i = 0; i < l.n; i++)
		assert_string_equal(l.entry[i].error ? l.entry[i].error : "", "");
	assert_int_equal(l.n, 3);
	assert_string_equal(l.entry[1].key, "Service/ns/s");
	assert_string_equal(l.entry[2].key, "EndpointSlice/default/e");
	assert_int_equal(l.entry[1].manifest->line, 13);
}

static void test_json_and_lists(void **state)
{
	kn_auto_manifest_list struct kn_manifest_list l =
		parse("{\"apiVersion\":\"v1\",\"kind\":\"List\",\"items\":[{\"apiVersion\":\"v1\",\"kind\":"
		      "\"Service\","
		      "\"metadata\":{\"name\":\"a\"}},{\"kind\":\"Bogus\",\"metadata\":{\"name\":\"b\"}}]}");
	kn_auto_manifest_list struct kn_manifest_list p = parse(
		"apiVersion: v1\nkind: ServiceList\nitems:\n- metadata: {name: a}\n- metadata: {name: b}\n"
		"- {kind: Pod, metadata: {name: p}}\n");

	assert_int_equal(l.n, 2);
	assert_string_equal(l.entry[0].key, "Service/default/a");
	assert_null(l.entry[1].manifest);
	assert_non_null(strstr(l.entry[1].error, "Bogus"));
	assert_int_equal(p.n, 3);
	assert_string_equal(p.entry[1].key, "Service/default/b");
	assert_non_null(p.entry[1].manifest);
	assert_null(p.entry[2].manifest);
}

static void test_errors_stay_in_their_document_with_their_line(void **state)
{
	static const struct {
		const char *text, *error;
	} cases[] = {
		{BAD("x"), "imagee"},
		{"a: [\n", "line"},
		{"kind: Pod\nmetadata: {name: x}\n", "line 9: apiVersion"},
		{"apiVersion: v1\nmetadata: {name: x}\n", "line 9: kind: missing"},
		{"apiVersion: apps/v1\nkind: Deployment\nmetadata: {name: x}\n", "Deployment"},
		{"apiVersion: v1\nkind: Pod\n", "metadata.name"},
		{"apiVersion: v1\nkind: Pod\nmetadata: text\n", "metadata.name"},
		{"apiVersion: v1\nkind: Pod\nmetadata: {name: x, namespace: 5}\n",
		 "line 11: metadata.namespace"},
		{"- a\n", "line 9: not an object"},
		{"just text\n", "line 9: not an object"},
		{"apiVersion: v1\nkind: List\nitems: 3\n", "line 11: items"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		kn_auto_free char *text =
			kn_sprintf("---\n%s---\n%s---\n%s", POD("a"), cases[i].text, POD("b"));
		kn_auto_manifest_list struct kn_manifest_list l = parse(text);

		assert_int_equal(l.n, 3);
		assert_string_equal(l.entry[0].key, "Pod/default/a");
		assert_non_null(l.entry[0].manifest);
		assert_null(l.entry[1].manifest);
		if (!strstr(l.entry[1].error, cases[i].error))
			fail_msg("case %zu: %s", i, l.entry[1].error);
		assert_int_equal(strncmp(l.entry[1].error, "line ", 5), 0);
		assert_true(atoi(l.entry[1].error + 5) >= 8);
		assert_non_null(l.entry[2].manifest);
	}
}

static void test_deep_and_long_input_is_an_error(void **state)
{
	kn_auto_free char *deep = kn_calloc(1, 200001);
	kn_auto_buf struct kn_buf many = {0};
	struct kn_manifest_list l = {0};
	struct kn_err err = KN_ERR_INIT;

	memset(deep, '[', 200000);
	l = parse(deep);
	assert_int_equal(l.n, 1);
	assert_null(l.entry[0].manifest);
	kn_manifest_list_free(&l);
	for (int i = 0; i <= KN_MANIFEST_MAX_ENTRIES; i++)
		kn_buf_adds(&many, "---\n1\n");
	assert_int_equal(kn_manifest_parse("f", many.data, many.len, &l, &err), -E2BIG);
	assert_int_equal(l.n, 0);
}

static void test_nothing_is_no_entry(void **state)
{
	static const char *const texts[] = {"", "\n\n", "---\n", "# only words\n---\n# more\n",
					    "%YAML 1.1\n---"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(texts); i++) {
		struct kn_manifest_list l = parse(texts[i]);

		assert_int_equal(l.n, 0);
	}
}

/* What stands in place of a broken text: names of the objects kept, in order; "-" for none. */
static void check_keep(const char *old_text, const char *new_text, const char *expect)
{
	kn_auto_manifest_list struct kn_manifest_list old = parse(old_text), next = parse(new_text);
	kn_auto_buf struct kn_buf b = {0};

	kn_manifest_list_keep(&next, &old);
	for (size_t i = 0; i < next.n; i++) {
		const struct kn_manifest *m = next.entry[i].manifest;

		kn_buf_addf(&b, "%s ", m ? ((const K8s__Pod *)m->obj)->metadata->name : "-");
	}
	assert_string_equal(b.data, expect);
}

static void test_the_old_object_stays(void **state)
{
	check_keep(POD("a") "---\n" POD("b"), POD("a") "---\n" BAD("b"), "a b ");
	/* by name, also from another place */
	check_keep(POD("a") "---\n" POD("b"), BAD("b") "---\n" POD("a"), "b a ");
	/* by place, where the name is not known */
	check_keep(POD("a") "---\n" POD("b"), POD("a") "---\nkind: Pod\n", "a b ");
	check_keep(POD("a") "---\n" POD("b"), "x: [\n---\n" POD("b"), "a b ");
	/* not where its name stands elsewhere now */
	check_keep(POD("a") "---\n" POD("b"), POD("b") "---\nx: [\n", "b - ");
	/* a new name is a new object; the old one was taken out */
	check_keep(POD("a"), BAD("z"), "- ");
	check_keep(POD("a") "---\n" POD("b"), POD("a"), "a ");
	/* a broken list keeps all of its items */
	check_keep("{apiVersion: v1, kind: PodList, items: [{metadata: {name: p}}, {metadata: {name: "
		   "q}}]}\n---\n" POD("z"),
		   "{apiVersion: v1, kind: PodList, items: [\n---\n" POD("z"), "p z q ");
}

static void test_references(void **state)
{
	struct kn_manifest_list old = parse(POD("a")), next = parse(BAD("a"));
	struct kn_manifest *m = kn_manifest_ref(old.entry[0].manifest);

	kn_manifest_list_keep(&next, &old);
	assert_int_equal(m->refs, 3);
	kn_manifest_list_free(&old);
	kn_manifest_list_free(&next);
	assert_int_equal(m->refs, 1);
	assert_null(kn_manifest_unref(m));
	assert_null(kn_manifest_unref(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_pod),
		cmocka_unit_test(test_kinds_and_namespaces),
		cmocka_unit_test(test_json_and_lists),
		cmocka_unit_test(test_errors_stay_in_their_document_with_their_line),
		cmocka_unit_test(test_deep_and_long_input_is_an_error),
		cmocka_unit_test(test_nothing_is_no_entry),
		cmocka_unit_test(test_the_old_object_stays),
		cmocka_unit_test(test_references),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
