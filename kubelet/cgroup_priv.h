/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_KUBELET_CGROUP_PRIV_H
#define KN_KUBELET_CGROUP_PRIV_H

#include "kubelet/cgroup.h"
#include "kubelet/gen_priv.h"

/* Starts a slice with systemd, or changes the one that is there. -1 in limits: unlimited. Blocking, on a
 * connection of its own. */
int kn_systemd_slice(const char *name, const struct kn_pod_limits *l, struct kn_err *err);
int kn_systemd_slice_stop(const char *name, struct kn_err *err); /* not loaded is good */

#endif
