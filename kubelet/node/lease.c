/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/worker/jitter.h"
#include "kubelet/node/lease.h"
#include "lib/base/mem.h"
#include "lib/k8s/message.h"

#define NS "kube-node-lease"
#define LEASES "/apis/coordination.k8s.io/v1/namespaces/" NS "/leases"
#define BACKOFF_FIRST (200 * KN_NSEC_PER_MSEC)
#define BACKOFF_MAX (7 * KN_NSEC_PER_SEC)
#define TIMEOUT_MAX (10 * KN_NSEC_PER_SEC)

struct kn_lease {
	struct kn_loop *loop;
	struct kn_client *client;
	const struct kn_log *log;
	const char *node_name;
	char *uid, *path;
	int duration_s;
	struct kn_timer *timer;
	struct kn_api_call *call;
	struct kn_arena *arena; /* of latest */
	K8s__Lease *latest;	/* as the API server had it last; NULL: to be read first */
	int64_t backoff_ns;
	bool failing; /* said so */
};

static K8s__OwnerReference *make_owner(struct kn_arena *a, const char *node_name, const char *uid)
{
	K8s__OwnerReference *o = kn_arena_alloc(a, sizeof(*o));

	k8s__owner_reference__init(o);
	o->apiversion = kn_arena_strdup(a, "v1");
	o->kind = kn_arena_strdup(a, "Node");
	o->name = kn_arena_strdup(a, node_name);
	o->uid = kn_arena_strdup(a, uid);
	return o;
}

K8s__Lease *kn_lease_make(struct kn_arena *a, const char *node_name, const char *uid, int duration_seconds,
			  int64_t real_ns, const K8s__Lease *base)
{
	K8s__Lease *l = kn_msg_copy(a, base);

	if (!l) {
		l = kn_arena_alloc(a, sizeof(*l));
		k8s__lease__init(l);
	}
	if (!l->metadata) {
		l->metadata = kn_arena_alloc(a, sizeof(*l->metadata));
		k8s__object_meta__init(l->metadata);
		l->metadata->name = kn_arena_strdup(a, node_name);
		l->metadata->namespace_ = kn_arena_strdup(a, NS);
	}
	if (!l->spec) {
		l->spec = kn_arena_alloc(a, sizeof(*l->spec));
		k8s__lease_spec__init(l->spec);
	}
	l->spec->holderidentity = kn_arena_strdup(a, node_name);
	l->spec->has_leasedurationseconds = true;
	l->spec->leasedurationseconds = duration_seconds;
	l->spec->renewtime = kn_arena_alloc(a, sizeof(*l->spec->renewtime));
	k8s__micro_time__init(l->spec->renewtime);
	l->spec->renewtime->has_seconds = l->spec->renewtime->has_nanos = true;
	l->spec->renewtime->seconds = real_ns / KN_NSEC_PER_SEC;
	l->spec->renewtime->nanos = (int32_t)(real_ns % KN_NSEC_PER_SEC / 1000 * 1000);
	if (!l->metadata->n_ownerreferences) {
		l->metadata->ownerreferences = kn_arena_alloc(a, sizeof(void *));
		l->metadata->ownerreferences[0] = make_owner(a, node_name, uid);
		l->metadata->n_ownerreferences = 1;
	}
	return l;
}

static int64_t timeout(const struct kn_lease *l)
{
	int64_t t = l->duration_s * KN_NSEC_PER_SEC;

	return t < TIMEOUT_MAX ? t : TIMEOUT_MAX;
}

static void forget(struct kn_lease *l)
{
	l->arena = kn_arena_free(l->arena);
	l->latest = NULL;
}

static void failed(struct kn_lease *l, const char *what, const struct kn_err *err)
{
	kn_error(l->log, "Failed to renew the node's lease, will retry", "lease", l->node_name, "step", what,
		 "err", err->msg);
	l->failing = true;
	forget(l);
	kn_timer_arm(l->timer, l->backoff_ns);
	l->backoff_ns = l->backoff_ns * 2 > BACKOFF_MAX ? BACKOFF_MAX : l->backoff_ns * 2;
}

static void renewed(struct kn_lease *l, const struct kn_api_result *r)
{
	int64_t every = l->duration_s * KN_NSEC_PER_SEC / 4;

	forget(l);
	l->arena = kn_steal(*r->arena);
	l->latest = (K8s__Lease *)r->obj;
	if (l->failing)
		kn_info(l->log, "The node's lease is renewed again", "lease", l->node_name);
	l->failing = false;
	l->backoff_ns = BACKOFF_FIRST;
	/* Up to 4 % later, so that nodes don't step in line. */
	kn_timer_arm(l->timer, every + (int64_t)((double)every * 0.04 * kn_jitter()));
}

static void on_written(void *user, const struct kn_api_result *r)
{
	struct kn_lease *l = user;

	l->call = NULL;
	if (r->err.code)
		failed(l, "write", &r->err);
	else
		renewed(l, r);
}

static void write_lease(struct kn_lease *l, const K8s__Lease *base)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Lease *new =
		kn_lease_make(a, l->node_name, l->uid, l->duration_s, kn_real(kn_loop_clock(l->loop)), base);
	struct kn_api_request req = {.method = base ? "PUT" : "POST",
				     .path = base ? l->path : LEASES,
				     .body = &new->base,
				     .answer = &k8s__lease__descriptor,
				     .timeout_ns = timeout(l),
				     .no_limit = true};

	l->call = kn_api_start(l->client, &req, on_written, l);
}

static void on_read(void *user, const struct kn_api_result *r)
{
	struct kn_lease *l = user;

	l->call = NULL;
	if (r->err.code && r->err.code != ENOENT)
		failed(l, "read", &r->err);
	else
		write_lease(l, r->err.code ? NULL : (const void *)r->obj);
}

static void sync_lease(void *user)
{
	struct kn_lease *l = user;
	struct kn_api_request req = {.method = "GET",
				     .path = l->path,
				     .answer = &k8s__lease__descriptor,
				     .timeout_ns = timeout(l),
				     .no_limit = true};

	if (l->latest)
		write_lease(l, l->latest);
	else
		l->call = kn_api_start(l->client, &req, on_read, l);
}

struct kn_lease *kn_lease_new(struct kn_loop *loop, struct kn_client *client, const char *node_name,
			      int duration_seconds, const struct kn_log *log)
{
	struct kn_lease *l = kn_calloc(1, sizeof(*l));

	l->loop = loop;
	l->client = client;
	l->log = log;
	l->node_name = node_name;
	l->duration_s = duration_seconds;
	l->path = kn_sprintf(LEASES "/%s", node_name);
	l->backoff_ns = BACKOFF_FIRST;
	l->timer = kn_timer_new(loop, sync_lease, l);
	return l;
}

struct kn_lease *kn_lease_free(struct kn_lease *l)
{
	if (!l)
		return NULL;
	if (l->call)
		kn_api_cancel(l->call);
	kn_timer_free(l->timer);
	kn_arena_free(l->arena);
	free(l->uid);
	free(l->path);
	free(l);
	return NULL;
}

void kn_lease_set_node(struct kn_lease *l, const char *uid)
{
	bool first = !l->uid;

	if (!first && !strcmp(l->uid, uid))
		return;
	free(l->uid);
	l->uid = kn_strdup(uid);
	if (first)
		kn_timer_arm(l->timer, 0);
}
