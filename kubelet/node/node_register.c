/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/node/node_register.h"
#include "kubelet/node/node_status.h"
#include "lib/base/mem.h"

#define STEP_FIRST (100 * KN_NSEC_PER_MSEC)
#define STEP_MAX (7 * KN_NSEC_PER_SEC)
#define MAKE_AGAIN (20 * KN_NSEC_PER_MSEC)

struct kn_node_register {
	struct kn_client *client;
	const struct kn_log *log;
	struct kn_node_register_ops ops;
	void *user;
	struct kn_timer *timer;
	struct kn_api_call *call;
	struct kn_arena *arena; /* of initial */
	K8s__Node *initial;
	int64_t step_ns;
};

static void again(struct kn_node_register *r, const char *what, const struct kn_err *err)
{
	kn_error(r->log, "Unable to register node with API server", "node", r->initial->metadata->name,
		 "step", what, "err", err->msg);
	kn_timer_arm(r->timer, r->step_ns);
	r->step_ns = r->step_ns * 2 > STEP_MAX ? STEP_MAX : r->step_ns * 2;
}

static void succeed(struct kn_node_register *r, bool existed)
{
	kn_info(r->log, "Successfully registered node", "node", r->initial->metadata->name);
	r->ops.done(r->user, existed); /* may free r */
}

static void on_patched(void *user, const struct kn_api_result *res)
{
	struct kn_node_register *r = user;

	r->call = NULL;
	if (res->err.code)
		again(r, "update of the existing node", &res->err);
	else
		succeed(r, true);
}

static char *node_path(const struct kn_node_register *r, const char *sub)
{
	return kn_sprintf("/api/v1/nodes/%s%s", r->initial->metadata->name, sub);
}

static void on_existing(void *user, const struct kn_api_result *res)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf patch = {0};
	struct kn_node_register *r = user;
	kn_auto_free char *path = node_path(r, "/status");
	struct kn_api_request req = {
		.method = "PATCH", .path = path, .content_type = "application/strategic-merge-patch+json"};
	const K8s__Node *old = (const void *)res->obj;
	K8s__Node *new;
	bool changed;

	r->call = NULL;
	if (res->err.code) {
		again(r, "read of the existing node", &res->err);
		return;
	}
	kn_info(r->log, "Node was previously registered", "node", r->initial->metadata->name);
	new = kn_node_reconcile(a, r->initial, old, &changed);
	if (!changed) {
		succeed(r, true);
		return;
	}
	kn_node_patch(old, new, &patch);
	req.raw = patch.data;
	req.raw_len = patch.len;
	r->call = kn_api_start(r->client, &req, on_patched, r);
}

static void on_created(void *user, const struct kn_api_result *res)
{
	struct kn_node_register *r = user;
	kn_auto_free char *path = node_path(r, "");
	struct kn_api_request req = {
		.method = "GET", .path = path, .answer = &k8s__node__descriptor, .no_limit = true};

	r->call = NULL;
	if (!res->err.code)
		succeed(r, false);
	else if (res->err.code == EEXIST || !strcmp(res->reason, "Forbidden"))
		/* Making nodes may be forbidden where using one's own is not. */
		r->call = kn_api_start(r->client, &req, on_existing, r);
	else
		again(r, "creation", &res->err);
}

static void attempt(void *user)
{
	struct kn_node_register *r = user;
	struct kn_api_request req = {.method = "POST", .path = "/api/v1/nodes", .no_limit = true};

	kn_arena_free(r->arena);
	r->arena = kn_arena_new(0);
	r->initial = r->ops.make(r->user, r->arena);
	if (!r->initial) {
		kn_timer_arm(r->timer, MAKE_AGAIN);
		return;
	}
	kn_info(r->log, "Attempting to register node", "node", r->initial->metadata->name);
	req.body = &r->initial->base;
	r->call = kn_api_start(r->client, &req, on_created, r);
}

struct kn_node_register *kn_node_register_new(struct kn_loop *loop, struct kn_client *client,
					      const struct kn_node_register_ops *ops, void *user,
					      const struct kn_log *log)
{
	struct kn_node_register *r = kn_calloc(1, sizeof(*r));

	r->client = client;
	r->log = log;
	r->ops = *ops;
	r->user = user;
	r->step_ns = STEP_FIRST;
	r->timer = kn_timer_new(loop, attempt, r);
	kn_timer_arm(r->timer, 0);
	return r;
}

struct kn_node_register *kn_node_register_free(struct kn_node_register *r)
{
	if (!r)
		return NULL;
	if (r->call)
		kn_api_cancel(r->call);
	kn_timer_free(r->timer);
	kn_arena_free(r->arena);
	free(r);
	return NULL;
}
