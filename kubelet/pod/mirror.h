/* SPDX-License-Identifier: Apache-2.0 */
/* Mirror pods: objects of the API server that show static pods there (pkg/kubelet/pod/mirror_client.go and
 * kubelet.go, tryReconcileMirrorPods). Made, deleted when outdated, made again when somebody deletes them. */
#ifndef KN_KUBELET_MIRROR_H
#define KN_KUBELET_MIRROR_H

#include "kubelet/pod/pod.h"
#include "lib/base/map.h"
#include "lib/k8s/client.h"

#define KN_ANNOTATION_MIRROR "kubernetes.io/config.mirror"
#define KN_ANNOTATION_HASH "kubernetes.io/config.hash"
#define KN_ANNOTATION_SOURCE "kubernetes.io/config.source"
#define KN_ANNOTATION_SEEN "kubernetes.io/config.seen"

const char *kn_annotation(const K8s__ObjectMeta *m, const char *key); /* NULL: not there */
bool kn_is_mirror(const K8s__ObjectMeta *m);
/* The object shows this static pod as it is now, and isn't on its way out. */
bool kn_mirror_shows(const struct kn_object *mirror, const struct kn_pod *p);
/* What is to be created for p; lives in the arena. seen_ns: since 1970, when this node first knew of it. */
K8s__Pod *kn_mirror_make(struct kn_arena *a, const struct kn_pod *p, const char *node_name,
			 const char *node_uid, int64_t seen_ns);

struct kn_mirrors;
struct kn_mirrors *kn_mirrors_new(struct kn_loop *loop, const char *node_name, const struct kn_log *log);
struct kn_mirrors *kn_mirrors_free(struct kn_mirrors *m);
/* Brings the API server's mirrors (a map of kn_object by "NAMESPACE/NAME", borrowed; as complete as the
 * caller's knowledge) in line with the static pods. node_uid: of the own Node. To be called at each change
 * of any of them, and now and then: what was refused is tried again after 10 s.
 * True: something has to wait a second. */
bool kn_mirrors_sync(struct kn_mirrors *m, struct kn_client *client, const char *node_uid,
		     struct kn_pod *const *pods, size_t n, const struct kn_map *mirrors);

#endif
