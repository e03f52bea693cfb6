/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_KUBELET_STATS_PRIV_H
#define KN_KUBELET_STATS_PRIV_H

#include "kubelet/server/stats.h"
#include "lib/base/list.h"
#include "lib/base/map.h"

struct kn_stats_ask { /* one call to the runtime, and its last answer */
	struct kn_stats *s;
	struct kn_cri_call *call;
	const ProtobufCMessageDescriptor *type;
	uint8_t *data;
	size_t len;
};

struct kn_rate { /* a group's processor time at two looks */
	int64_t time_ns;
	uint64_t cpu_ns;
	uint64_t nano_cores;
	bool known, seen;
};

struct kn_stats {
	struct kn_stats_deps d;
	struct kn_arena *arena;
	struct kn_cgroup_reader reader;
	struct kn_stats_ask ask[3]; /* containers, pods, images */
	int64_t asked_ns;	    /* monotonic */
	struct kn_list waits;
	struct kn_map *rates; /* group -> struct kn_rate */
	struct kn_timer *timer;
};

void kn_stats_answer(void *user);
/* stats_collect.c: all of it now; the arena is the caller's to free. */
void kn_stats_collect(struct kn_stats *s, struct kn_stats_snapshot *ret);

#endif
