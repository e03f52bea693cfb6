/* SPDX-License-Identifier: Apache-2.0 */
/* The pod half: desired pods in, running pods out. main.c makes one, feeds it, and asks it for its state. */
#ifndef KN_KUBELET_KUBELET_H
#define KN_KUBELET_KUBELET_H

#include "cri/cri.h"
#include "kubelet/cgroup/cgroup.h"
#include "kubelet/gen/config_gen.h"
#include "kubelet/server/metrics_kubelet.h"
#include "kubelet/worker/image_gc.h"
#include "kubelet/log/log_rotate.h"
#include "kubelet/pod/pod.h"
#include "kubelet/status/recorder.h"
#include "kubelet/status/status_manager.h"
#include "lib/json/write.h"
#include "lib/k8s/client.h"
#include "lib/loop/pool.h"

struct kn_kubelet;
struct kn_kubelet_deps { /* all borrowed for the kubelet's life */
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_cri *cri;
	struct kn_cgroup *cgroup; /* NULL: cgroupsPerQOS off */
	const struct kn_node_ctx *node;
	struct kn_log_limits logs; /* of containers */
	struct kn_image_limits images;
	const struct kn_log *log;
	struct kn_client *client; /* for Secrets, ConfigMaps and tokens; NULL: standalone */
	/* The variables of the Services that the pod may know of, in the arena; an error while they aren't
	 * known; NULL: there are none. */
	int (*service_env)(void *user, struct kn_arena *a, const struct kn_pod *p, Cri__KeyValue ***ret,
			   size_t *n, struct kn_err *err);
	void *service_env_user;
	/* The handler of a RuntimeClass; NULL: it is called as the class. */
	int (*runtime_handler)(void *user, const char *class_name, const char **ret, struct kn_err *err);
	void *runtime_handler_user;
	/* Called (loop thread) after a pod's addresses, readiness or presence changed; may be NULL. */
	void (*on_status)(void *user);
	void *on_status_user;
	struct kn_kubelet_metrics *metrics; /* NULL: nothing is counted */
	struct kn_status_manager *status;   /* NULL: standalone, as the next */
	struct kn_recorder *recorder;
};

struct kn_pod_view { /* borrowed for the callback */
	const struct kn_pod *pod;
	const char *const *ips; /* NULL-terminated; empty while there is no sandbox */
	bool ready, terminating;
};
struct kn_probe_count { /* of one probe, since it was made (prober_probe_total) */
	const struct kn_pod *pod;
	const char *container, *type; /* "Liveness" ... */
	uint64_t successful, failed, unknown;
};
void kn_kubelet_each_probe(struct kn_kubelet *k, void (*fn)(void *user, const struct kn_probe_count *c),
			   void *user);
int kn_kubelet_new(struct kn_kubelet **ret, const struct kn_kubelet_deps *deps, struct kn_err *err);
struct kn_kubelet *kn_kubelet_free(struct kn_kubelet *k); /* stops acting; pods go on running */
/* From now on Secrets, ConfigMaps and tokens can be had: the client outlives the kubelet. Before the first
 * pod of the API server; static pods may not refer to its objects. */
void kn_kubelet_connect(struct kn_kubelet *k, struct kn_client *client);
/* The whole desired set (referenced as needed). Pods no longer in it are terminated gracefully. Until the
 * first call nothing is terminated or cleaned up (sources not ready). */
void kn_kubelet_set_pods(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n);
/* The same while not all sources have been read: these are started, nothing else is touched. */
void kn_kubelet_set_some(struct kn_kubelet *k, struct kn_pod *const *pods, size_t n);
/* The own Node, referenced: new pods must fit it from now on. */
void kn_kubelet_set_node(struct kn_kubelet *k, struct kn_object *node);
/* Each pod that the kubelet works on. */
void kn_kubelet_each(struct kn_kubelet *k, void (*fn)(void *user, const struct kn_pod_view *v), void *user);
/* True once the runtime was listed after start: before that, missing addresses mean "not known yet". */
bool kn_kubelet_observed(const struct kn_kubelet *k);
/* For kernctl and kernlet's own endpoint: writes an array of objects {namespace, name, uid, phase, ip, ips,
 * node, qos, restarts, ready: "1/1", reason, message, containers: [{name, state, reason, message, exitCode,
 * restartCount, ready, image, containerID, startedAt}], initContainers: [...], startup: {seen_ms, ...}} with
 * kubectl's words. */
void kn_kubelet_write_pods(struct kn_kubelet *k, const char *key, struct kn_json_writer *w);
/* What was last seen of the runtime; strings borrowed until the loop goes on, never NULL. */
struct kn_runtime_view {
	const char *name, *version; /* of Version; "" before the first answer */
	bool asked;		    /* Status was answered or refused at least once */
	bool reachable, ready, network_ready;
	const char *error; /* not reachable: why */
	const char *ready_reason, *ready_message, *network_reason, *network_message;
	bool has_ready, has_network;	   /* the runtime told the condition at all */
	int64_t last_ok_ns;		   /* monotonic: last answer that said RuntimeReady; 0: never */
	const Cri__StatusResponse *status; /* the last answer, for handlers and features; NULL: none */
};
struct kn_runtime_view kn_kubelet_runtime(const struct kn_kubelet *k);
/* Asks the runtime soon, and often for a while: its network configuration was just written. */
void kn_kubelet_poke_runtime(struct kn_kubelet *k);
/* {runtime: {name, version, ready, message}, pods, running, ...} */
void kn_kubelet_write_status(struct kn_kubelet *k, const char *key, struct kn_json_writer *w);

#endif
