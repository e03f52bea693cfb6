/* SPDX-License-Identifier: Apache-2.0 */
/* Manifests -> desired pods. Keeps a pod as it was while its manifest stays the same, and the last good pod
 * of a name while its new manifest is invalid. */
#ifndef KN_KUBELET_POD_SET_H
#define KN_KUBELET_POD_SET_H

#include "kubelet/pod/pod.h"
#include "lib/base/log.h"
#include "lib/k8s/source_dir.h"

struct kn_pod_set;
struct kn_pod_set *kn_pod_set_new(const char *node_name, const struct kn_log *log);
struct kn_pod_set *kn_pod_set_free(struct kn_pod_set *s);
/* Takes the whole set of manifests. Invalid ones are logged once a version. Two pods of one namespace and
 * name: the first file wins, the other is logged. */
void kn_pod_set_update(struct kn_pod_set *s, struct kn_manifest *const *set, size_t n);
/* The pods, borrowed until the next update. */
struct kn_pod *const *kn_pod_set_get(const struct kn_pod_set *s, size_t *n);

#endif
