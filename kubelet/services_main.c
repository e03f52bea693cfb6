// SPDX-License-Identifier: Apache-2.0
#include "kubelet/services_main.h"

#include <string.h>

#include "kubelet/endpoints.h"
#include "lib/base/mem.h"
#include "proxy/service_watch.h"

#define RETRY_NS KN_NSEC_PER_SEC

struct kn_services {
	struct kn_services_deps d;
	struct kn_timer *timer;
	struct kn_service_watch *watch; /* NULL: not joined */
	struct kn_manifest **manifests; /* Services and EndpointSlices, referenced */
	size_t n;
	bool manifests_read;
};

struct collect {
	struct kn_services *s;
	struct kn_arena *arena;
	struct kn_endpoints endpoints;
	struct kn_host_port *ports; /* malloc'd */
	size_t n_ports;
};

static void add_endpoints(void *user, const struct kn_pod_view *v)
{
	struct collect *c = user;

	for (size_t i = 0; i < c->s->n; i++)
		if (c->s->manifests[i]->kind == KN_KIND_SERVICE)
			kn_endpoints_add(&c->endpoints, (K8s__Service *)c->s->manifests[i]->obj, v);
}

static void add_container_ports(struct collect *c, const struct kn_pod_view *v, const K8s__Container *k)
{
	for (size_t i = 0; i < k->n_ports; i++) {
		const K8s__ContainerPort *p = k->ports[i];

		if (!p->has_hostport || p->hostport < 1)
			continue;
		c->ports = kn_realloc(c->ports, c->n_ports + 1, sizeof(*c->ports));
		c->ports[c->n_ports++] = (struct kn_host_port){
			.ns = v->pod->ns,
			.pod = v->pod->name,
			.name = p->name,
			.host_ip = p->hostip,
			.protocol = p->protocol,
			.host_port = p->hostport,
			.container_port = p->containerport,
			.pod_ips = v->ips,
		};
	}
}

static void add_host_ports(void *user, const struct kn_pod_view *v)
{
	const K8s__PodSpec *spec = v->pod ? v->pod->obj->spec : NULL;

	if (!spec || !v->ips[0] || kn_pod_is_host_network(v->pod))
		return;
	for (size_t i = 0; i < spec->n_initcontainers; i++)
		add_container_ports(user, v, spec->initcontainers[i]);
	for (size_t i = 0; i < spec->n_containers; i++)
		add_container_ports(user, v, spec->containers[i]);
}

static void want_manifests(struct collect *c, struct kn_proxy_want *want)
{
	const K8s__Service **services;
	const K8s__EndpointSlice **slices;

	kn_kubelet_each(c->s->d.kubelet, add_endpoints, c);
	services = kn_arena_alloc(c->arena, (c->s->n + 1) * sizeof(*services));
	slices = kn_arena_alloc(c->arena, (c->s->n + c->endpoints.n + 1) * sizeof(*slices));
	for (size_t i = 0; i < c->s->n; i++) {
		if (c->s->manifests[i]->kind == KN_KIND_SERVICE)
			services[want->n_services++] = (K8s__Service *)c->s->manifests[i]->obj;
		else
			slices[want->n_slices++] = (K8s__EndpointSlice *)c->s->manifests[i]->obj;
	}
	for (size_t i = 0; i < c->endpoints.n; i++)
		slices[want->n_slices++] = c->endpoints.slices[i];
	want->services = services;
	want->slices = slices;
}

/* After a start the maps hold what was true before; an incomplete view must not take it away. */
static bool complete(const struct kn_services *s)
{
	return kn_kubelet_observed(s->d.kubelet) &&
	       (s->d.joined ? kn_service_watch_synced(s->watch) : s->manifests_read);
}

static void sync_services(void *user)
{
	struct kn_services *s = user;
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct collect c = {.s = s, .arena = a, .endpoints = {.arena = a, .node_name = s->d.node_name}};
	struct kn_proxy_want want = {0};
	struct kn_err err = KN_ERR_INIT;

	if (!s->d.proxy || !complete(s))
		return;
	kn_kubelet_each(s->d.kubelet, add_host_ports, &c);
	if (s->watch)
		kn_service_watch_get(s->watch, a, &want);
	else
		want_manifests(&c, &want);
	want.host_ports = c.ports;
	want.n_host_ports = c.n_ports;
	if (kn_proxy_set(s->d.proxy, &want, &err)) {
		kn_error(s->d.log, "Failed to write the Services into the kernel", "err", err.msg);
		kn_timer_arm(s->timer, RETRY_NS);
	}
	free(c.endpoints.slices);
	free(c.ports);
}

struct kn_services *kn_services_new(const struct kn_services_deps *deps)
{
	struct kn_services *s = kn_calloc(1, sizeof(*s));

	s->d = *deps;
	s->timer = kn_timer_new(deps->loop, sync_services, s);
	return s;
}

static void release_manifests(struct kn_services *s)
{
	for (size_t i = 0; i < s->n; i++)
		kn_manifest_unref(s->manifests[i]);
	free(s->manifests);
	s->manifests = NULL;
	s->n = 0;
}

struct kn_services *kn_services_free(struct kn_services *s)
{
	if (!s)
		return NULL;
	kn_service_watch_free(s->watch);
	kn_timer_free(s->timer);
	release_manifests(s);
	free(s);
	return NULL;
}

void kn_services_pods_changed(struct kn_services *s)
{
	/* Coalesced: many pods change in one turn of the loop. */
	if (s)
		kn_timer_arm(s->timer, 0);
}

static void on_watch(void *user)
{
	kn_services_pods_changed(user);
}

void kn_services_set_manifests(struct kn_services *s, struct kn_manifest *const *set, size_t n)
{
	release_manifests(s);
	s->manifests = kn_calloc(n + 1, sizeof(*s->manifests));
	for (size_t i = 0; i < n; i++)
		if (set[i]->kind != KN_KIND_POD)
			s->manifests[s->n++] = kn_manifest_ref(set[i]);
	s->manifests_read = true;
	kn_timer_arm(s->timer, 0);
}

void kn_services_join(struct kn_services *s, struct kn_client *client)
{
	if (s->d.proxy && !s->watch)
		s->watch = kn_service_watch_new(s->d.loop, client, s->d.log, on_watch, s);
}
