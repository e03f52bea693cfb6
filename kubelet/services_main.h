/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Wiring between the two halves of the daemon: Services and EndpointSlices (of the API server when joined, of
 * the manifests else, with endpoints made of the node's own pods) and the pods' host ports go to the proxy.
 */
#ifndef KN_KUBELET_SERVICES_MAIN_H
#define KN_KUBELET_SERVICES_MAIN_H

#include "kubelet/kubelet.h"
#include "lib/k8s/client.h"
#include "lib/k8s/source_dir.h"
#include "proxy/proxy.h"

struct kn_services;
struct kn_services_deps { /* borrowed */
	struct kn_loop *loop;
	struct kn_proxy *proxy; /* NULL: switched off; then nothing is done */
	struct kn_kubelet *kubelet;
	const char *node_name;
	const struct kn_log *log;
	bool joined; /* kn_services_join will come: nothing is written before */
};
struct kn_services *kn_services_new(const struct kn_services_deps *deps);
struct kn_services *
kn_services_free(struct kn_services *s); /* NULL accepted; before the proxy and the kubelet */
/* The manifests of the folder; those that aren't Services or EndpointSlices are left alone. */
void kn_services_set_manifests(struct kn_services *s, struct kn_manifest *const *set, size_t n);
/* From now on the API server's count, and the manifests' no longer. */
void kn_services_join(struct kn_services *s, struct kn_client *client);
/* A pod's addresses, readiness or presence changed. NULL accepted: there are none yet. */
void kn_services_pods_changed(struct kn_services *s);

#endif
