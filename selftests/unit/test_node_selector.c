/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/pod/admission.h"
#include "selftests/harness/pod_fixture.h"

#define AFFINITY(terms)                                                                                      \
	"affinity: {nodeAffinity: {requiredDuringSchedulingIgnoredDuringExecution: {nodeSelectorTerms: "     \
	"[" terms "]}}}, "
#define EXPR(key, op, values) "{matchExpressions: [{key: " key ", operator: " op ", values: [" values "]}]}"
#define NAMED(op, name) "{matchFields: [{key: metadata.name, operator: " op ", values: [" name "]}]}"

static bool fits(const char *yaml)
{
	static const char node[] = "{metadata: {name: n1, labels: {disk: ssd, cpus: '16', empty: ''}}}";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_pod *p = pod_make(yaml);
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;
	bool r;

	assert_int_equal(kn_yaml_parse(node, strlen(node), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__node__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	r = kn_node_selector_matches(p, (const K8s__Node *)m);
	kn_pod_unref(p);
	return r;
}

static void test_selectors(void **state)
{
	assert_true(fits(POD(CTR(""))));
	assert_true(fits(POD("nodeSelector: {disk: ssd}, " CTR(""))));
	assert_true(fits(POD("nodeSelector: {disk: ssd, empty: ''}, " CTR(""))));
	assert_false(fits(POD("nodeSelector: {disk: hdd}, " CTR(""))));
	assert_false(fits(POD("nodeSelector: {disk: ssd, zone: a}, " CTR(""))));
	assert_false(fits(POD("nodeSelector: {zone: ''}, " CTR("")))); /* not there is not empty */
}

static void test_operators(void **state)
{
	static const struct {
		const char *yaml;
		bool fits;
	} t[] = {
		{POD(AFFINITY(EXPR("disk", "In", "hdd, ssd")) CTR("")), true},
		{POD(AFFINITY(EXPR("disk", "In", "hdd")) CTR("")), false},
		{POD(AFFINITY(EXPR("zone", "In", "''")) CTR("")), false},
		{POD(AFFINITY(EXPR("disk", "NotIn", "hdd")) CTR("")), true},
		{POD(AFFINITY(EXPR("disk", "NotIn", "ssd")) CTR("")), false},
		{POD(AFFINITY(EXPR("zone", "NotIn", "a")) CTR("")), true},
		{POD(AFFINITY(EXPR("empty", "Exists", "")) CTR("")), true},
		{POD(AFFINITY(EXPR("zone", "Exists", "")) CTR("")), false},
		{POD(AFFINITY(EXPR("zone", "DoesNotExist", "")) CTR("")), true},
		{POD(AFFINITY(EXPR("empty", "DoesNotExist", "")) CTR("")), false},
		{POD(AFFINITY(EXPR("cpus", "Gt", "'15'")) CTR("")), true},
		{POD(AFFINITY(EXPR("cpus", "Gt", "'16'")) CTR("")), false},
		{POD(AFFINITY(EXPR("cpus", "Lt", "'17'")) CTR("")), true},
		{POD(AFFINITY(EXPR("cpus", "Lt", "'9'")) CTR("")), false},
		{POD(AFFINITY(EXPR("cpus", "Gt", "abc")) CTR("")), false},
		{POD(AFFINITY(EXPR("disk", "Gt", "'1'")) CTR("")), false},
		{POD(AFFINITY(EXPR("empty", "Lt", "'1'")) CTR("")), false},
		{POD(AFFINITY(EXPR("cpus", "Lt", "'99999999999999999999'")) CTR("")), false},
		{POD(AFFINITY(EXPR("cpus", "Gt", "'1', '2'")) CTR("")), false},
		{POD(AFFINITY(EXPR("disk", "Near", "ssd")) CTR("")), false},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++)
		if (fits(t[i].yaml) != t[i].fits)
			fail_msg("%s", t[i].yaml);
}

static void test_terms(void **state)
{
	/* One term is enough, all of a term is needed, an empty one and none at all select nothing. */
	assert_true(fits(POD(AFFINITY(EXPR("disk", "In", "hdd") ", " EXPR("cpus", "Exists", "")) CTR(""))));
	assert_false(fits(POD(AFFINITY("{matchExpressions: [{key: disk, operator: Exists}, {key: zone, "
				       "operator: Exists}]}") CTR(""))));
	assert_false(fits(POD(AFFINITY("{}") CTR(""))));
	assert_false(fits(POD(AFFINITY("") CTR(""))));
	assert_false(fits(POD("nodeSelector: {disk: hdd}, " AFFINITY(EXPR("cpus", "Exists", "")) CTR(""))));
}

static void test_by_name(void **state)
{
	assert_true(fits(POD(AFFINITY(NAMED("In", "n1")) CTR("")))); /* as DaemonSets do */
	assert_false(fits(POD(AFFINITY(NAMED("In", "n2")) CTR(""))));
	assert_false(fits(POD(AFFINITY(NAMED("NotIn", "n1")) CTR(""))));
	assert_false(fits(
		POD(AFFINITY("{matchFields: [{key: metadata.uid, operator: In, values: [n1]}]}") CTR(""))));
	assert_false(fits(POD(AFFINITY("{matchExpressions: [{key: zone, operator: Exists}], matchFields: "
				       "[{key: metadata.name, operator: In, values: [n1]}]}") CTR(""))));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_selectors),
		cmocka_unit_test(test_operators),
		cmocka_unit_test(test_terms),
		cmocka_unit_test(test_by_name),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
