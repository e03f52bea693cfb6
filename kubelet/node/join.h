/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Belonging to a cluster: the API server's client by kubeconfig, the own Node and its lease. main.c makes one
 * when a kubeconfig is given; what else talks to the API server asks for the client here.
 */
#ifndef KN_KUBELET_JOIN_H
#define KN_KUBELET_JOIN_H

#include "kubelet/node/node_status.h"
#include "kubelet/config/options.h"
#include "kubelet/status/recorder.h"
#include "lib/k8s/client.h"
#include "lib/k8s/object.h"

struct kn_join;
struct kn_join_deps { /* all borrowed */
	struct kn_loop *loop;
	struct kn_cri *cri;
	struct kn_kubelet *kubelet;
	struct kn_recorder *recorder; /* of the node's events; may be NULL */
	const struct kn_options *options;
	const struct kn_log *log;
	/* The client may be used from now on: at once, or when the bootstrap's certificate is there. Once;
	 * always from the loop. */
	void (*on_client)(void *user, struct kn_client *client);
	/* The own Node was seen or changed; borrowed. May be NULL. */
	void (*on_node)(void *user, struct kn_object *node);
	/* The Node's pod CIDRs, comma between, at first and when they change. May be NULL. */
	void (*on_pod_cidrs)(void *user, const char *cidrs);
	/* A serving certificate signed by the cluster (serverTLSBootstrap), PEM; valid inside. May be NULL.
	 */
	void (*on_serving_cert)(void *user, const char *cert_pem, const char *key_pem);
	void *user;
};
/* Fails when the kubeconfig can't be used and there is no bootstrap kubeconfig to get one with. */
int kn_join_new(struct kn_join **ret, const struct kn_join_deps *deps, struct kn_err *err);
struct kn_join *kn_join_free(struct kn_join *j);	   /* after everything that uses its client */
struct kn_client *kn_join_client(const struct kn_join *j); /* NULL: not yet */
struct kn_client *kn_join_events(const struct kn_join *j); /* for events alone: eventRecordQPS */
struct kn_http *kn_join_http(const struct kn_join *j);
/* The own Node as the API server has it; borrowed; NULL: not seen yet. */
struct kn_object *kn_join_node(const struct kn_join *j);
void kn_join_pressure(struct kn_join *j, bool memory, bool disk, bool pid); /* from evictions */

#endif
