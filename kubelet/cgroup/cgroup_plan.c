/* SPDX-License-Identifier: Apache-2.0 */
/* Which file of which controller gets which value. */
#include <stdarg.h>
#include <stdio.h>
#include <string.h>

#include "kubelet/cgroup/cgroup_priv.h"

const struct kn_cgroup_controller *kn_cgroup_find(const struct kn_cgroup_controllers *have, const char *name)
{
	for (size_t i = 0; i < have->n; i++)
		if (!strcmp(have->c[i].name, name))
			return &have->c[i];
	return NULL;
}

bool kn_cgroup_wanted(const struct kn_cgroup_controllers *have, const struct kn_cgroup_controller *c)
{
	static const char *const v2[] = {"cpu", "cpuset", "memory", "pids", "io", "hugetlb"};

	/* v1: in each hierarchy, as the runtime puts its groups into each. */
	if (!c->v2)
		return strcmp(c->name, "cgroup") != 0;
	/* v2 beside v1 is only a place for processes. */
	for (size_t i = 0; i < have->n; i++)
		if (!have->c[i].v2)
			return false;
	for (size_t i = 0; i < KN_ARRAY_SIZE(v2); i++)
		if (!strcmp(c->name, v2[i]))
			return true;
	return false;
}

__attribute__((format(printf, 4, 5))) static void add(struct kn_cgroup_value **v, const char *controller,
						      const char *file, const char *fmt, ...)
{
	va_list ap;

	(*v)->controller = controller;
	(*v)->file = file;
	va_start(ap, fmt);
	vsnprintf((*v)->value, sizeof((*v)->value), fmt, ap);
	va_end(ap);
	(*v)++;
}

size_t kn_cgroup_values(const struct kn_cgroup_controllers *have, const struct kn_pod_limits *l,
			int64_t period_us, bool shares_only,
			struct kn_cgroup_value values[KN_CGROUP_VALUES_MAX])
{
	const struct kn_cgroup_controller *cpu = kn_cgroup_find(have, "cpu");
	const struct kn_cgroup_controller *memory = kn_cgroup_find(have, "memory");
	long long period = period_us, quota = l->quota_us, bytes = l->memory_bytes;
	struct kn_cgroup_value *v = values;

	if (cpu && !kn_cgroup_wanted(have, cpu))
		cpu = NULL;
	if (shares_only || (memory && !kn_cgroup_wanted(have, memory)))
		memory = NULL;
	if (cpu && cpu->v2)
		add(&v, "cpu", "cpu.weight", "%lld", (long long)kn_shares_to_weight(l->shares));
	else if (cpu)
		add(&v, "cpu", "cpu.shares", "%lld", (long long)l->shares);
	if (cpu && cpu->v2 && !shares_only) {
		if (quota < 0)
			add(&v, "cpu", "cpu.max", "max %lld", period);
		else
			add(&v, "cpu", "cpu.max", "%lld %lld", quota, period);
	} else if (cpu && !shares_only) {
		add(&v, "cpu", "cpu.cfs_period_us", "%lld", period);
		add(&v, "cpu", "cpu.cfs_quota_us", "%lld", quota);
	}
	if (memory && memory->v2 && bytes < 0)
		add(&v, "memory", "memory.max", "max");
	else if (memory)
		add(&v, "memory", memory->v2 ? "memory.max" : "memory.limit_in_bytes", "%lld", bytes);
	return (size_t)(v - values);
}
