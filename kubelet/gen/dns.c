/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/gen/gen_priv.h"

#define SERVERS_MAX 3	      /* MAXNS of the resolver */
#define SEARCHES_MAX 32	      /* pkg/apis/core/validation MaxDNSSearchPaths */
#define SEARCH_CHARS_MAX 2048 /* MaxDNSSearchListChars, spaces between included */

static void from_host(struct kn_arena *a, const struct kn_node_ctx *n, Cri__DNSConfig *d, bool servers,
		      bool options)
{
	for (size_t i = 0; servers && n->host_nameservers && n->host_nameservers[i]; i++)
		kn_gen_string(a, &d->servers, &d->n_servers, n->host_nameservers[i]);
	for (size_t i = 0; n->host_searches && n->host_searches[i]; i++)
		kn_gen_string(a, &d->searches, &d->n_searches, n->host_searches[i]);
	for (size_t i = 0; options && n->host_options && n->host_options[i]; i++)
		kn_gen_string(a, &d->options, &d->n_options, n->host_options[i]);
}

/* The cluster's DNS in front, the node's search domains behind the cluster's. */
static void from_cluster(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			 Cri__DNSConfig *d)
{
	const char *domain = n->cluster_domain;

	for (size_t i = 0; n->cluster_dns[i]; i++)
		kn_gen_string(a, &d->servers, &d->n_servers, n->cluster_dns[i]);
	if (kn_str_set(domain)) {
		kn_gen_string(a, &d->searches, &d->n_searches,
			      kn_arena_printf(a, "%s.svc.%s", p->ns, domain));
		kn_gen_string(a, &d->searches, &d->n_searches, kn_arena_printf(a, "svc.%s", domain));
		kn_gen_string(a, &d->searches, &d->n_searches, domain);
	}
	from_host(a, n, d, false, false);
	kn_gen_string(a, &d->options, &d->n_options, "ndots:5");
}

static size_t option_name_len(const char *o)
{
	return strcspn(o, ":");
}

/* The pod's option replaces one of the same name. */
static void merge_option(struct kn_arena *a, Cri__DNSConfig *d, const K8s__PodDNSConfigOption *o)
{
	char *text = kn_str_set(o->value) ? kn_arena_printf(a, "%s:%s", o->name, o->value) : (char *)o->name;
	size_t len = strlen(o->name);

	for (size_t i = 0; i < d->n_options; i++) {
		if (option_name_len(d->options[i]) == len && !strncmp(d->options[i], o->name, len)) {
			d->options[i] = text;
			return;
		}
	}
	kn_gen_string(a, &d->options, &d->n_options, text);
}

static void limit(Cri__DNSConfig *d)
{
	size_t chars = 0;

	if (d->n_servers > SERVERS_MAX)
		d->n_servers = SERVERS_MAX;
	if (d->n_searches > SEARCHES_MAX)
		d->n_searches = SEARCHES_MAX;
	for (size_t i = 0; i < d->n_searches; i++) {
		chars += strlen(d->searches[i]) + (i ? 1 : 0);
		if (chars > SEARCH_CHARS_MAX)
			d->n_searches = i;
	}
}

static bool wants_cluster(const struct kn_node_ctx *n, const struct kn_pod *p)
{
	const char *policy = p->obj->spec->dnspolicy;

	if (!n->cluster_dns || !n->cluster_dns[0])
		return false; /* the kubelet falls back to Default, with an event */
	return !strcmp(policy, "ClusterFirstWithHostNet") ||
	       (!strcmp(policy, "ClusterFirst") && !kn_pod_is_host_network(p));
}

Cri__DNSConfig *kn_gen_dns(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p)
{
	Cri__DNSConfig *d = KN_MSG(a, Cri__DNSConfig, cri__dnsconfig__init);
	const K8s__PodDNSConfig *c = p->obj->spec->dnsconfig;

	if (wants_cluster(n, p))
		from_cluster(a, n, p, d);
	else if (strcmp(p->obj->spec->dnspolicy, "None"))
		from_host(a, n, d, true, true);
	for (size_t i = 0; c && i < c->n_nameservers; i++)
		kn_gen_string(a, &d->servers, &d->n_servers, c->nameservers[i]);
	for (size_t i = 0; c && i < c->n_searches; i++)
		kn_gen_string(a, &d->searches, &d->n_searches, c->searches[i]);
	for (size_t i = 0; c && i < c->n_options; i++)
		if (c->options[i]->name)
			merge_option(a, d, c->options[i]);
	limit(d);
	return d;
}
