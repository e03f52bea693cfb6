/* SPDX-License-Identifier: Apache-2.0 */
/* The only place that reads and writes BPF maps. The descriptors stay the loader's. */
#ifndef KN_PROXY_MAPS_H
#define KN_PROXY_MAPS_H

#include "lib/base/err.h"
#include "proxy/plan.h"

enum kn_map_id { KN_MAP_SERVICES, KN_MAP_SLOTS, KN_MAP_FLOWS, KN_MAP_AFFINITIES, KN_MAP_LOCAL, KN_MAP_COUNT };

struct kn_maps {
	int fd[KN_MAP_COUNT];
};

/* The whole content as a finished table with ids; what isn't consistent is marked broken or orphaned. */
int kn_maps_read(const struct kn_maps *m, struct kn_table **ret, struct kn_err *err);
/* In order; stops at the first failure (then read the maps anew). Deleting what isn't there is no failure. */
int kn_maps_apply(const struct kn_maps *m, const struct kn_plan *plan, struct kn_err *err);
/* Makes addrs the node's own addresses: adds first, then deletes. */
int kn_maps_set_local(const struct kn_maps *m, const struct kn_addr *addrs, size_t n, struct kn_err *err);
/* Copies every element of one map into another of the same key and value. */
int kn_maps_copy(int from_fd, int to_fd, struct kn_err *err);

#endif
