/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/endpoints.h"
#include "lib/base/mem.h"

static const char *label_get(const K8s__ObjectMeta *m, const char *key)
{
	for (size_t i = 0; i < m->n_labels; i++)
		if (m->labels[i]->key && !strcmp(m->labels[i]->key, key))
			return m->labels[i]->value ? m->labels[i]->value : "";
	return NULL;
}

static bool selects(const K8s__ServiceSpec *spec, const K8s__ObjectMeta *pod)
{
	for (size_t i = 0; i < spec->n_selector; i++) {
		const K8s__StringEntry *s = spec->selector[i];
		const char *have = s->key ? label_get(pod, s->key) : NULL;

		if (!have || strcmp(have, s->value ? s->value : "") != 0)
			return false;
	}
	return spec->n_selector > 0;
}

static const char *protocol_of(const char *p)
{
	return p && *p ? p : "TCP";
}

static int named_port(K8s__Container *const *list, size_t n, const char *name, const char *protocol)
{
	for (size_t i = 0; i < n; i++)
		for (size_t j = 0; j < list[i]->n_ports; j++) {
			const K8s__ContainerPort *p = list[i]->ports[j];

			if (p->name && !strcmp(p->name, name) && !strcmp(protocol_of(p->protocol), protocol))
				return p->containerport;
		}
	return 0;
}

/* FindPort of pkg/api/v1/pod: containers first, then sidecars; 0: the pod has no such port. */
static int target_port(const K8s__ServicePort *sp, const K8s__PodSpec *spec)
{
	const K8s__IntOrString *t = sp->targetport;
	int port;

	if (!t || (t->type == 0 && t->intval == 0))
		return sp->port;
	if (t->type == 0)
		return t->intval;
	if (!t->strval)
		return 0;
	port = named_port(spec->containers, spec->n_containers, t->strval, protocol_of(sp->protocol));
	return port ? port
		    : named_port(spec->initcontainers, spec->n_initcontainers, t->strval,
				 protocol_of(sp->protocol));
}

/* protobuf-c's messages have an init value each; arena memory is zeroed only. */
#define NEW(a, type, init)                                                                                   \
	({                                                                                                   \
		__typeof__(type) *p_ = kn_arena_alloc(a, sizeof(*p_));                                       \
		*p_ = (__typeof__(type))init;                                                                \
		p_;                                                                                          \
	})

static K8s__Endpoint *make_endpoint(struct kn_endpoints *e, const struct kn_pod_view *v, const char *ip)
{
	K8s__Endpoint *ep = NEW(e->arena, K8s__Endpoint, K8S__ENDPOINT__INIT);
	K8s__EndpointConditions *c = NEW(e->arena, K8s__EndpointConditions, K8S__ENDPOINT_CONDITIONS__INIT);

	c->has_ready = c->has_serving = c->has_terminating = true;
	c->ready = v->ready && !v->terminating;
	c->serving = v->ready;
	c->terminating = v->terminating;
	ep->conditions = c;
	ep->nodename = (char *)e->node_name;
	ep->n_addresses = 1;
	ep->addresses = kn_arena_alloc(e->arena, sizeof(char *));
	ep->addresses[0] = (char *)ip;
	return ep;
}

static void add_slice(struct kn_endpoints *e, const K8s__Service *svc, const struct kn_pod_view *v,
		      const char *ip)
{
	K8s__EndpointSlice *s = NEW(e->arena, K8s__EndpointSlice, K8S__ENDPOINT_SLICE__INIT);
	K8s__ObjectMeta *m = NEW(e->arena, K8s__ObjectMeta, K8S__OBJECT_META__INIT);
	K8s__StringEntry *l = NEW(e->arena, K8s__StringEntry, K8S__STRING_ENTRY__INIT);
	const K8s__ServiceSpec *spec = svc->spec;
	bool v6 = strchr(ip, ':') != NULL;

	l->key = "kubernetes.io/service-name";
	l->value = svc->metadata->name;
	m->name = kn_arena_printf(e->arena, "%s-%s-%s", svc->metadata->name, v->pod->uid, v6 ? "v6" : "v4");
	m->namespace_ = svc->metadata->namespace_;
	m->n_labels = 1;
	m->labels = kn_arena_alloc(e->arena, sizeof(*m->labels));
	m->labels[0] = l;
	s->metadata = m;
	s->addresstype = v6 ? "IPv6" : "IPv4";
	s->n_endpoints = 1;
	s->endpoints = kn_arena_alloc(e->arena, sizeof(*s->endpoints));
	s->endpoints[0] = make_endpoint(e, v, ip);
	s->ports = kn_arena_alloc(e->arena, (spec->n_ports + 1) * sizeof(*s->ports));
	for (size_t i = 0; i < spec->n_ports; i++) {
		int port = target_port(spec->ports[i], v->pod->obj->spec);
		K8s__EndpointPort *ep;

		if (!port)
			continue;
		ep = NEW(e->arena, K8s__EndpointPort, K8S__ENDPOINT_PORT__INIT);
		ep->name = spec->ports[i]->name;
		ep->protocol = (char *)protocol_of(spec->ports[i]->protocol);
		ep->has_port = true;
		ep->port = port;
		s->ports[s->n_ports++] = ep;
	}
	if (e->n == e->cap) {
		e->cap = e->cap ? e->cap * 2 : 16;
		e->slices = kn_realloc(e->slices, e->cap, sizeof(*e->slices));
	}
	e->slices[e->n++] = s;
}

void kn_endpoints_add(struct kn_endpoints *e, const K8s__Service *svc, const struct kn_pod_view *v)
{
	const char *svc_ns =
		svc->metadata && svc->metadata->namespace_ ? svc->metadata->namespace_ : "default";

	if (!svc->spec || !svc->metadata || !svc->metadata->name || strcmp(svc_ns, v->pod->ns) != 0)
		return;
	if (svc->spec->type && !strcmp(svc->spec->type, "ExternalName"))
		return;
	if (!selects(svc->spec, v->pod->obj->metadata))
		return;
	for (size_t i = 0; v->ips && v->ips[i]; i++)
		add_slice(e, svc, v, v->ips[i]);
}
