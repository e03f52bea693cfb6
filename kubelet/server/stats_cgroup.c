/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/stats_cgroup.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>
#include "kubelet/cgroup/cgroup_lib.h"
#include "lib/base/buf.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define FILE_MAX (64 * 1024)
/* v1 says "no limit" by a number near 2^63, rounded to pages. */
#define NO_LIMIT (1ULL << 62)

void kn_cgroup_reader_init(struct kn_cgroup_reader *r, struct kn_arena *a)
{
	struct kn_cgroup_controllers c = {0};

	*r = (struct kn_cgroup_reader){.tick_ns = KN_NSEC_PER_SEC / (uint64_t)sysconf(_SC_CLK_TCK)};
	if (kn_cglib_mounts(a, &c, NULL))
		return;
	for (size_t i = 0; i < c.n; i++) {
		if (!strcmp(c.c[i].name, "cpuacct") || (c.c[i].v2 && !strcmp(c.c[i].name, "cpu"))) {
			r->cpu = c.c[i].path;
			r->cpu_v2 = c.c[i].v2;
		} else if (!strcmp(c.c[i].name, "memory")) {
			r->memory = c.c[i].path;
			r->memory_v2 = c.c[i].v2;
		} else if (!strcmp(c.c[i].name, "pids")) {
			r->pids = c.c[i].path;
		}
	}
}

bool kn_stat_value(const char *text, const char *key, uint64_t *ret)
{
	size_t len = strlen(key);

	for (const char *p = text; p; p = strchr(p, '\n')) {
		p += *p == '\n';
		if (!strncmp(p, key, len) && p[len] == ' ') {
			*ret = strtoull(p + len + 1, NULL, 10);
			return true;
		}
	}
	return false;
}

uint64_t kn_working_set(uint64_t usage, uint64_t inactive_file)
{
	return usage > inactive_file ? usage - inactive_file : 0;
}

static bool read_text(const char *mount, const char *group, const char *file, struct kn_buf *out)
{
	char path[1024];

	out->len = 0;
	if (!mount || snprintf(path, sizeof(path), "%s%s/%s", mount, strcmp(group, "/") ? group : "", file) >=
			      (int)sizeof(path))
		return false;
	return kn_file_read(path, FILE_MAX, out, NULL) == 0 && out->data;
}

static bool read_number(const char *mount, const char *group, const char *file, struct kn_buf *b,
			uint64_t *ret)
{
	if (!read_text(mount, group, file, b))
		return false;
	*ret = strtoull(b->data, NULL, 10); /* "max": 0 */
	return true;
}

static void read_cpu(const struct kn_cgroup_reader *r, const char *group, struct kn_buf *b,
		     struct kn_usage *u)
{
	if (r->cpu_v2) {
		u->has_cpu = read_text(r->cpu, group, "cpu.stat", b) &&
			     kn_stat_value(b->data, "usage_usec", &u->cpu_ns);
		if (!u->has_cpu)
			return;
		kn_stat_value(b->data, "user_usec", &u->cpu_user_ns);
		kn_stat_value(b->data, "system_usec", &u->cpu_system_ns);
		u->cpu_ns *= 1000;
		u->cpu_user_ns *= 1000;
		u->cpu_system_ns *= 1000;
		return;
	}
	u->has_cpu = read_number(r->cpu, group, "cpuacct.usage", b, &u->cpu_ns);
	if (u->has_cpu && read_text(r->cpu, group, "cpuacct.stat", b)) {
		kn_stat_value(b->data, "user", &u->cpu_user_ns);
		kn_stat_value(b->data, "system", &u->cpu_system_ns);
		u->cpu_user_ns *= r->tick_ns;
		u->cpu_system_ns *= r->tick_ns;
	}
}

static void read_memory(const struct kn_cgroup_reader *r, const char *group, struct kn_buf *b,
			struct kn_usage *u)
{
	bool v2 = r->memory_v2;
	uint64_t inactive = 0;

	u->has_memory =
		read_number(r->memory, group, v2 ? "memory.current" : "memory.usage_in_bytes", b, &u->memory);
	if (!u->has_memory)
		return;
	if (read_text(r->memory, group, "memory.stat", b)) {
		kn_stat_value(b->data, v2 ? "inactive_file" : "total_inactive_file", &inactive);
		kn_stat_value(b->data, v2 ? "anon" : "total_rss", &u->rss);
		kn_stat_value(b->data, v2 ? "file" : "total_cache", &u->cache);
		kn_stat_value(b->data, v2 ? "pgfault" : "total_pgfault", &u->faults);
		kn_stat_value(b->data, v2 ? "pgmajfault" : "total_pgmajfault", &u->major_faults);
		if (!v2)
			kn_stat_value(b->data, "total_swap", &u->swap);
	}
	if (v2)
		read_number(r->memory, group, "memory.swap.current", b, &u->swap);
	u->working_set = kn_working_set(u->memory, inactive);
	if (read_number(r->memory, group, v2 ? "memory.max" : "memory.limit_in_bytes", b, &u->memory_limit) &&
	    u->memory_limit >= NO_LIMIT)
		u->memory_limit = 0;
}

/* v2's root has no memory files: the machine's own figures. */
static void read_machine_memory(struct kn_buf *b, struct kn_usage *u)
{
	uint64_t total = 0, available = 0, free_kb = 0, cached = 0, anon = 0;

	b->len = 0;
	if (kn_file_read("/proc/meminfo", FILE_MAX, b, NULL))
		return;
	u->has_memory = kn_stat_value(b->data, "MemTotal:", &total) &&
			kn_stat_value(b->data, "MemAvailable:", &available);
	kn_stat_value(b->data, "MemFree:", &free_kb);
	kn_stat_value(b->data, "Cached:", &cached);
	kn_stat_value(b->data, "AnonPages:", &anon);
	u->memory = (total - free_kb) * 1024;
	u->working_set = (total - available) * 1024;
	u->rss = anon * 1024;
	u->cache = cached * 1024;
}

void kn_cgroup_usage(const struct kn_cgroup_reader *r, const char *group, int64_t now_ns,
		     struct kn_usage *ret)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_usage u = {0};

	read_cpu(r, group, &b, &u);
	read_memory(r, group, &b, &u);
	if (!u.has_memory && !strcmp(group, "/"))
		read_machine_memory(&b, &u);
	u.has_pids = read_number(r->pids, group, "pids.current", &b, &u.pids);
	if (u.has_cpu || u.has_memory)
		u.time_ns = now_ns;
	*ret = u;
}

char *kn_slice_path(struct kn_arena *a, const char *slice)
{
	kn_auto_buf struct kn_buf b = {0};
	const char *dot = strrchr(slice, '.');

	for (const char *p = slice; (p = strchr(p, '-')); p++)
		kn_buf_addf(&b, "/%.*s.slice", (int)(p - slice), slice);
	kn_buf_addf(&b, "/%s", slice);
	return dot ? kn_arena_strdup(a, b.data) : NULL;
}
