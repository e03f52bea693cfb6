/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/kubelet/kuberuntime/kuberuntime_sandbox.go */
#include <errno.h>
#include <string.h>

#include "kubelet/gen/gen_priv.h"

#define HOST_NAME_MAX_LINUX 64

void kn_gen_entry(struct kn_arena *a, Cri__StringEntry ***list, size_t *n, const char *key, const char *value)
{
	Cri__StringEntry *e = KN_MSG(a, Cri__StringEntry, cri__string_entry__init);

	e->key = kn_gen_str(key);
	e->value = kn_gen_str(value);
	*list = kn_list_with(a, *list, *n, e);
	(*n)++;
}

void kn_gen_string(struct kn_arena *a, char ***list, size_t *n, const char *s)
{
	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*list)[i], s))
			return;
	*list = kn_list_with(a, *list, *n, (char *)s);
	(*n)++;
}

static void add_ports(struct kn_arena *a, const K8s__Container *c, Cri__PodSandboxConfig *out)
{
	for (size_t i = 0; i < c->n_ports; i++) {
		const K8s__ContainerPort *p = c->ports[i];
		Cri__PortMapping *m = KN_MSG(a, Cri__PortMapping, cri__port_mapping__init);

		m->protocol = !strcmp(p->protocol, "UDP")    ? CRI__PROTOCOL__UDP
			      : !strcmp(p->protocol, "SCTP") ? CRI__PROTOCOL__SCTP
							     : CRI__PROTOCOL__TCP;
		m->container_port = p->containerport;
		m->host_port = p->hostport;
		m->host_ip = kn_gen_str(p->hostip);
		out->port_mappings = kn_list_with(a, out->port_mappings, out->n_port_mappings, m);
		out->n_port_mappings++;
	}
}

static void add_names(struct kn_arena *a, const struct kn_pod *p, Cri__PodSandboxConfig *out)
{
	const K8s__ObjectMeta *m = p->obj->metadata;

	for (size_t i = 0; i < m->n_labels; i++)
		if (strncmp(m->labels[i]->key, "io.kubernetes.pod.", 18))
			kn_gen_entry(a, &out->labels, &out->n_labels, m->labels[i]->key, m->labels[i]->value);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_NAME, p->name);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_NAMESPACE, p->ns);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_UID, p->uid);
	for (size_t i = 0; i < m->n_annotations; i++)
		kn_gen_entry(a, &out->annotations, &out->n_annotations, m->annotations[i]->key,
			     m->annotations[i]->value);
}

static int set_hostname(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			Cri__PodSandboxConfig *out, struct kn_err *err)
{
	const char *domain = kn_gen_hostdomain(a, p, n->cluster_domain);

	if (kn_pod_is_host_network(p))
		return 0;
	out->hostname = kn_gen_hostname(a, p);
	if (!p->obj->spec->sethostnameasfqdn || !domain)
		return 0;
	out->hostname = kn_arena_printf(a, "%s.%s", out->hostname, domain);
	if (strlen(out->hostname) > HOST_NAME_MAX_LINUX)
		return kn_err_set(
			err, EINVAL,
			"failed to construct FQDN from pod hostname and cluster domain, FQDN %.128s is "
			"too long (%d characters is the max)",
			out->hostname, HOST_NAME_MAX_LINUX);
	return 0;
}

static Cri__LinuxPodSandboxConfig *gen_linux(struct kn_arena *a, const struct kn_pod *p,
					     const char *cgroup_parent)
{
	Cri__LinuxPodSandboxConfig *l =
		KN_MSG(a, Cri__LinuxPodSandboxConfig, cri__linux_pod_sandbox_config__init);
	Cri__LinuxSandboxSecurityContext *out =
		KN_MSG(a, Cri__LinuxSandboxSecurityContext, cri__linux_sandbox_security_context__init);
	const K8s__PodSpec *s = p->obj->spec;
	const K8s__PodSecurityContext *sc = s->securitycontext;

	l->cgroup_parent = kn_gen_str(cgroup_parent);
	l->security_context = out;
	out->namespace_options = kn_gen_namespaces(a, p);
	/* The sandbox's own process needs nothing special, whatever its containers are allowed. */
	out->seccomp = KN_MSG(a, Cri__SecurityProfile, cri__security_profile__init);
	out->seccomp->profile_type = CRI__SECURITY_PROFILE__PROFILE_TYPE__RuntimeDefault;
	for (size_t i = 0; i < s->n_containers; i++)
		if (s->containers[i]->securitycontext && s->containers[i]->securitycontext->privileged)
			out->privileged = 1;
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (s->initcontainers[i]->securitycontext &&
		    s->initcontainers[i]->securitycontext->privileged)
			out->privileged = 1;
	if (!sc)
		return l;
	if (sc->has_runasuser)
		out->run_as_user = kn_gen_int64(a, sc->runasuser);
	if (sc->has_runasgroup)
		out->run_as_group = kn_gen_int64(a, sc->runasgroup);
	out->selinux_options = kn_gen_selinux(a, sc->selinuxoptions);
	kn_gen_groups(a, p, &out->n_supplemental_groups, &out->supplemental_groups);
	for (size_t i = 0; i < sc->n_sysctls; i++)
		kn_gen_entry(a, &l->sysctls, &l->n_sysctls, sc->sysctls[i]->name, sc->sysctls[i]->value);
	return l;
}

int kn_gen_sandbox(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p, unsigned attempt,
		   const char *cgroup_parent, Cri__PodSandboxConfig **ret, struct kn_err *err)
{
	Cri__PodSandboxConfig *out = KN_MSG(a, Cri__PodSandboxConfig, cri__pod_sandbox_config__init);
	const K8s__PodSpec *s = p->obj->spec;
	int r = set_hostname(a, n, p, out, err);

	if (r)
		return r;
	if (s->has_hostusers && !s->hostusers)
		return kn_err_set(err, EINVAL, "spec.hostUsers: false is not supported");
	out->metadata = KN_MSG(a, Cri__PodSandboxMetadata, cri__pod_sandbox_metadata__init);
	out->metadata->name = (char *)p->name;
	out->metadata->uid = (char *)p->uid;
	out->metadata->namespace_ = (char *)p->ns;
	out->metadata->attempt = attempt;
	out->log_directory = kn_path_pod_logs(a, n, p);
	out->dns_config = kn_gen_dns(a, n, p);
	add_names(a, p, out);
	out->linux = gen_linux(a, p, cgroup_parent);
	if (kn_pod_is_host_network(p)) {
		*ret = out;
		return 0;
	}
	for (size_t i = 0; i < s->n_containers; i++)
		add_ports(a, s->containers[i], out);
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (kn_container_is_sidecar(s->initcontainers[i]))
			add_ports(a, s->initcontainers[i], out);
	*ret = out;
	return 0;
}
