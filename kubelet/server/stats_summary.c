/* SPDX-License-Identifier: Apache-2.0 */
/* /stats/summary: k8s.io/kubelet/pkg/apis/stats/v1alpha1 Summary. */
#include "kubelet/server/stats.h"

#include <string.h>

static void write_time(struct kn_json_writer *w, const char *key, int64_t ns)
{
	char buf[32];

	kn_json_str(w, key, kn_time_rfc3339(ns, buf));
}

static void number(struct kn_json_writer *w, const char *key, uint64_t v)
{
	kn_json_int(w, key, v > INT64_MAX ? INT64_MAX : (int64_t)v);
}

/* memory_total: of what the limit is when there is none; 0: not told. */
static void write_use(struct kn_json_writer *w, const struct kn_usage *u, uint64_t memory_total)
{
	uint64_t limit = u->memory_limit ? u->memory_limit : memory_total;

	if (u->has_cpu) {
		kn_json_obj(w, "cpu");
		write_time(w, "time", u->time_ns);
		if (u->has_nano)
			number(w, "usageNanoCores", u->nano_cores);
		number(w, "usageCoreNanoSeconds", u->cpu_ns);
		kn_json_end_obj(w);
	}
	if (!u->has_memory)
		return;
	kn_json_obj(w, "memory");
	write_time(w, "time", u->time_ns);
	if (limit)
		number(w, "availableBytes", limit > u->working_set ? limit - u->working_set : 0);
	number(w, "usageBytes", u->memory);
	number(w, "workingSetBytes", u->working_set);
	number(w, "rssBytes", u->rss);
	number(w, "pageFaults", u->faults);
	number(w, "majorPageFaults", u->major_faults);
	kn_json_end_obj(w);
	kn_json_obj(w, "swap");
	write_time(w, "time", u->time_ns);
	number(w, "swapUsageBytes", u->swap);
	kn_json_end_obj(w);
}

/* around: the file system that fs is part of. */
static void write_fs(struct kn_json_writer *w, const char *key, const struct kn_stats_fs *fs,
		     const struct kn_stats_fs *around)
{
	if (!fs->time_ns)
		return;
	kn_json_obj(w, key);
	write_time(w, "time", fs->time_ns);
	if (around->has_capacity) {
		number(w, "availableBytes", around->available);
		number(w, "capacityBytes", around->capacity);
	}
	number(w, "usedBytes", fs->used);
	if (around->has_capacity) {
		number(w, "inodesFree", around->inodes_free);
		number(w, "inodes", around->inodes);
	}
	number(w, "inodesUsed", fs->inodes_used);
	kn_json_end_obj(w);
}

static void write_interface(struct kn_json_writer *w, const struct kn_stats_interface *i)
{
	kn_json_str(w, "name", i->name);
	number(w, "rxBytes", i->rx_bytes);
	number(w, "rxErrors", i->rx_errors);
	number(w, "txBytes", i->tx_bytes);
	number(w, "txErrors", i->tx_errors);
}

static void write_network(struct kn_json_writer *w, int64_t time_ns, const struct kn_stats_interface *net,
			  size_t n)
{
	if (!n)
		return;
	kn_json_obj(w, "network");
	write_time(w, "time", time_ns);
	write_interface(w, &net[0]);
	kn_json_arr(w, "interfaces");
	for (size_t i = 0; i < n; i++) {
		kn_json_obj(w, NULL);
		write_interface(w, &net[i]);
		kn_json_end_obj(w);
	}
	kn_json_end_arr(w);
	kn_json_end_obj(w);
}

static void write_node(struct kn_json_writer *w, const struct kn_stats_snapshot *s, bool only)
{
	kn_json_obj(w, "node");
	kn_json_str(w, "nodeName", s->node);
	kn_json_arr(w, "systemContainers");
	kn_json_obj(w, NULL);
	kn_json_str(w, "name", "pods");
	write_time(w, "startTime", s->boot_ns);
	write_use(w, &s->all_pods, s->memory_total);
	kn_json_end_obj(w);
	kn_json_end_arr(w);
	write_time(w, "startTime", s->boot_ns);
	write_use(w, &s->machine, s->memory_total);
	if (!only) {
		write_network(w, s->time_ns, &s->net, s->has_net);
		write_fs(w, "fs", &s->nodefs, &s->nodefs);
		kn_json_obj(w, "runtime");
		write_fs(w, "imageFs", &s->imagefs, &s->imagefs);
		write_fs(w, "containerFs", &s->imagefs, &s->imagefs);
		kn_json_end_obj(w);
		kn_json_obj(w, "rlimit");
		write_time(w, "time", s->time_ns);
		kn_json_int(w, "maxpid", s->max_pids);
		kn_json_int(w, "curproc", s->processes);
		kn_json_end_obj(w);
	}
	kn_json_end_obj(w);
}

static void write_container(struct kn_json_writer *w, const struct kn_stats_snapshot *s,
			    const struct kn_stats_container *c, bool only)
{
	kn_json_obj(w, NULL);
	kn_json_str(w, "name", c->name);
	write_time(w, "startTime", c->started_ns);
	write_use(w, &c->use, 0);
	if (!only) {
		write_fs(w, "rootfs", &c->rootfs, &s->imagefs);
		write_fs(w, "logs", &c->logs, &s->nodefs);
	}
	kn_json_end_obj(w);
}

static void write_pod(struct kn_json_writer *w, const struct kn_stats_snapshot *s,
		      const struct kn_stats_pod *p, bool only)
{
	kn_json_obj(w, NULL);
	kn_json_obj(w, "podRef");
	kn_json_str(w, "name", p->name);
	kn_json_str(w, "namespace", p->ns);
	kn_json_str(w, "uid", p->uid);
	kn_json_end_obj(w);
	write_time(w, "startTime", p->started_ns);
	kn_json_arr(w, "containers");
	for (size_t i = 0; i < p->n; i++)
		write_container(w, s, &p->containers[i], only);
	kn_json_end_arr(w);
	write_use(w, &p->use, 0);
	if (!only) {
		write_network(w, p->net_time_ns, p->net, p->n_net);
		write_fs(w, "ephemeral-storage", &p->ephemeral, &s->nodefs);
		if (p->use.has_pids) {
			kn_json_obj(w, "process_stats");
			number(w, "process_count", p->use.pids);
			kn_json_end_obj(w);
		}
	}
	kn_json_end_obj(w);
}

void kn_stats_write_summary(const struct kn_stats_snapshot *s, bool only_cpu_and_memory, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);

	kn_json_obj(w, NULL);
	write_node(w, s, only_cpu_and_memory);
	kn_json_arr(w, "pods");
	for (size_t i = 0; i < s->n; i++)
		write_pod(w, s, &s->pods[i], only_cpu_and_memory);
	kn_json_end_arr(w);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}
