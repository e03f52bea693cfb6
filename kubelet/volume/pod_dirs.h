/* SPDX-License-Identifier: Apache-2.0 */
/* What a pod needs on disk before its sandbox: folders, emptyDir (disk and Memory), hostPath checks, log
 * folders; and taking it away. Blocking parts run on the pool; done runs on the loop. */
#ifndef KN_KUBELET_POD_DIRS_H
#define KN_KUBELET_POD_DIRS_H

#include "kubelet/gen/config_gen.h"
#include "kubelet/volume/pod_volumes.h"
#include "lib/loop/pool.h"

typedef void (*kn_dirs_done)(void *user, const struct kn_err *err); /* err->code 0: good */
/* Idempotent. hostPath types are obeyed (DirectoryOrCreate, File, ... ; error text as the kubelet's:
 * 'MountVolume.SetUp failed for volume "v" : hostPath type check failed: PATH is not a directory'). The pod
 * is referenced until done. contents (may be NULL, then volumes made of files are passed over) is taken. */
void kn_pod_dirs_setup(struct kn_pool *pool, const struct kn_node_ctx *n, struct kn_pod *p,
		       struct kn_volume_contents *contents, kn_dirs_done done, void *user);
/* The volumes alone, of a pod that runs. */
void kn_pod_dirs_refresh(struct kn_pool *pool, const struct kn_node_ctx *n, struct kn_pod *p,
			 struct kn_volume_contents *contents, kn_dirs_done done, void *user);
/* Unmounts and removes root_dir/pods/UID and, if logs, the pod's log folder. Never follows symlinks, never
 * removes what lies behind a hostPath. */
void kn_pod_dirs_remove(struct kn_pool *pool, const struct kn_node_ctx *n, const char *uid,
			const char *log_dir, kn_dirs_done done, void *user);
/* Writes the pod's etc-hosts (atomic; same content: nothing). Fast: called on the loop. */
int kn_pod_dirs_hosts(const struct kn_node_ctx *n, const struct kn_pod *p, const char *const *pod_ips,
		      struct kn_err *err);
/* uids with a folder below root_dir/pods; NULL-terminated, in the arena. */
int kn_pod_dirs_list(const struct kn_node_ctx *n, struct kn_arena *a, char ***ret, struct kn_err *err);

#endif
