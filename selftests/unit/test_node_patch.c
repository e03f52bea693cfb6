/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubelet/node/node_status.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"

static const K8s__Node *node(struct kn_arena *a, const char *metadata, const char *status)
{
	kn_auto_free char *yaml = kn_sprintf("{metadata: {name: n1%s}, status: {%s}}", metadata, status);
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__node__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	return (const K8s__Node *)m;
}

static void metadata(const char *from, const char *to, const char *want)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *whole = kn_sprintf("{\"metadata\":{%s},\"status\":{\"conditions\":[]}}", want);
	kn_auto_buf struct kn_buf b = {0};

	kn_node_patch(node(a, from, ""), node(a, to, ""), &b);
	assert_string_equal(b.data, whole);
}

static void test_labels_and_annotations(void **state)
{
	metadata(", labels: {a: '1'}", ", labels: {a: '1'}", "");
	metadata(", labels: {a: '1', b: '2', c: '3'}", ", labels: {c: '4', a: '1', d: ''}",
		 "\"labels\":{\"c\":\"4\",\"d\":\"\",\"b\":null}");
	metadata("", ", annotations: {x/y: v}", "\"annotations\":{\"x/y\":\"v\"}");
	metadata(", annotations: {x/y: v}", "", "\"annotations\":{\"x/y\":null}");
}

static void status(const char *from, const char *to, const char *want)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *whole = kn_sprintf("{\"metadata\":{},\"status\":{%s}}", want);
	kn_auto_buf struct kn_buf b = {0};

	kn_node_patch(node(a, "", from), node(a, "", to), &b);
	assert_string_equal(b.data, whole);
}

static void test_resources(void **state)
{
	status("capacity: {cpu: '2', a.b/gone: '1'}, allocatable: {cpu: '1'}",
	       "capacity: {cpu: '4', memory: 1Gi}, allocatable: {cpu: '1'}",
	       "\"capacity\":{\"cpu\":\"4\",\"memory\":\"1Gi\",\"a.b/gone\":null},\"conditions\":[]");
}

/* All of them, for two addresses may be of one type, which is the merge key. */
static void test_addresses_are_replaced(void **state)
{
	status("addresses: [{type: InternalIP, address: 10.0.0.1}]",
	       "addresses: [{type: InternalIP, address: 10.0.0.1}, {type: InternalIP, address: 'fd00::1'}]",
	       "\"addresses\":[{\"type\":\"InternalIP\",\"address\":\"10.0.0.1\"},{\"type\":\"InternalIP\","
	       "\"address\":\"fd00::1\"},{\"$patch\":\"replace\"}],\"conditions\":[]");
	status("addresses: [{type: Hostname, address: h}]", "addresses: [{type: Hostname, address: h}]",
	       "\"conditions\":[]");
}

static void test_conditions_that_changed(void **state)
{
	status("conditions: [{type: Ready, status: 'True'}, {type: Other, status: 'True'}, {type: "
	       "DiskPressure, status: 'False'}]",
	       "conditions: [{type: Ready, status: 'False'}, {type: DiskPressure, status: 'False'}]",
	       "\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\"}]");
}

static void test_lists(void **state)
{
	status("images: [{names: [a]}], daemonEndpoints: {kubeletEndpoint: {Port: 1}}, declaredFeatures: [x]",
	       "images: [{names: [a]}, {names: [b], sizeBytes: 7}], daemonEndpoints: {kubeletEndpoint: "
	       "{Port: "
	       "10250}}",
	       "\"conditions\":[],\"daemonEndpoints\":{\"kubeletEndpoint\":{\"Port\":10250}},\"images\":[{"
	       "\"names\":[\"a\"]},{\"names\":[\"b\"],\"sizeBytes\":7}],\"declaredFeatures\":null");
}

static void test_a_node_without_status(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Node old = *node(a, "", "");
	kn_auto_buf struct kn_buf b = {0}, c = {0};

	old.status = NULL;
	kn_node_patch(&old, node(a, "", "capacity: {cpu: '1'}"), &b);
	assert_non_null(strstr(b.data, "\"capacity\":{\"cpu\":\"1\"}"));
	kn_node_patch(node(a, "", ""), &old, &c);
	assert_string_equal(c.data, "{\"metadata\":{}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_labels_and_annotations),
		cmocka_unit_test(test_resources),
		cmocka_unit_test(test_addresses_are_replaced),
		cmocka_unit_test(test_conditions_that_changed),
		cmocka_unit_test(test_lists),
		cmocka_unit_test(test_a_node_without_status),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
