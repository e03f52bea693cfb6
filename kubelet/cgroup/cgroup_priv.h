/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_KUBELET_CGROUP_PRIV_H
#define KN_KUBELET_CGROUP_PRIV_H

#include "kubelet/cgroup/cgroup.h"
#include "kubelet/cgroup/cgroup_lib.h"
#include "kubelet/gen/gen_priv.h"

/* cgroup_plan.c: pure */
const struct kn_cgroup_controller *kn_cgroup_find(const struct kn_cgroup_controllers *have, const char *name);
/* Whether groups are made for this controller. */
bool kn_cgroup_wanted(const struct kn_cgroup_controllers *have, const struct kn_cgroup_controller *c);
/* What a group gets, in the order of writing; returns how many. Nothing for pids.max: a new group has no
 * limit. shares_only: the groups of a QoS class. */
size_t kn_cgroup_values(const struct kn_cgroup_controllers *have, const struct kn_pod_limits *l,
			int64_t period_us, bool shares_only,
			struct kn_cgroup_value values[KN_CGROUP_VALUES_MAX]);

/* cgroup_remove.c: one try. Kills what is inside; then it is -EBUSY until the kernel has let go of it. ENOENT
 * is good. */
int kn_cgroup_remove_group(const char *mount, const char *group, struct kn_err *err);

/* Starts a slice with systemd, or changes the one that is there. -1 in limits: unlimited. Blocking, on a
 * connection of its own. */
int kn_systemd_slice(const char *name, const struct kn_pod_limits *l, int64_t period_us, struct kn_err *err);
int kn_systemd_slice_stop(const char *name, struct kn_err *err); /* not loaded is good */

#endif
