/* SPDX-License-Identifier: Apache-2.0 */
/* Pod -> CRI configurations. Pure: no system calls; all that is needed from outside is in kn_gen_ctx. */
#ifndef KN_KUBELET_CONFIG_GEN_H
#define KN_KUBELET_CONFIG_GEN_H

#include <stdbool.h>

#include "kubelet/pod/pod.h"
#include "cri/api.pb-c.h"

struct kn_node_ctx {			 /* the node, constant while running; strings borrowed from main */
	const char *node_name, *host_ip; /* host_ip may be NULL */
	const char *root_dir;		 /* /var/lib/kubelet */
	const char *pod_logs_dir;	 /* /var/log/pods */
	const char *cluster_domain;	 /* may be NULL */
	const char *const *cluster_dns;	 /* NULL-terminated; may be NULL */
	/* the node's resolv.conf, already parsed; NULL-terminated lists */
	const char *const *host_nameservers, *const *host_searches, *const *host_options;
	int64_t cpu_milli, memory_bytes; /* capacity: oom_score_adj, downward API defaults */
	bool cgroup_v2, systemd_driver;
	int64_t cpu_quota_period_us; /* 100000 */
};

/* Folders (kubelet's layout):
 * root_dir/pods/UID/{volumes/kubernetes.io~empty-dir/NAME,containers/NAME,etc-hosts}; logs:
 * pod_logs_dir/NS_NAME_UID/CONTAINER/N.log. All return arena strings. */
char *kn_path_pod(struct kn_arena *a, const struct kn_node_ctx *n, const char *uid);
char *kn_path_pod_logs(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p);
char *kn_path_etc_hosts(struct kn_arena *a, const struct kn_node_ctx *n, const char *uid);
/* Host path behind a volume of the pod: hostPath, emptyDir, secret, configMap, downwardAPI, projected. NULL:
 * other type. */
char *kn_path_volume(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		     const K8s__Volume *v);
/* Where the sub-path of the container's volume mount of that index is bound. */
char *kn_path_subpath(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		      const char *volume, const char *container, size_t index);
/* Host file for /dev/termination-log of one attempt. */
char *kn_path_termination(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			  const char *container, unsigned attempt);

/* cgroup_parent: what kn_cgroup_pod_parent says (may be ""). attempt: number of the sandbox. */
int kn_gen_sandbox(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p, unsigned attempt,
		   const char *cgroup_parent, Cri__PodSandboxConfig **ret, struct kn_err *err);
struct kn_lookup;
struct kn_image_user { /* whom the image runs as (ImageStatus; root when it says nothing) */
	bool has_uid;
	int64_t uid;
	const char *name; /* when it isn't a number; NULL or "": none, and without uid: not known */
};
struct kn_gen_extra { /* what others must be asked for; all zero: nothing is known. Borrowed */
	const struct kn_lookup *lookup; /* NULL or without functions: no API server */
	/* Variables of Services: the first ones, which any other of the same name replaces. */
	Cri__KeyValue *const *service_env;
	size_t n_service_env;
	struct kn_image_user image_user;
	const char *const *subpaths; /* by index of volumeMounts: where its sub-path is bound, or NULL */
	bool recursive_read_only;    /* the runtime knows how */
};
/* attempt: the container's restart count. image_ref: what the runtime calls the image. pod_ips:
 * NULL-terminated. x may be NULL. Errors that are the user's (a $(VAR) is never one) are shown as
 * CreateContainerConfigError: EINVAL, or what kn_refs_get says of an object. */
int kn_gen_container(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		     const K8s__Container *c, unsigned attempt, const char *image_ref,
		     const char *const *pod_ips, const struct kn_gen_extra *x, Cri__ContainerConfig **ret,
		     struct kn_err *err);
/* Content of the managed /etc/hosts (pkg/kubelet/kubelet_pods.go managedHostsFileContent / hostNetwork).
 * cluster_domain, NULL: cluster.local, stands in the names of a pod with a subdomain. */
char *kn_gen_etc_hosts(struct kn_arena *a, const struct kn_pod *p, const char *const *pod_ips,
		       const char *cluster_domain, const char *host_hosts);
/* $(VAR) expansion with $$ escapes (third_party/forked/golang/expansion): lookup returns NULL for unknown
 * names, which stay as written. */
char *kn_expand(struct kn_arena *a, const char *text, const char *(*lookup)(void *user, const char *name),
		void *user);

/* Linux resource numbers (pkg/kubelet/cm/helpers_linux.go). */
int64_t kn_milli_to_shares(int64_t milli);		     /* min 2, max 262144 */
int64_t kn_milli_to_quota(int64_t milli, int64_t period_us); /* 0 milli: -1; min 1000 us */
int64_t kn_shares_to_weight(int64_t shares);		     /* cgroup v2 cpu.weight, runc's formula */
int kn_oom_score_adj(const struct kn_node_ctx *n, const struct kn_pod *p, const K8s__Container *c);

#endif
