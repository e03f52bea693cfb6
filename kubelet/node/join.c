/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/node/bootstrap.h"
#include "kubelet/node/cert_manager.h"
#include "kubelet/node/join.h"
#include "kubelet/node/lease.h"
#include "kubelet/node/node_config.h"
#include "kubelet/node/node_sync.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define NAMES_MAX 16
#define PEM_MAX (256 * 1024)

struct kn_join {
	struct kn_join_deps d;
	struct kn_arena *arena;
	struct kn_kubeconfig kubeconfig;
	struct kn_node_config config;
	struct kn_http *http;
	struct kn_client *client, *events;
	struct kn_node_sync *node;
	struct kn_lease *lease;
	struct kn_bootstrap *bootstrap; /* while there is no kubeconfig */
	struct kn_cert_manager *client_cert, *serving_cert;
	struct kn_timer *begin;
};

/* The names a serving certificate is to be good for: all of the node's addresses. */
static void tell_names(struct kn_join *j, const K8s__Node *node)
{
	const char *dns[NAMES_MAX + 1] = {NULL}, *ips[NAMES_MAX + 1] = {NULL};
	size_t n_dns = 0, n_ips = 0;

	for (size_t i = 0; node->status && i < node->status->n_addresses; i++) {
		const K8s__NodeAddress *a = node->status->addresses[i];
		size_t n = a->type ? strlen(a->type) : 0;
		bool ip = n > 2 && !strcmp(a->type + n - 2, "IP");

		if (!a->address || (ip ? n_ips : n_dns) >= NAMES_MAX)
			continue;
		if (ip)
			ips[n_ips++] = a->address;
		else
			dns[n_dns++] = a->address;
	}
	if (n_dns + n_ips)
		kn_cert_manager_names(j->serving_cert, dns, ips);
}

static void on_node(void *user, struct kn_object *node)
{
	struct kn_join *j = user;

	if (j->serving_cert)
		tell_names(j, (const K8s__Node *)node->msg);

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
	cfg.qps = o->config->eventrecordqps;
	cfg.burst = o->config->eventburst;
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
		.recorder = j->d.recorder,
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

static void on_client_cert(void *user, const char *cert_pem, const char *key_pem)
{
	struct kn_join *j = user;

	kn_client_set_cert(j->client, cert_pem, key_pem);
	kn_client_set_cert(j->events, cert_pem, key_pem);
	kn_http_drop_idle(j->http);
}

static void on_serving_cert(void *user, const char *cert_pem, const char *key_pem)
{
	struct kn_join *j = user;

	if (j->d.on_serving_cert)
		j->d.on_serving_cert(j->d.user, cert_pem, key_pem);
}

/* Nothing can be asked of the API server any more. With a bootstrap kubeconfig a start from anew gets another
 * certificate, which the service manager sees to (as upstream exits then). */
static void on_expired(void *user)
{
	struct kn_join *j = user;
	const char *boot = j->d.options->bootstrap_kubeconfig;

	if (!boot || !*boot)
		return;
	kn_error(j->d.log, "Shutting down: the client certificate has expired and could not be renewed");
	kn_loop_quit(j->d.loop, 1);
}

static void start_certs(struct kn_join *j)
{
	const struct kn_options *o = j->d.options;
	kn_auto_buf struct kn_buf pem = {0};
	struct kn_cert_manager_config c = {.client = j->client,
					   .dir = o->cert_dir,
					   .name = "kubelet-client",
					   .signer = KN_SIGNER_CLIENT,
					   .node_name = j->config.node_name,
					   .changed = on_client_cert,
					   .expired = on_expired,
					   .user = j};

	if (j->kubeconfig.cert_data)
		kn_buf_adds(&pem, j->kubeconfig.cert_data);
	else if (j->kubeconfig.cert_file)
		kn_file_read(j->kubeconfig.cert_file, PEM_MAX, &pem, NULL);
	if (o->config->rotatecertificates && pem.data) { /* not with a token or a plugin */
		c.current = pem.data;
		j->client_cert = kn_cert_manager_new(j->d.loop, &c, j->d.log);
	}
	if (!o->config->servertlsbootstrap)
		return;
	c.current = NULL;
	c.name = "kubelet-server";
	c.signer = KN_SIGNER_SERVING;
	c.changed = on_serving_cert;
	c.expired = NULL;
	j->serving_cert = kn_cert_manager_new(j->d.loop, &c, j->d.log);
}

static int start_all(struct kn_join *j, struct kn_err *err)
{
	int r = start_client(j, err);

	if (r)
		return r;
	start_certs(j);
	return start_node(j, err);
}

/* Later than kn_join_new, so that who made us has what it returned, and out of the bootstrap's callback. */
static void begin(void *user)
{
	struct kn_join *j = user;
	struct kn_err err = KN_ERR_INIT;

	if (j->bootstrap) {
		j->bootstrap = kn_bootstrap_free(j->bootstrap);
		if (start_all(j, &err)) {
			kn_error(j->d.log, "Failed to join with the new client certificate", "err", err.msg);
			kn_loop_quit(j->d.loop, 1);
			return;
		}
	}
	if (j->d.on_client)
		j->d.on_client(j->d.user, j->client);
}

static void on_bootstrapped(void *user)
{
	struct kn_join *j = user;

	kn_timer_arm(j->begin, 0);
}

static int start(struct kn_join *j, struct kn_err *err)
{
	const struct kn_options *o = j->d.options;
	const struct kn_bootstrap_config boot = {
		.loop = j->d.loop,
		.http = j->http,
		.bootstrap_kubeconfig = o->bootstrap_kubeconfig,
		.kubeconfig = o->kubeconfig,
		.cert_dir = o->cert_dir,
		.node_name = j->config.node_name,
		.log = j->d.log,
		.done = on_bootstrapped,
		.user = j,
	};
	int r;

	if (o->bootstrap_kubeconfig && *o->bootstrap_kubeconfig &&
	    !kn_bootstrap_done(o->kubeconfig, kn_real(kn_loop_clock(j->d.loop)), NULL)) {
		j->bootstrap = kn_bootstrap_new(&boot);
		return 0;
	}
	r = start_all(j, err);
	if (!r)
		kn_timer_arm(j->begin, 0);
	return r;
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
		r = start(j, err);
	if (r) {
		kn_join_free(j);
		return r;
	}
	*ret = j;
	return 0;
}

struct kn_join *kn_join_free(struct kn_join *j)
{
	if (!j)
		return NULL;
	kn_timer_free(j->begin);
	kn_bootstrap_free(j->bootstrap);
	kn_cert_manager_free(j->client_cert);
	kn_cert_manager_free(j->serving_cert);
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
