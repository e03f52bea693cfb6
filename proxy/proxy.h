/* SPDX-License-Identifier: Apache-2.0 */
/* The Service half: Services and EndpointSlices in, BPF maps out. */
#ifndef KN_PROXY_PROXY_H
#define KN_PROXY_PROXY_H

#include "lib/base/log.h"
#include "lib/json/write.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/loop/loop.h"

struct kn_proxy;
struct kn_proxy_config {
	const char *cgroup_path; /* cgroup2 folder to attach to */
	const char *pin_dir;	 /* folder on a bpffs, made when missing; "/sys/fs/bpf/kernlet" */
	const char *node_name;
	const char *const *node_port_cidrs; /* addresses of the node that answer NodePorts; NULL: all */
	uint64_t node_netns;		    /* cookie of the node's network namespace; 0: of the caller's */
	unsigned max_services, max_slots, max_flows; /* elements of the maps; 0: the defaults of kn_maps.h */
};
/* hostPort of a pod on this node: reached on host_ip, or on each of the node's addresses. */
struct kn_host_port {
	const char *ns, *pod, *name; /* name: of the port; may be NULL */
	const char *host_ip;	     /* NULL, "", "0.0.0.0" or "::": all */
	const char *protocol;	     /* "TCP", "UDP"; NULL: TCP */
	int host_port, container_port;
	const char *const *pod_ips; /* NULL-terminated */
};

/* What is wanted; borrowed during the call only. */
struct kn_proxy_want {
	const K8s__Service *const *services;
	size_t n_services;
	const K8s__EndpointSlice *const *slices;
	size_t n_slices;
	const struct kn_host_port *host_ports;
	size_t n_host_ports;
};
/* Loads or re-adopts the pinned programs and maps, attaches or atomically replaces the links. */
int kn_proxy_new(struct kn_proxy **ret, struct kn_loop *loop, const struct kn_proxy_config *cfg,
		 const struct kn_log *log, struct kn_err *err);
struct kn_proxy *kn_proxy_free(struct kn_proxy *p); /* Services go on working */
/* Detaches and removes every trace in pin_dir (--cleanup). */
int kn_proxy_cleanup(const struct kn_proxy_config *cfg, struct kn_err *err);
/* Takes the whole desired set. Computes the difference to what the maps hold and
 * writes it, in an order that never shows a half-written Service. Call nothing until the sources are known
 * (restart: the maps keep what they hold). */
int kn_proxy_set(struct kn_proxy *p, const struct kn_proxy_want *want, struct kn_err *err);
#define KN_SYNC_BUCKETS                                                                                      \
	15 /* of sync_proxy_rules_duration_seconds: 1 ms doubled 14 times, as kube-proxy's                   \
	    */
struct kn_proxy_stats {
	uint64_t syncs, failures, operations;  /* map operations */
	uint64_t buckets[KN_SYNC_BUCKETS + 1]; /* not cumulative; the last: longer than all */
	int64_t sync_ns;		       /* sum of all durations */
	int64_t last_ns;		       /* last good one, since 1970; 0: none yet */
	int64_t failing_since_ns;	       /* since 1970; 0: the last one was good */
	size_t services, backends;	       /* in the maps; a service is one port of one address */
};
void kn_proxy_get_stats(const struct kn_proxy *p, struct kn_proxy_stats *ret);
/* Array of {namespace, name, port, protocol, clusterIP, backends: [{ip, port, node, ready}]...} */
void kn_proxy_write_services(struct kn_proxy *p, const char *key, struct kn_json_writer *w);
void kn_proxy_write_status(struct kn_proxy *p, const char *key, struct kn_json_writer *w);

#endif
