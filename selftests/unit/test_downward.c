/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/volume/downward.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {
	.node_name = "n1", .host_ip = "192.0.2.1", .cpu_milli = 2500, .memory_bytes = 1LL << 30};
static const char *const ips[] = {"10.0.0.2", "fd00::2", NULL};

#define META                                                                                                 \
	"{metadata: {name: p, namespace: ns1, uid: u1, labels: {b: '2', a: \"1\", a.b/c: x}, annotations: "  \
	"{q: "                                                                                               \
	"\"say \\\"hi\\\"\\n\\tback\\\\slash\\x01 \\u00e4\"}}, spec: {serviceAccountName: sa, " CTR("") "}}"

static void expect(const char *path, const char *value)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_pod *p = pod_make(META);
	const char *v = kn_downward_field(a, &node, p, ips, path);

	if (value)
		assert_string_equal(v, value);
	else
		assert_null(v);
	kn_pod_unref(p);
}

static void test_fields(void **state)
{
	expect("metadata.name", "p");
	expect("metadata.namespace", "ns1");
	expect("metadata.uid", "u1");
	expect("spec.nodeName", "n1");
	expect("spec.serviceAccountName", "sa");
	expect("status.hostIP", "192.0.2.1");
	expect("status.podIP", "10.0.0.2");
	expect("status.podIPs", "10.0.0.2,fd00::2");
	expect("status.phase", NULL);
	expect("metadata", NULL);
	expect("", NULL);
}

static void test_maps(void **state)
{
	expect("metadata.labels", "a=\"1\"\na.b/c=\"x\"\nb=\"2\"");
	expect("metadata.annotations", "q=\"say \\\"hi\\\"\\n\\tback\\\\slash\\x01 \u00e4\"");
	expect("metadata.labels['a']", "1");
	expect("metadata.labels['a.b/c']", "x");
	expect("metadata.labels['none']", "");
	expect("metadata.labels['a'", NULL);
	expect("metadata.labels['", NULL);
	expect("metadata.labels['']", "");
	expect("metadata.labels[a]", NULL);
	expect("metadata.names['a']", NULL);
}

static void test_no_address_yet(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	static const char *const none[] = {NULL};
	struct kn_pod *p = pod_make(POD(CTR("")));

	assert_string_equal(kn_downward_field(a, &node, p, NULL, "status.podIP"), "");
	assert_string_equal(kn_downward_field(a, &node, p, none, "status.podIPs"), "");
	assert_string_equal(kn_downward_field(a, &node, p, NULL, "metadata.labels"), "");
	kn_pod_unref(p);
}

static void resource(const char *name, const char *container, const char *divisor, const char *value)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_pod *p = pod_make(POD(
		"containers: [{name: c, image: i, resources: {requests: {cpu: 1500m, memory: 100Mi}, limits: "
		"{ephemeral-storage: 1Gi}}}, {name: d, image: i}]"));
	K8s__ResourceFieldSelector f = K8S__RESOURCE_FIELD_SELECTOR__INIT;
	K8s__Quantity q = K8S__QUANTITY__INIT;
	const char *v;

	f.resource = (char *)name;
	f.containername = (char *)container;
	q.string = (char *)divisor;
	f.divisor = divisor ? &q : NULL;
	v = kn_downward_resource(a, &node, p, p->obj->spec->containers[0], &f);
	if (value)
		assert_string_equal(v, value);
	else
		assert_null(v);
	kn_pod_unref(p);
}

static void test_resources(void **state)
{
	resource("requests.cpu", NULL, NULL, "2"); /* rounded up */
	resource("requests.cpu", NULL, "1m", "1500");
	resource("requests.cpu", NULL, "0", "2");
	resource("requests.memory", NULL, NULL, "104857600");
	resource("requests.memory", NULL, "1Mi", "100");
	resource("requests.memory", NULL, "1Gi", "1");
	resource("limits.cpu", NULL, NULL, "3"); /* the node's */
	resource("limits.memory", NULL, "1Mi", "1024");
	resource("limits.ephemeral-storage", NULL, "1Mi", "1024");
	resource("requests.cpu", "d", NULL, "0");
	resource("requests.cpu", "e", NULL, NULL);
	resource("requests.gpu", NULL, NULL, NULL);
	resource("cpu", NULL, NULL, NULL);
	resource("requests.cpu", NULL, "x", NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_fields),
		cmocka_unit_test(test_maps),
		cmocka_unit_test(test_no_address_yet),
		cmocka_unit_test(test_resources),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
