/* SPDX-License-Identifier: Apache-2.0 */
/* Volumes on disk. Blocking: for the pool's threads. */
#ifndef KN_KUBELET_POD_VOLUMES_H
#define KN_KUBELET_POD_VOLUMES_H

#include <stdbool.h>

#include "kubelet/volume/atomic_writer.h"
#include "kubelet/gen/config_gen.h"

/* What is to be in a pod's volumes that are made of files. Made on the loop, read by the pool. */
struct kn_volume_content {
	bool have; /* false: the volume is left as it is */
	struct kn_payload payload;
};
struct kn_volume_contents {
	struct kn_arena *arena;		/* owns all of it */
	struct kn_volume_content *list; /* by index in spec.volumes */
};
struct kn_volume_contents *kn_volume_contents_new(const struct kn_pod *p);
struct kn_volume_contents *kn_volume_contents_free(struct kn_volume_contents *c); /* NULL accepted */

/* Makes or checks one volume: emptyDir (mode 0777; Memory: a tmpfs with mode 1777, of at most sizeLimit, the
 * pod's memory limit and the node's memory), hostPath, or one made of files (content not NULL), which lies in
 * a tmpfs unless it is a configMap. The pod's fsGroup is given what is new. Idempotent. Another type is
 * -EINVAL. Texts as upstream's. */
int kn_volume_setup(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Volume *v, const struct kn_payload *content, struct kn_err *err);

/* volume_mounts.c. Unmounts what we mounted for the pod: tmpfs volumes and sub-paths. -EBUSY when anything
 * else is mounted below the folder: what lies behind a foreign mount, also one of the same file system, must
 * not be removed with it. */
int kn_volumes_unmount(struct kn_arena *a, const char *pod_dir, struct kn_err *err);
/* Something is mounted right at the path. */
int kn_volume_is_mounted(struct kn_arena *a, const char *path, bool *ret, struct kn_err *err);
/* A tmpfs at path unless something is mounted there. size: bytes, 0: half of the memory. secret: without
 * devices, set-id and, where the kernel knows how, swap. */
int kn_volume_mount_memory(struct kn_arena *a, const char *path, int64_t size, bool secret,
			   struct kn_err *err);

/* Folders inside volume v at which the containers mount other volumes, relative and without "..", outermost
 * only; NULL-terminated, in the arena. Pure. Source: pkg/volume/util/nested_volumes.go. */
char **kn_volume_nested(struct kn_arena *a, const struct kn_pod *p, const char *v);

#endif
