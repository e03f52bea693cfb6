/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the node, its pods and their containers use: cgroup files read when somebody asks, file systems and
 * networks asked of the runtime then, too, but not more often than every few seconds. Loop's thread only.
 */
#ifndef KN_KUBELET_STATS_H
#define KN_KUBELET_STATS_H

#include "cri/cri.h"
#include "kubelet/kubelet.h"
#include "kubelet/server/stats_cgroup.h"

struct kn_stats_fs {
	int64_t time_ns; /* 0: not known */
	uint64_t capacity, available, used, inodes, inodes_free, inodes_used;
	bool has_capacity; /* else only used and inodes_used */
};

struct kn_stats_interface {
	const char *name;
	uint64_t rx_bytes, rx_errors, tx_bytes, tx_errors;
};

struct kn_stats_container {
	const char *name, *id, *image, *group;
	int64_t started_ns;
	struct kn_usage use;
	struct kn_stats_fs rootfs, logs;
};

struct kn_stats_pod {
	const char *ns, *name, *uid, *group, *sandbox_id;
	int64_t started_ns;
	struct kn_usage use;
	struct kn_stats_container *containers;
	size_t n;
	struct kn_stats_interface *net; /* the default one first */
	size_t n_net;
	int64_t net_time_ns;
	struct kn_stats_fs ephemeral;
};

struct kn_stats_snapshot { /* borrowed for the callback */
	struct kn_arena *arena;
	int64_t time_ns;
	const char *node;
	int64_t boot_ns; /* since 1970 */
	struct kn_usage machine, all_pods;
	uint64_t memory_total;
	long cpus;
	struct kn_stats_fs nodefs, imagefs;
	struct kn_stats_interface net;
	bool has_net;
	int64_t max_pids, processes;
	struct kn_stats_pod *pods;
	size_t n;
};

struct kn_stats;
struct kn_stats_deps { /* borrowed */
	struct kn_loop *loop;
	struct kn_cri *cri;
	struct kn_kubelet *kubelet;
	struct kn_cgroup *cgroup; /* NULL: no usage of pods */
	const struct kn_node_ctx *node;
	const char *cgroup_root;
};
struct kn_stats *kn_stats_new(const struct kn_stats_deps *d);
struct kn_stats *kn_stats_free(struct kn_stats *s); /* nobody is called any more */

typedef void (*kn_stats_done)(void *user, const struct kn_stats_snapshot *snap);
struct kn_stats_wait;
/* done comes once, later, unless cancelled. */
struct kn_stats_wait *kn_stats_ask(struct kn_stats *s, kn_stats_done done, void *user);
void kn_stats_cancel(struct kn_stats_wait *w);

/* stats_summary.c and metrics_stats.c: pure. */
void kn_stats_write_summary(const struct kn_stats_snapshot *snap, bool only_cpu_and_memory,
			    struct kn_buf *out);
void kn_stats_write_resource(const struct kn_stats_snapshot *snap, struct kn_buf *out);
void kn_stats_write_cadvisor(const struct kn_stats_snapshot *snap, struct kn_buf *out);

#endif
