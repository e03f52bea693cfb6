/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes on disk. Blocking: for the pool's threads. */
#ifndef KN_KUBELET_POD_VOLUMES_H
#define KN_KUBELET_POD_VOLUMES_H

#include "kubelet/config_gen.h"

/* Makes or checks one volume: emptyDir (mode 0777; Memory: a tmpfs of sizeLimit) or hostPath. Idempotent.
 * Another type is -EINVAL. */
int kn_volume_setup(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Volume *v, struct kn_err *err);
/* Unmounts the pod's memory volumes. -EBUSY when anything else is mounted below the folder: what lies behind
 * a foreign mount, also one of the same file system, must not be removed with it. */
int kn_volumes_unmount(struct kn_arena *a, const char *pod_dir, struct kn_err *err);

#endif
