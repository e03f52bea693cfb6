/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubelet/status/status_patch.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"

static const K8s__PodStatus *status(struct kn_arena *a, const char *yaml)
{
	struct kn_node *n = NULL;
	ProtobufCMessage *m = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__pod_status__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	return (const K8s__PodStatus *)m;
}

/* want: what stands in "status"; NULL: there is no patch. */
static void expect(const char *from, const char *to, const char *want)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *whole = kn_sprintf("before{\"metadata\":{\"uid\":\"u1\"},\"status\":%s}", want);
	kn_auto_buf struct kn_buf b = {0};

	kn_buf_adds(&b, "before");
	assert_int_equal(kn_status_patch(&b, "u1", from ? status(a, from) : NULL, status(a, to)),
			 want != NULL);
	assert_string_equal(b.data, want ? whole : "before");
	assert_int_equal(b.len, strlen(b.data));
}

static void test_plain_fields(void **state)
{
	expect("{phase: Running}", "{phase: Running}", NULL);
	expect(NULL, "{}", NULL);
	expect(NULL, "{phase: Pending, qosClass: Burstable, startTime: '2026-01-01T00:00:00Z'}",
	       "{\"phase\":\"Pending\",\"qosClass\":\"Burstable\",\"startTime\":\"2026-01-01T00:00:00Z\"}");
	expect("{phase: Running, reason: Evicted}", "{phase: Running}", "{\"reason\":null}");
	expect("{phase: Running, reason: ''}", "{phase: Running}", NULL);
	expect("{observedGeneration: 1}", "{observedGeneration: 2}", "{\"observedGeneration\":2}");
	expect("{startTime: '2026-01-01T00:00:00Z'}", "{}", NULL); /* never taken back */
	expect("{message: x}", "{message: \"a\\\"b\\n\"}", "{\"message\":\"a\\\"b\\n\"}");
}

static void test_addresses_are_replaced(void **state)
{
	expect("{podIPs: [{ip: 10.0.0.1}]}", "{podIPs: [{ip: 10.0.0.1}]}", NULL);
	expect("{podIPs: [{ip: 10.0.0.1}]}", "{podIPs: [{ip: 10.0.0.2}, {ip: 'fd00::2'}]}",
	       "{\"podIPs\":[{\"ip\":\"10.0.0.2\"},{\"ip\":\"fd00::2\"},{\"$patch\":\"replace\"}]}");
	expect("{podIPs: [{ip: 10.0.0.1}]}", "{}", "{\"podIPs\":[{\"$patch\":\"replace\"}]}");
}

#define COND(type, status, more) "{type: " type ", status: '" status "'" more "}"

static void test_conditions_of_ours_alone(void **state)
{
	static const char ready[] =
		"{\"conditions\":[{\"type\":\"Ready\",\"status\":\"False\",\"reason\":\"R\",\"message\":null,"
		"\"lastProbeTime\":null,\"lastTransitionTime\":\"2026-01-01T00:00:00Z\"}]}";

	expect("{conditions: [" COND("Ready", "True", "") ", " COND("Initialized", "True", "") "]}",
	       "{conditions: [" COND("Initialized", "True", "") ", " COND(
		       "Ready", "False", ", reason: R, lastTransitionTime: '2026-01-01T00:00:00Z'") "]}",
	       ready);
	expect("{conditions: [" COND("example.com/x", "True", "") "]}",
	       "{conditions: [" COND("example.com/x", "False", "") "]}", NULL); /* another's */
	expect(NULL, "{conditions: [" COND("example.com/x", "False", "") "]}", NULL);
	expect("{conditions: [" COND("Ready", "True", ", lastProbeTime: '2026-01-01T00:00:00Z'") "]}",
	       "{conditions: [" COND("Ready", "True", "") "]}", NULL);
	expect(NULL, "{conditions: [" COND("DisruptionTarget", "True", ", observedGeneration: 4") "]}",
	       "{\"conditions\":[{\"type\":\"DisruptionTarget\",\"status\":\"True\",\"reason\":null,"
	       "\"message\":null,\"observedGeneration\":4,\"lastProbeTime\":null}]}");
}

static void test_containers_come_whole(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	static const char from[] = "{containerStatuses: [{name: a, restartCount: 1}, {name: b}]}",
			  to[] = "{containerStatuses: [{name: a, restartCount: 2}, {name: b}]}";
	kn_auto_buf struct kn_buf b = {0};

	expect(from, from, NULL);
	assert_true(kn_status_patch(&b, "u1", status(a, from), status(a, to)));
	assert_non_null(strstr(b.data, "\"status\":{\"containerStatuses\":[{\"name\":\"a\""));
	assert_non_null(strstr(b.data, "\"restartCount\":2"));
	assert_non_null(strstr(b.data, "{\"name\":\"b\"")); /* a list without merge key */
	assert_null(strstr(b.data, "initContainerStatuses"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_plain_fields),
		cmocka_unit_test(test_addresses_are_replaced),
		cmocka_unit_test(test_conditions_of_ours_alone),
		cmocka_unit_test(test_containers_come_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
