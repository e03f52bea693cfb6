/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "selftests/harness/pod_fixture.h"

#define TWO(a, b) POD("containers: [{name: a, image: i" a "}, {name: b, image: i" b "}]")
#define RES(r) ", resources: {" r "}"

static void test_classes(void **state)
{
	static const struct {
		const char *pod, *qos;
	} t[] = {
		{POD(CTR("")), "BestEffort"},
		{POD(CTR(RES("limits: {cpu: 1, memory: 1Gi}"))), "Guaranteed"},
		{POD(CTR(RES("requests: {cpu: 1000m, memory: 1Gi}, limits: {cpu: 1, memory: 1024Mi}"))),
		 "Guaranteed"},
		{POD(CTR(RES("limits: {cpu: 1}"))), "Burstable"},
		{POD(CTR(RES("requests: {cpu: 1, memory: 1Mi}"))), "Burstable"},
		{POD(CTR(RES("requests: {cpu: 0}, limits: {memory: 0}"))), "BestEffort"},
		{POD(CTR(RES("requests: {ephemeral-storage: 1Gi}"))), "BestEffort"},
		{TWO(RES("limits: {cpu: 1, memory: 1Gi}"), ""), "Burstable"},
		{TWO(RES("limits: {cpu: 1, memory: 1Gi}"), RES("limits: {cpu: 2, memory: 1Gi}")),
		 "Guaranteed"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_pod *p = pod_make(t[i].pod);

		assert_string_equal(kn_qos_name(kn_pod_qos(p)), t[i].qos);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_classes)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
