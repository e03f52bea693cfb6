/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_KUBELET_VOLUME_PAYLOAD_H
#define KN_KUBELET_VOLUME_PAYLOAD_H

#include "kubelet/volume/atomic_writer.h"
#include "kubelet/gen/config_gen.h"
#include "kubelet/volume/lookup.h"

/* The volume is of a type made of files: secret, configMap, downwardAPI, projected. */
bool kn_volume_has_payload(const K8s__Volume *v);
/* Its files belong into memory, not onto a disk (all but configMap, as upstream wraps them). */
bool kn_volume_is_secret(const K8s__Volume *v);
/* The user that all of the pod's containers run as, or -1 (pkg/volume/util FsUserFrom). */
int64_t kn_pod_fs_user(const struct kn_pod *p);
/* What is to be in such a volume now; all of it copied into the arena. READY: ret is set. Otherwise err says
 * why, in upstream's words. Source: MakePayload and collectData in pkg/volume/{secret,configmap,projected,
 * downwardapi}. */
enum kn_ref_state kn_volume_payload(struct kn_arena *a, const struct kn_node_ctx *n, struct kn_pod *p,
				    const K8s__Volume *v, const struct kn_lookup *l, struct kn_payload *ret,
				    struct kn_err *err);

#endif
