/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/join.h"
#include "kubelet/lease.h"
#include "kubelet/node_config.h"
#include "kubelet/node_sync.h"
#include "lib/base/mem.h"

#define EVENT_QPS 50
#define EVENT_BURST 100

struct kn_join {
	struct kn_join_deps d;
	struct kn_arena *arena;
	struct kn_kubeconfig kubeconfig;
	struct kn_node_config config;
	struct kn_http *http;
	struct kn_client *client, *events;
	struct kn_node_sync *node;
	struct kn_lease *lease;
	struct kn_timer *begin;
};

static void on_node(void *user, struct kn_object *node)
{
	struct kn_join *j = user;

	kn_lease_set_node(j->lease, node->uid);
	if (j->d.on_node)
		j->d.on_node(j->d.user, node);
}

static void on_pod_cidrs(void *user, const char *cidrs)
{
	struct kn_join *j = user;

	if (j->d.on_pod_cidrs)
		j->d.on_pod_cidrs(j->d.user, cidrs);
}

static int start_client(struct kn_join *j, struct kn_err *err)
{
	const struct kn_options *o = j->d.options;
	struct kn_client_config cfg = {
		.kubeconfig = &j->kubeconfig, .qps = o->kube_api_qps, .burst = o->kube_api_burst};
	int r = kn_kubeconfig_load(&j->kubeconfig, o->kubeconfig, j->arena, err);

	if (!r)
		r = kn_client_new(&j->client, j->d.loop, j->http, &cfg, j->d.log, err);
	cfg.qps = EVENT_QPS;
	cfg.burst = EVENT_BURST;
	return r ? r : kn_client_new(&j->events, j->d.loop, j->http, &cfg, j->d.log, err);
}

static int start_node(struct kn_join *j, struct kn_err *err)
{
	const struct kn_options *o = j->d.options;
	struct kn_node_sync_deps deps = {
		.loop = j->d.loop,
		.client = j->client,
		.cri = j->d.cri,
		.kubelet = j->d.kubelet,
		.config = &j->config,
		.log = j->d.log,
		.root_dir = o->root_dir,
		.register_node = o->register_node,
		.update_ns = kn_config_ns(o->config->nodestatusupdatefrequency),
		.report_ns = kn_config_ns(o->config->nodestatusreportfrequency),
		.on_node = on_node,
		.on_pod_cidrs = on_pod_cidrs,
		.user = j,
	};

	j->lease = kn_lease_new(j->d.loop, j->client, j->config.node_name,
				o->config->nodeleasedurationseconds, j->d.log);
	return kn_node_sync_new(&j->node, &deps, err);
}

/* Later, so that who made us has what kn_join_new returned. */
static void begin(void *user)
{
	struct kn_join *j = user;

	if (j->d.on_client)
		j->d.on_client(j->d.user, j->client);
}

int kn_join_new(struct kn_join **ret, const struct kn_join_deps *deps, struct kn_err *err)
{
	struct kn_join *j = kn_calloc(1, sizeof(*j));
	int r;

	j->d = *deps;
	j->arena = kn_arena_new(0);
	j->begin = kn_timer_new(deps->loop, begin, j);
	r = kn_node_config_make(&j->config, deps->options, j->arena, err);
	if (!r)
		r = kn_http_new(&j->http, deps->loop,
				"kubelet/" KN_KUBE_VERSION " (linux) kernlet/" KN_VERSION, err);
	if (!r)
		r = start_client(j, err);
	if (!r)
		r = start_node(j, err);
	if (r) {
		kn_join_free(j);
		return r;
	}
	kn_timer_arm(j->begin, 0);
	*ret = j;
	return 0;
}

struct kn_join *kn_join_free(struct kn_join *j)
{
	if (!j)
		return NULL;
	kn_timer_free(j->begin);
	kn_node_sync_free(j->node);
	kn_lease_free(j->lease);
	if (j->client)
		kn_client_free(j->client);
	if (j->events)
		kn_client_free(j->events);
	if (j->http)
		kn_http_free(j->http);
	kn_arena_free(j->arena);
	free(j);
	return NULL;
}

struct kn_client *kn_join_client(const struct kn_join *j)
{
	return j->client;
}

struct kn_client *kn_join_events(const struct kn_join *j)
{
	return j->events;
}

struct kn_http *kn_join_http(const struct kn_join *j)
{
	return j->http;
}

struct kn_object *kn_join_node(const struct kn_join *j)
{
	return j->node ? kn_node_sync_node(j->node) : NULL;
}

void kn_join_pressure(struct kn_join *j, bool memory, bool disk, bool pid)
{
	if (j->node)
		kn_node_sync_pressure(j->node, memory, disk, pid);
}
