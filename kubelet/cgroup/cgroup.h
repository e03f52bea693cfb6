/* SPDX-License-Identifier: Apache-2.0 */
/* kubepods/QoS/pod cgroups, v1 and v2, cgroupfs or systemd driver. The only user of libcgroup: finding
 * mounts, creating groups, setting limits. */
#ifndef KN_KUBELET_CGROUP_H
#define KN_KUBELET_CGROUP_H

#include "kubelet/gen/config_gen.h"
#include "lib/base/log.h"

struct kn_cgroup;
enum kn_cgroup_driver { KN_CGROUPFS, KN_CGROUP_SYSTEMD };

/* root: cgroupRoot ("/" or "/node-a"). Finds the hierarchies and creates kubepods, kubepods/burstable and
 * kubepods/besteffort with their shares. event: the loop's, for sd-bus with the systemd driver. */
int kn_cgroup_new(struct kn_cgroup **ret, enum kn_cgroup_driver driver, const char *root,
		  const struct kn_node_ctx *n, const struct kn_log *log, struct kn_err *err);
struct kn_cgroup *kn_cgroup_free(struct kn_cgroup *c);
bool kn_cgroup_is_v2(const struct kn_cgroup *c); /* unified only; hybrid counts as v1, as upstream has it */
/* What goes into the sandbox's cgroup_parent: "/kubepods/burstable/podUID" or
 * "kubepods-burstable-podUID.slice". */
char *kn_cgroup_pod_parent(const struct kn_cgroup *c, struct kn_arena *a, const struct kn_pod *p);
/* Creates the pod's group and sets its limits (cpu shares/weight, quota and memory only if every container
 * has the limit; pkg/kubelet/cm/helpers_linux.go ResourceConfigForPod). Idempotent. */
int kn_cgroup_pod_create(struct kn_cgroup *c, const struct kn_pod *p, struct kn_err *err);
/* Removes the pod's group in every hierarchy, whichever QoS it was in; kills what is left inside. ENOENT is
 * good. Does not wait: -EBUSY until the kernel has let go of what was killed; try again some milliseconds
 * later. */
int kn_cgroup_pod_remove(struct kn_cgroup *c, const char *uid, struct kn_err *err);
/* Folder in the cgroup2 mount that holds all of this node's pods' groups' parent (cgroupRoot): where
 * sock_addr programs are attached. Arena string. */
int kn_cgroup2_root(const char *cgroup_root, struct kn_arena *a, char **ret, struct kn_err *err);

#endif
