/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The node as the API server is to see it: pure functions of the configuration, what was seen of machine and
 * runtime, and what the API server has. Rules: pkg/kubelet/nodestatus/setters.go and
 * pkg/kubelet/kubelet_node_status.go. All messages made here live in the arena given.
 */
#ifndef KN_KUBELET_NODE_STATUS_H
#define KN_KUBELET_NODE_STATUS_H

#include "cri/api.pb-c.h"
#include "kubelet/kubelet.h"
#include "kubelet/node/machine.h"
#include "lib/json/write.h"
#include "lib/k8s/core.pb-c.h"

struct kn_node_reserved { /* taken off what pods may use: reservations and hard eviction thresholds */
	int64_t cpu_milli, memory_bytes, ephemeral_bytes, pids;
	double memory_fraction, ephemeral_fraction; /* of the capacity, on top */
	struct kn_hugepages *hugepages;		    /* by resource name */
	size_t n_hugepages;
};

struct kn_node_config { /* does not change while running; strings borrowed */
	const char *node_name, *hostname;
	const char *const *node_ips; /* --node-ip, NULL-terminated; NULL: found out */
	const char *provider_id, *kube_version;
	bool cloud_external;	/* --cloud-provider=external */
	bool controller_attach; /* enableControllerAttachDetach */
	int max_pods, pods_per_core;
	int max_images; /* nodeStatusMaxImages; -1: all */
	int port;	/* 0: no server */
	struct kn_node_reserved reserved;
	K8s__StringEntry *const *labels; /* --node-labels */
	size_t n_labels;
	K8s__Taint *const *taints; /* --register-with-taints */
	size_t n_taints;
};

struct kn_node_seen { /* borrowed for the call */
	const struct kn_machine *machine;
	const char *address; /* where config has none; NULL: none found */
	const struct kn_runtime_view *runtime;
	Cri__Image *const *images;
	size_t n_images;
	bool images_known; /* false: not listed yet, the old list stays */
	bool memory_pressure, disk_pressure, pid_pressure;
	const char *const *problems; /* more reasons not to be ready, NULL-terminated; NULL: none */
	int64_t mono_ns, real_ns;
};

/* The status, beginning with what old has: conditions and resources of others stay. old may be NULL. */
K8s__NodeStatus *kn_node_status_make(struct kn_arena *a, const struct kn_node_config *c,
				     const struct kn_node_seen *s, const K8s__NodeStatus *old);
/* nodeStatusHasChanged: other than in the conditions' heartbeat times. */
bool kn_node_status_changed(const K8s__NodeStatus *old, const K8s__NodeStatus *new);
/* Is the condition Ready true? NULL: false. */
bool kn_node_is_ready(const K8s__NodeStatus *status);

/* The object to register with: stock labels and annotations, taints, provider id, status (initialNode). */
K8s__Node *kn_node_initial(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *s);
/* What the API server has, brought up to date: status, and labels and annotations that must be right while
 * running (updateNode). *changed: a patch is due. */
K8s__Node *kn_node_update(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *s,
			  const K8s__Node *old, bool *changed);
/* For a node that existed before this daemon: the stock labels and the attach annotation as initial has them
 * (tryRegisterWithAPIServer). *changed: a patch is due. */
K8s__Node *kn_node_reconcile(struct kn_arena *a, const K8s__Node *initial, const K8s__Node *old,
			     bool *changed);
/* Strategic merge patch from old to new, of metadata's labels and annotations and the status; addresses are
 * replaced as a whole, for their merge key is no key (component-helpers node/util PatchNodeStatus). */
void kn_node_patch(const K8s__Node *old, const K8s__Node *new, struct kn_buf *out);

/* apimachinery's canonical text of a whole number of bytes with binary suffix: 104857600 -> "100Mi". */
char *kn_quantity_binary(struct kn_arena *a, int64_t value);

#endif
