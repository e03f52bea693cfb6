/* SPDX-License-Identifier: Apache-2.0 */
/* Usage of one cgroup, read from its files: v1 (cpuacct, memory, pids) and v2, a file a few microseconds. */
#ifndef KN_KUBELET_STATS_CGROUP_H
#define KN_KUBELET_STATS_CGROUP_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/arena.h"

struct kn_usage {
	int64_t time_ns; /* since 1970, when it was read; 0: the group isn't there */
	bool has_cpu, has_memory, has_pids, has_nano;
	uint64_t cpu_ns, cpu_user_ns, cpu_system_ns; /* since the group was made */
	uint64_t nano_cores;			     /* rate between the last two looks, if has_nano */
	uint64_t memory, working_set, rss, cache, swap;
	uint64_t memory_limit; /* 0: none */
	uint64_t faults, major_faults, pids;
};

struct kn_cgroup_reader { /* where the controllers are mounted; NULL: not at all */
	const char *cpu, *memory, *pids;
	bool cpu_v2, memory_v2;
	uint64_t tick_ns; /* of cpuacct.stat */
};

/* Strings live in the arena. */
void kn_cgroup_reader_init(struct kn_cgroup_reader *r, struct kn_arena *a);
/* group: "/kubepods/burstable/podUID/ID"; "/" is the machine. */
void kn_cgroup_usage(const struct kn_cgroup_reader *r, const char *group, int64_t now_ns,
		     struct kn_usage *ret);
/* Folder of a slice by its name, as systemd nests them: "a-b.slice" is /a.slice/a-b.slice. */
char *kn_slice_path(struct kn_arena *a, const char *slice);

/* Pure: the number behind "KEY " in a file of such lines; false: not there. */
bool kn_stat_value(const char *text, const char *key, uint64_t *ret);
/* working set as upstream counts: usage without what the kernel would give up first. */
uint64_t kn_working_set(uint64_t usage, uint64_t inactive_file);

#endif
