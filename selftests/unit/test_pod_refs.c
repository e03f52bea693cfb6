/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/volume/refs.h"
#include "selftests/harness/pod_fixture.h"

static void note(void *user, enum kn_ref_kind kind, const char *name)
{
	char *text = user;
	size_t n = strlen(text);

	snprintf(text + n, 256 - n, "%s%c:%s", n ? " " : "", kind == KN_REF_SECRET ? 's' : 'c', name);
}

static void expect(const char *yaml, const char *refs)
{
	struct kn_pod *p = pod_make(yaml);
	char text[256] = "";

	kn_pod_refs_each(p, note, text);
	assert_string_equal(text, refs);
	kn_pod_unref(p);
}

static void test_each(void **state)
{
	expect(POD(CTR("")), "");
	expect(POD("volumes: [{name: a, secret: {secretName: v1}}, {name: b, configMap: {name: v2}}, {name: "
		   "c, "
		   "projected: {sources: [{secret: {name: p1}}, {configMap: {name: p2}}, {downwardAPI: "
		   "{}}]}}, "
		   "{name: d, emptyDir: {}}], imagePullSecrets: [{name: pull}], " CTR("")),
	       "s:v1 c:v2 s:p1 c:p2 s:pull");
	expect(POD(CTR(", envFrom: [{secretRef: {name: f1}}, {configMapRef: {name: f2}}], env: [{name: A, "
		       "valueFrom: {secretKeyRef: {name: e1, key: k}}}, {name: B, valueFrom: "
		       "{configMapKeyRef: {name: e2, key: k}}}, {name: C, value: x}]")),
	       "s:f1 c:f2 s:e1 c:e2");
	expect(POD("initContainers: [{name: i, image: i, envFrom: [{secretRef: {name: of-init}}]}], " CTR(
		       "")),
	       "s:of-init");
}

static void needs(const char *yaml, const char *what)
{
	struct kn_pod *p = pod_make(yaml);

	if (what)
		assert_string_equal(kn_pod_api_reference(p), what);
	else
		assert_null(kn_pod_api_reference(p));
	kn_pod_unref(p);
}

static void test_what_a_static_pod_may_not_name(void **state)
{
	needs(POD("volumes: [{name: a, emptyDir: {}}, {name: b, hostPath: {path: /x}}], " CTR("")), NULL);
	needs(POD("volumes: [{name: a, secret: {secretName: s}}], " CTR("")), "secrets");
	needs(POD("imagePullSecrets: [{name: s}], " CTR("")), "secrets");
	needs(POD(CTR(", envFrom: [{configMapRef: {name: c}}]")), "configmaps");
	needs(POD("serviceAccountName: sa, " CTR("")), "serviceaccounts");
	needs(POD("volumes: [{name: a, projected: {sources: [{serviceAccountToken: {path: t}}]}}], " CTR("")),
	      "serviceaccounts (via projected volumes)");
	needs(POD("volumes: [{name: a, projected: {sources: [{downwardAPI: {}}]}}], " CTR("")), NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each),
		cmocka_unit_test(test_what_a_static_pod_may_not_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
