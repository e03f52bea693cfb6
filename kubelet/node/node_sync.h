/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps the own Node in the API server true: registers it, watches it, and patches its status when something
 * changed or nothing was said for a while (pkg/kubelet/kubelet_node_status.go, syncNodeStatus).
 */
#ifndef KN_KUBELET_NODE_SYNC_H
#define KN_KUBELET_NODE_SYNC_H

#include "cri/cri.h"
#include "kubelet/node/node_status.h"
#include "kubelet/status/recorder.h"
#include "lib/k8s/reflector.h"

struct kn_node_sync;
struct kn_node_sync_deps { /* all borrowed */
	struct kn_loop *loop;
	struct kn_client *client;
	struct kn_cri *cri;
	struct kn_kubelet *kubelet;
	struct kn_recorder *recorder; /* may be NULL */
	const struct kn_node_config *config;
	const struct kn_log *log;
	const char *root_dir;
	bool register_node;
	int64_t update_ns; /* nodeStatusUpdateFrequency: how often it is looked whether something changed */
	int64_t report_ns; /* nodeStatusReportFrequency: patched this often although nothing did */
	/* The own Node was seen for the first time or changed. Borrowed. */
	void (*on_node)(void *user, struct kn_object *node);
	/* spec.podCIDRs, comma between, at first and when they change. May be NULL. */
	void (*on_pod_cidrs)(void *user, const char *cidrs);
	void *user;
};
int kn_node_sync_new(struct kn_node_sync **ret, const struct kn_node_sync_deps *deps, struct kn_err *err);
struct kn_node_sync *kn_node_sync_free(struct kn_node_sync *s);
/* The own Node as the API server has it; borrowed; NULL: not seen yet. */
struct kn_object *kn_node_sync_node(const struct kn_node_sync *s);
void kn_node_sync_kick(struct kn_node_sync *s); /* looks now whether something changed */
/* Set by the eviction manager. */
void kn_node_sync_pressure(struct kn_node_sync *s, bool memory, bool disk, bool pid);

#endif
