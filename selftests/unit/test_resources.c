/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static void test_numbers(void **state)
{
	static const struct {
		int64_t milli, shares, quota;
	} t[] = {{0, 2, -1},	    {1, 2, 1000},	  {250, 256, 25000},
		 {500, 512, 50000}, {1000, 1024, 100000}, {INT64_MAX, 262144, -1}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		assert_int_equal(kn_milli_to_shares(t[i].milli), t[i].shares);
		assert_int_equal(kn_milli_to_quota(t[i].milli, 100000), t[i].quota);
	}
	assert_int_equal(kn_shares_to_weight(0), 1);
	assert_int_equal(kn_shares_to_weight(2), 1);
	assert_int_equal(kn_shares_to_weight(1024), 39);
	assert_int_equal(kn_shares_to_weight(262144), 10000);
}

static void test_oom_score(void **state)
{
	static const struct {
		const char *pod;
		int score;
	} t[] = {
		{POD(CTR("")), 1000},
		{POD(CTR(", resources: {limits: {cpu: 1, memory: 1Gi}}")), -997},
		{POD(CTR(", resources: {requests: {memory: 1Gi}}")), 750},
		{POD(CTR(", resources: {requests: {memory: 4Gi}}")), 3},
		{POD(CTR(", resources: {requests: {cpu: 1}}")), 999},
		{POD("priorityClassName: system-node-critical, " CTR("")), -997},
	};
	const struct kn_node_ctx n = {.memory_bytes = 4LL << 30};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_pod *p = pod_make(t[i].pod);

		assert_int_equal(kn_oom_score_adj(&n, p, p->obj->spec->containers[0]), t[i].score);
		kn_pod_unref(p);
	}
}

static void test_container(void **state)
{
	static const struct {
		const char *pod;
		int64_t shares, quota, memory;
	} t[] = {
		{POD(CTR("")), 2, -1, 0},
		{POD(CTR(", resources: {limits: {cpu: 500m, memory: 64Mi}}")), 512, 50000, 64 << 20},
		{POD(CTR(", resources: {requests: {cpu: 0}, limits: {cpu: 1}}")), 2, 100000, 0},
	};
	const struct kn_node_ctx n = {.memory_bytes = 4LL << 30, .cpu_quota_period_us = 100000};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_pod *p = pod_make(t[i].pod);
		const Cri__LinuxContainerResources *r =
			kn_gen_resources(a, &n, p, p->obj->spec->containers[0]);

		assert_int_equal(r->cpu_shares, t[i].shares);
		assert_int_equal(r->cpu_quota, t[i].quota);
		assert_int_equal(r->memory_limit_in_bytes, t[i].memory);
		kn_pod_unref(p);
	}
}

static void test_pod(void **state)
{
	static const struct {
		const char *pod;
		struct kn_pod_limits l;
	} t[] = {
		{POD(CTR("")), {2, -1, -1}},
		{POD("containers: [{name: a, image: i, resources: {limits: {cpu: 1, memory: 1Mi}}}, "
		     "{name: b, image: i, resources: {limits: {cpu: 1, memory: 1Mi}}}]"),
		 {2048, 200000, 2 << 20}},
		{POD("containers: [{name: a, image: i, resources: {limits: {cpu: 1}}}, {name: b, image: i}]"),
		 {1024, -1, -1}},
		/* An init container runs beside the sidecars started before it, not those after it. */
		{POD("initContainers: [{name: s, image: i, restartPolicy: Always, resources: {limits: {cpu: "
		     "1}}}, "
		     "{name: x, image: i, resources: {limits: {cpu: 4}}}, "
		     "{name: z, image: i, restartPolicy: Always, resources: {limits: {cpu: 1}}}], "
		     "containers: [{name: a, image: i, resources: {limits: {cpu: 1}}}]"),
		 {5120, 500000, -1}},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_pod *p = pod_make(t[i].pod);
		struct kn_pod_limits l;

		kn_pod_limits(p, 100000, &l);
		assert_int_equal(l.shares, t[i].l.shares);
		assert_int_equal(l.quota_us, t[i].l.quota_us);
		assert_int_equal(l.memory_bytes, t[i].l.memory_bytes);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_numbers),
		cmocka_unit_test(test_oom_score),
		cmocka_unit_test(test_container),
		cmocka_unit_test(test_pod),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
