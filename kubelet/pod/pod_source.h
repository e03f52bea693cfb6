/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What is wanted of this node: the API server's pods that are bound to it, and the static pods of files, put
 * together for the kubelet. Also keeps mirror pods, and tells the status manager which object speaks of which
 * pod (pkg/kubelet/config, pkg/kubelet/pod).
 */
#ifndef KN_KUBELET_POD_SOURCE_H
#define KN_KUBELET_POD_SOURCE_H

#include "kubelet/kubelet.h"
#include "lib/k8s/reflector.h"

struct kn_pod_source;
struct kn_pod_source_config { /* borrowed */
	struct kn_loop *loop;
	struct kn_kubelet *kubelet;
	struct kn_status_manager *status; /* NULL: standalone */
	const char *node_name;
	const struct kn_log *log;
	/* There is, or will be, an API server: until it has told its pods, nothing that runs is ended. */
	bool joined;
};
struct kn_pod_source *kn_pod_source_new(const struct kn_pod_source_config *c);
struct kn_pod_source *kn_pod_source_free(struct kn_pod_source *s); /* NULL accepted */
/* The static pods, all of them (referenced). Nothing happens before the first call. */
void kn_pod_source_static(struct kn_pod_source *s, struct kn_pod *const *pods, size_t n);
/* The own Node, with each change of it; the first call starts watching pods. */
void kn_pod_source_node(struct kn_pod_source *s, struct kn_client *client, struct kn_object *node);
bool kn_pod_source_synced(const struct kn_pod_source *s); /* the API server has told all of its pods */

#endif
