// SPDX-License-Identifier: Apache-2.0
#include "proxy/slices.h"

#include <arpa/inet.h>
#include <netinet/in.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "proxy/address.h"

#define LABEL_SERVICE "kubernetes.io/service-name"
#define LABEL_PROXY "service.kubernetes.io/service-proxy-name"
#define LABEL_HEADLESS "service.kubernetes.io/headless"

#define NAME_MAX_LEN 512
#define AFFINITY_DEFAULT_S 10800 /* DefaultClientIPServiceAffinitySeconds */

struct link { /* slices of one Service, in the order given */
	const K8s__EndpointSlice *slice;
	struct link *next, *last;
};

struct build {
	const struct kn_slices_in *in;
	struct kn_map *by_service; /* "NAMESPACE/NAME" to its first link */
	struct link *links;
	struct kn_table *table;
};

enum kn_want { WANT_READY, WANT_SERVING_TERMINATING };

static const char *or_empty(const char *s)
{
	return s ? s : "";
}

static const char *label(const K8s__ObjectMeta *meta, const char *key)
{
	for (size_t i = 0; meta && i < meta->n_labels; i++)
		if (!strcmp(or_empty(meta->labels[i]->key), key))
			return or_empty(meta->labels[i]->value);
	return NULL;
}

static char *object_name(const K8s__ObjectMeta *meta, const char *name, char buf[NAME_MAX_LEN])
{
	snprintf(buf, NAME_MAX_LEN, "%s/%s", or_empty(meta ? meta->namespace_ : NULL), or_empty(name));
	return buf;
}

static void skipped(const struct build *b, const K8s__ObjectMeta *meta, const char *value, const char *why)
{
	char buf[NAME_MAX_LEN];

	if (b->in->skipped)
		b->in->skipped(b->in->user, object_name(meta, meta ? meta->name : NULL, buf), or_empty(value),
			       why);
}

/* 0: a protocol that isn't served here */
static uint8_t protocol(const char *text)
{
	if (!text || !*text || !strcmp(text, "TCP"))
		return IPPROTO_TCP;
	return !strcmp(text, "UDP") ? IPPROTO_UDP : 0;
}

static bool for_other_proxy(const K8s__ObjectMeta *meta)
{
	return label(meta, LABEL_PROXY) || label(meta, LABEL_HEADLESS);
}

static void index_slices(struct build *b)
{
	char buf[NAME_MAX_LEN];

	b->links = kn_calloc(b->in->want->n_slices + 1, sizeof(*b->links));
	for (size_t i = 0; i < b->in->want->n_slices; i++) {
		const K8s__EndpointSlice *s = b->in->want->slices[i];
		const char *service = label(s->metadata, LABEL_SERVICE);
		struct link *l = &b->links[i], *first;

		if (!service || !*service || for_other_proxy(s->metadata))
			continue;
		l->slice = s;
		l->last = l;
		first = kn_map_get(b->by_service, object_name(s->metadata, service, buf));
		if (first) {
			first->last->next = l;
			first->last = l;
		} else {
			kn_map_set(b->by_service, buf, l);
		}
	}
}

static bool endpoint_wanted(const K8s__Endpoint *ep, enum kn_want want)
{
	const K8s__EndpointConditions *c = ep->conditions;
	bool ready = !c || !c->has_ready || c->ready;
	bool serving = !c || !c->has_serving || c->serving;
	bool terminating = c && c->has_terminating && c->terminating;

	/* publishNotReadyAddresses isn't asked for here: the slices' controller has turned it into
	 * ready=true, of terminating endpoints too. */
	return want == WANT_READY ? ready : serving && terminating;
}

static void add_endpoint(struct build *b, const K8s__EndpointSlice *s, const K8s__Endpoint *ep, int32_t port,
			 bool v4, bool ready)
{
	struct kn_addr addr;
	const char *text =
		ep->n_addresses ? ep->addresses[0] : NULL; /* kube-proxy too looks at the first only */
	const char *why;

	if (!text) {
		skipped(b, s->metadata, "", "endpoint without an address");
		return;
	}
	if (kn_addr_parse(text, &addr) || kn_addr_is_v4(&addr) != v4) {
		skipped(b, s->metadata, text, "endpoint address isn't of the slice's addressType");
		return;
	}
	why = kn_addr_special(&addr);
	if (why) {
		skipped(b, s->metadata, text, why);
		return;
	}
	kn_table_add_backend(b->table, &addr, htons(port), ep->nodename, ready);
}

static void add_slice(struct build *b, const K8s__EndpointSlice *s, const K8s__ServicePort *sp, bool v4,
		      bool local, enum kn_want want)
{
	const char *type = or_empty(s->addresstype);

	if (strcmp(type, v4 ? "IPv4" : "IPv6"))
		return;
	for (size_t i = 0; i < s->n_ports; i++) {
		const K8s__EndpointPort *p = s->ports[i];

		if (strcmp(or_empty(p->name), or_empty(sp->name)) ||
		    protocol(p->protocol) != protocol(sp->protocol))
			continue;
		if (!p->has_port || p->port < 1 || p->port > 65535) {
			skipped(b, s->metadata, p->name, "endpoint port without a number");
			continue;
		}
		for (size_t k = 0; k < s->n_endpoints; k++) {
			const K8s__Endpoint *ep = s->endpoints[k];

			if (!endpoint_wanted(ep, want))
				continue;
			if (local && (!b->in->node_name || strcmp(or_empty(ep->nodename), b->in->node_name)))
				continue;
			add_endpoint(b, s, ep, p->port, v4, want == WANT_READY);
		}
	}
}

struct frontend { /* one address and port that a Service is reached by */
	struct kn_addr ip;
	int32_t port;
	bool local; /* only endpoints of this node */
};

static uint32_t affinity_seconds(const K8s__ServiceSpec *spec)
{
	const K8s__ClientIPConfig *c =
		spec->sessionaffinityconfig ? spec->sessionaffinityconfig->clientip : NULL;

	if (!spec->sessionaffinity || strcmp(spec->sessionaffinity, "ClientIP"))
		return 0;
	return c && c->has_timeoutseconds && c->timeoutseconds > 0 ? (uint32_t)c->timeoutseconds
								   : AFFINITY_DEFAULT_S;
}

static void add_frontend(struct build *b, const K8s__Service *svc, const K8s__ServicePort *sp,
			 const struct frontend *f)
{
	struct kn_svc_key key = {.addr = f->ip, .proto = protocol(sp->protocol)};
	char buf[NAME_MAX_LEN];
	struct link *first = kn_map_get(b->by_service, object_name(svc->metadata, svc->metadata->name, buf));
	bool v4 = kn_addr_is_v4(&f->ip);
	struct kn_entry *e;

	if (!key.proto) {
		skipped(b, svc->metadata, sp->protocol, "protocol isn't supported");
		return;
	}
	if (f->port < 1 || f->port > 65535) {
		skipped(b, svc->metadata, sp->name, "service port out of range");
		return;
	}
	key.port = htons(f->port);
	e = kn_table_add_service(b->table, &key, svc->metadata->namespace_, svc->metadata->name, sp->name);
	e->affinity_s = affinity_seconds(svc->spec);
	for (struct link *l = first; l; l = l->next)
		add_slice(b, l->slice, sp, v4, f->local, WANT_READY);
	e = &b->table->entries[b->table->n_entries - 1];
	/* KEP-1669: rather those that are going than none. */
	for (struct link *l = e->n ? NULL : first; l; l = l->next)
		add_slice(b, l->slice, sp, v4, f->local, WANT_SERVING_TERMINATING);
}

static void add_ports(struct build *b, const K8s__Service *svc, const char *text, bool local)
{
	struct frontend f = {.local = local};

	if (!text || !*text || !strcmp(text, "None"))
		return;
	if (kn_addr_parse(text, &f.ip)) {
		skipped(b, svc->metadata, text, "not a Service address");
		return;
	}
	for (size_t k = 0; k < svc->spec->n_ports; k++) {
		f.port = svc->spec->ports[k]->has_port ? svc->spec->ports[k]->port : 0;
		add_frontend(b, svc, svc->spec->ports[k], &f);
	}
}

/* In the families that the Service has addresses of. */
static void add_node_ports(struct build *b, const K8s__Service *svc, const char *cluster_ip)
{
	struct frontend f = {0};

	if (!cluster_ip || kn_addr_parse(cluster_ip, &f.ip))
		return;
	kn_addr_any(kn_addr_is_v4(&f.ip), &f.ip);
	for (size_t k = 0; k < svc->spec->n_ports; k++) {
		f.port = svc->spec->ports[k]->has_nodeport ? svc->spec->ports[k]->nodeport : 0;
		if (f.port)
			add_frontend(b, svc, svc->spec->ports[k], &f);
	}
}

/* Clients at a socket of this node stand inside the cluster: for them an external address leads to every
 * endpoint, whatever externalTrafficPolicy says (pkg/proxy/iptables/proxier.go, the KUBE-EXT chains). */
static void add_external(struct build *b, const K8s__Service *svc)
{
	const K8s__ServiceSpec *spec = svc->spec;
	const K8s__LoadBalancerStatus *lb = svc->status ? svc->status->loadbalancer : NULL;

	for (size_t i = 0; i < spec->n_externalips; i++)
		add_ports(b, svc, spec->externalips[i], false);
	if (!spec->type || strcmp(spec->type, "LoadBalancer"))
		return;
	for (size_t i = 0; lb && i < lb->n_ingress; i++) {
		const K8s__LoadBalancerIngress *in = lb->ingress[i];

		if (in->ipmode && strcmp(in->ipmode, "VIP"))
			continue;
		/* Whose address a socket will have isn't known before it connects. */
		if (spec->n_loadbalancersourceranges)
			skipped(b, svc->metadata, in->ip,
				"loadBalancerSourceRanges isn't supported for local clients");
		else
			add_ports(b, svc, in->ip, false);
	}
}

static void add_service(struct build *b, const K8s__Service *svc)
{
	const K8s__ServiceSpec *spec = svc->spec;
	const char *policy = spec ? spec->internaltrafficpolicy : NULL;
	char *const *ips;
	size_t n;

	if (!spec || !svc->metadata || for_other_proxy(svc->metadata))
		return;
	if (spec->type && !strcmp(spec->type, "ExternalName"))
		return;
	ips = spec->n_clusterips ? spec->clusterips : (char *const *)&spec->clusterip;
	n = spec->n_clusterips ? spec->n_clusterips : 1;
	for (size_t i = 0; i < n; i++)
		add_ports(b, svc, ips[i], policy && !strcmp(policy, "Local"));
	for (size_t i = 0; i < n; i++)
		add_node_ports(b, svc, ips[i]);
	add_external(b, svc);
}

static void add_host_port(struct build *b, const struct kn_host_port *h, bool v4)
{
	struct kn_svc_key key = {.proto = protocol(h->protocol)};
	struct kn_addr pod;

	if (!h->host_ip || !*h->host_ip || !strcmp(h->host_ip, "0.0.0.0") || !strcmp(h->host_ip, "::"))
		kn_addr_any(v4, &key.addr);
	else if (kn_addr_parse(h->host_ip, &key.addr))
		return;
	if (!key.proto || kn_addr_is_v4(&key.addr) != v4)
		return;
	key.port = htons(h->host_port);
	for (size_t i = 0; h->pod_ips[i]; i++) {
		if (kn_addr_parse(h->pod_ips[i], &pod) || kn_addr_is_v4(&pod) != v4)
			continue;
		kn_table_add_service(b->table, &key, h->ns, h->pod, h->name);
		kn_table_add_backend(b->table, &pod, htons(h->container_port), b->in->node_name, true);
		return;
	}
}

/* By age, then name: of two Services with one address the older one keeps it, whatever order they came in. */
static int by_age(const void *pa, const void *pb)
{
	const K8s__Service *a = *(const K8s__Service *const *)pa, *b = *(const K8s__Service *const *)pb;
	const K8s__ObjectMeta *ma = a->metadata, *mb = b->metadata;
	int64_t ta, tb;
	int r;

	if (!ma || !mb)
		return !ma - !mb;
	ta = ma->creationtimestamp ? ma->creationtimestamp->seconds : 0;
	tb = mb->creationtimestamp ? mb->creationtimestamp->seconds : 0;
	if (ta != tb)
		return (ta > tb) - (ta < tb);
	r = strcmp(or_empty(ma->namespace_), or_empty(mb->namespace_));
	return r ? r : strcmp(or_empty(ma->name), or_empty(mb->name));
}

struct kn_table *kn_slices_table(const struct kn_slices_in *in)
{
	struct build b = {.in = in, .by_service = kn_map_new(), .table = kn_table_new()};
	kn_auto_free const K8s__Service **sorted = kn_calloc(in->want->n_services + 1, sizeof(*sorted));

	index_slices(&b);
	for (size_t i = 0; i < in->want->n_services; i++)
		sorted[i] = in->want->services[i];
	qsort(sorted, in->want->n_services, sizeof(*sorted), by_age);
	for (size_t i = 0; i < in->want->n_services; i++)
		add_service(&b, sorted[i]);
	for (size_t i = 0; i < in->want->n_host_ports; i++) {
		add_host_port(&b, &in->want->host_ports[i], true);
		add_host_port(&b, &in->want->host_ports[i], false);
	}
	if (kn_table_finish(b.table) && in->skipped)
		in->skipped(in->user, "", "",
			    "several Services claim one address and port: the oldest has it");
	kn_map_free(b.by_service, NULL);
	free(b.links);
	return b.table;
}
