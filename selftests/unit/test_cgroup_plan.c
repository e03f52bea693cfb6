/* SPDX-License-Identifier: Apache-2.0 */
/* Which value goes into which file, on v1, v2 and hybrid machines. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>

#include "kubelet/cgroup/cgroup_priv.h"

static const struct kn_pod_limits limited = {.shares = 512, .quota_us = 50000, .memory_bytes = 67108864};
static const struct kn_pod_limits unlimited = {.shares = 2, .quota_us = -1, .memory_bytes = -1};

static const struct kn_cgroup_controllers v1 = {
	.c = {{"cpu", "/c/cpu", false}, {"cpuset", "/c/cpuset", false}, {"memory", "/c/memory", false}},
	.n = 3};
static const struct kn_cgroup_controllers v2 = {
	.c = {{"memory", "/c", true}, {"cpu", "/c", true}, {"rdma", "/c", true}}, .n = 3};
static const struct kn_cgroup_controllers hybrid = {
	.c = {{"cpu", "/c/cpu", false}, {"hugetlb", "/c/unified", true}, {"memory", "/c/unified", true}},
	.n = 3};

static void expect(const struct kn_cgroup_controllers *have, const struct kn_pod_limits *l, bool shares_only,
		   const char *const *want, size_t n)
{
	struct kn_cgroup_value v[KN_CGROUP_VALUES_MAX];
	char text[128];

	assert_int_equal(kn_cgroup_values(have, l, 100000, shares_only, v), n);
	for (size_t i = 0; i < n; i++) {
		snprintf(text, sizeof(text), "%s %s=%s", v[i].controller, v[i].file, v[i].value);
		assert_string_equal(text, want[i]);
	}
}

#define EXPECT(have, l, shares_only, ...)                                                                    \
	do {                                                                                                 \
		static const char *const want[] = {__VA_ARGS__};                                             \
		expect(have, l, shares_only, want, KN_ARRAY_SIZE(want));                                     \
	} while (0)

static void v1_files(void **state)
{
	EXPECT(&v1, &limited, false, "cpu cpu.shares=512", "cpu cpu.cfs_period_us=100000",
	       "cpu cpu.cfs_quota_us=50000", "memory memory.limit_in_bytes=67108864");
	EXPECT(&v1, &unlimited, false, "cpu cpu.shares=2", "cpu cpu.cfs_period_us=100000",
	       "cpu cpu.cfs_quota_us=-1", "memory memory.limit_in_bytes=-1");
	EXPECT(&v1, &unlimited, true, "cpu cpu.shares=2");
}

static void v2_files(void **state)
{
	char weight[64];
	const char *first[] = {weight, "cpu cpu.max=50000 100000", "memory memory.max=67108864"};

	snprintf(weight, sizeof(weight), "cpu cpu.weight=%lld", (long long)kn_shares_to_weight(512));
	expect(&v2, &limited, false, first, 3);
	EXPECT(&v2, &unlimited, false, "cpu cpu.weight=1", "cpu cpu.max=max 100000", "memory memory.max=max");
	EXPECT(&v2, &unlimited, true, "cpu cpu.weight=1");
}

static void only_what_is_mounted(void **state)
{
	static const struct kn_cgroup_controllers none = {.n = 0};
	struct kn_cgroup_value v[KN_CGROUP_VALUES_MAX];

	assert_int_equal(kn_cgroup_values(&none, &limited, 100000, false, v), 0);
	/* cgroup2 beside v1 only holds processes. */
	EXPECT(&hybrid, &limited, false, "cpu cpu.shares=512", "cpu cpu.cfs_period_us=100000",
	       "cpu cpu.cfs_quota_us=50000");
}

static void wanted_controllers(void **state)
{
	assert_true(kn_cgroup_wanted(&v1, &v1.c[1]));
	assert_true(kn_cgroup_wanted(&v2, &v2.c[0]));
	assert_false(kn_cgroup_wanted(&v2, &v2.c[2]));
	assert_true(kn_cgroup_wanted(&hybrid, &hybrid.c[0]));
	assert_false(kn_cgroup_wanted(&hybrid, &hybrid.c[1]));
	assert_ptr_equal(kn_cgroup_find(&v1, "memory"), &v1.c[2]);
	assert_null(kn_cgroup_find(&v1, "mem"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(v1_files), cmocka_unit_test(v2_files),
					   cmocka_unit_test(only_what_is_mounted),
					   cmocka_unit_test(wanted_controllers)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
