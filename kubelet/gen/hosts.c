/* SPDX-License-Identifier: Apache-2.0 */
/* The pod's host name and its managed /etc/hosts (pkg/kubelet/kubelet_pods.go). */
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "lib/base/buf.h"

#define HOSTNAME_MAX 63

char *kn_gen_hostname(struct kn_arena *a, const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;
	const char *from = kn_str_set(s->hostnameoverride) ? s->hostnameoverride
			   : kn_str_set(s->hostname)	   ? s->hostname
							   : p->name;
	size_t len = strnlen(from, HOSTNAME_MAX);

	/* The cut may leave a dash or dot at the end, which no host name may have. */
	while (len && (from[len - 1] == '-' || from[len - 1] == '.'))
		len--;
	return kn_arena_strndup(a, from, len);
}

char *kn_gen_hostdomain(struct kn_arena *a, const struct kn_pod *p, const char *cluster_domain)
{
	const K8s__PodSpec *s = p->obj->spec;

	if (kn_str_set(s->hostnameoverride) || !kn_str_set(s->subdomain))
		return NULL;
	return kn_arena_printf(a, "%s.%s.svc.%s", s->subdomain, p->ns,
			       cluster_domain ? cluster_domain : "cluster.local");
}

static void add_aliases(struct kn_buf *b, const K8s__PodSpec *s)
{
	if (!s->n_hostaliases)
		return;
	kn_buf_adds(b, "\n# Entries added by HostAliases.\n");
	for (size_t i = 0; i < s->n_hostaliases; i++) {
		kn_buf_adds(b, kn_gen_str(s->hostaliases[i]->ip));
		for (size_t j = 0; j < s->hostaliases[i]->n_hostnames; j++)
			kn_buf_addf(b, "\t%s", s->hostaliases[i]->hostnames[j]);
		kn_buf_adds(b, "\n");
	}
}

char *kn_gen_etc_hosts(struct kn_arena *a, const struct kn_pod *p, const char *const *pod_ips,
		       const char *cluster_domain, const char *host_hosts)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};
	const char *domain = kn_gen_hostdomain(a, p, cluster_domain), *name = kn_gen_hostname(a, p);

	if (kn_pod_is_host_network(p)) {
		kn_buf_adds(&b, "# Kubernetes-managed hosts file (host network).\n");
		kn_buf_adds(&b, kn_gen_str(host_hosts));
	} else {
		kn_buf_adds(&b, "# Kubernetes-managed hosts file.\n"
				"127.0.0.1\tlocalhost\n"
				"::1\tlocalhost ip6-localhost ip6-loopback\n"
				"fe00::0\tip6-localnet\n"
				"fe00::0\tip6-mcastprefix\n"
				"fe00::1\tip6-allnodes\n"
				"fe00::2\tip6-allrouters\n");
		for (; pod_ips && *pod_ips; pod_ips++) {
			if (domain)
				kn_buf_addf(&b, "%s\t%s.%s\t%s\n", *pod_ips, name, domain, name);
			else
				kn_buf_addf(&b, "%s\t%s\n", *pod_ips, name);
		}
	}
	add_aliases(&b, p->obj->spec);
	return kn_arena_strndup(a, b.data, b.len);
}
