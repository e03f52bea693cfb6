/* SPDX-License-Identifier: Apache-2.0 */
/* Pieces of config_gen shared among its files. The arena is one without a limit (kn_arena_new(0)): what is
 * made here is bounded by the pod that was let in, so an allocation never fails. */
#ifndef KN_KUBELET_GEN_PRIV_H
#define KN_KUBELET_GEN_PRIV_H

#include "kubelet/gen/config_gen.h"
#include "kubelet/pod/pod_priv.h"

#define KN_EXPAND_MAX (128 * 1024) /* MAX_ARG_STRLEN of the kernel: nothing longer can be executed */

/* Appends to a list of CRI map entries. */
void kn_gen_entry(struct kn_arena *a, Cri__StringEntry ***list, size_t *n, const char *key,
		  const char *value);
/* Appends a string unless it is already there. */
void kn_gen_string(struct kn_arena *a, char ***list, size_t *n, const char *s);
/* CRI never sees NULL strings. */
static inline char *kn_gen_str(const char *s)
{
	return (char *)(s ? s : "");
}

/* dns.c: by dnsPolicy and dnsConfig (pkg/kubelet/network/dns/dns.go). */
Cri__DNSConfig *kn_gen_dns(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p);
/* hosts.c: host name (at most 63 characters) and domain below it, or NULL without a subdomain. */
char *kn_gen_hostname(struct kn_arena *a, const struct kn_pod *p);
char *kn_gen_hostdomain(struct kn_arena *a, const struct kn_pod *p, const char *cluster_domain);
/* env.c: in the order written, a later one of the same name replacing the earlier. */
int kn_gen_env(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
	       const K8s__Container *c, const char *const *pod_ips, const struct kn_gen_extra *x,
	       Cri__ContainerConfig *out, struct kn_err *err);
const char *kn_gen_env_lookup(void *cri_config, const char *name);
/* mounts.c */
int kn_gen_mounts(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		  const K8s__Container *c, unsigned attempt, const struct kn_gen_extra *x,
		  Cri__ContainerConfig *out, struct kn_err *err);
/* The volume of that name, or NULL. */
const K8s__Volume *kn_pod_volume(const struct kn_pod *p, const char *name);
/* gen_security.c */
int kn_gen_security(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Container *c, const struct kn_image_user *image,
		    Cri__LinuxContainerSecurityContext **ret, struct kn_err *err);
Cri__NamespaceOption *kn_gen_namespaces(struct kn_arena *a, const struct kn_pod *p);
void kn_gen_groups(struct kn_arena *a, const struct kn_pod *p, size_t *n, int64_t **list);
Cri__Int64Value *kn_gen_int64(struct kn_arena *a, int64_t v);
Cri__SELinuxOption *kn_gen_selinux(struct kn_arena *a, const K8s__SELinuxOptions *o);
/* resources.c: thousandths, or whole units rounded up, of a named quantity; 0: not there. */
int64_t kn_res_milli(K8s__QuantityEntry **list, size_t n, const char *name);
int64_t kn_res_value(K8s__QuantityEntry **list, size_t n, const char *name);
Cri__LinuxContainerResources *kn_gen_resources(struct kn_arena *a, const struct kn_node_ctx *n,
					       const struct kn_pod *p, const K8s__Container *c);
struct kn_pod_limits { /* of the pod's cgroup; -1: unlimited */
	int64_t shares, quota_us, memory_bytes;
};
/* Sums of the app containers and sidecars, at least the largest init container. */
void kn_pod_limits(const struct kn_pod *p, int64_t period_us, struct kn_pod_limits *ret);

#endif
