/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "cri/client.h"
#include "cri/status.h"
#include "lib/base/mem.h"

/* gRPC's numbers for OK and INTERNAL, the two that this file decides by. */
#define CODE_OK 0
#define CODE_INTERNAL 13

struct kn_cri_call {
	struct kn_list node;
	struct kn_cri *cri;
	struct kn_rpc *rpc;
	enum kn_cri_method method;
	int64_t started_ns;
	kn_cri_done done;
	void *user;
	struct kn_arena *arena;
	ProtobufCMessage *rsp; /* in the arena; NULL: none, or not to be understood */
};

static void call_free(struct kn_cri_call *call)
{
	kn_list_del(&call->node);
	kn_arena_free(call->arena);
	free(call);
}

static void on_message(void *user, const uint8_t *data, size_t len)
{
	struct kn_cri_call *call = user;

	call->arena = kn_arena_new(KN_CRI_DECODED_MAX);
	call->rsp = kn_cri_unpack(kn_cri_method(call->method)->response, data, len, call->arena);
}

static void on_finished(void *user, int code, const char *text)
{
	struct kn_cri_call *call = user;
	struct kn_cri *c = call->cri;
	struct kn_cri_stats *st = &c->stats[call->method];
	const char *name = kn_cri_method(call->method)->name;
	struct kn_err err = KN_ERR_INIT;

	if (code == CODE_OK && !call->rsp) {
		code = CODE_INTERNAL;
		text = "the runtime's answer can't be decoded";
	}
	st->calls++;
	st->time_ns += kn_mono(kn_loop_clock(c->loop)) - call->started_ns;
	if (code != CODE_OK) {
		st->errors++;
		kn_cri_status_err(&err, code, text);
		kn_debug(c->log, 4, "CRI call failed", "method", name, "err", err.msg);
	}
	/* Off the list first: done may free the client. The arena goes with the call, afterwards. */
	kn_list_del(&call->node);
	call->done(call->user, code == CODE_OK ? call->rsp : NULL, code == CODE_OK ? NULL : &err);
	call_free(call);
}

static const struct kn_rpc_ops call_ops = {.message = on_message, .finished = on_finished};

struct kn_cri_call *kn_cri_call(struct kn_cri *c, enum kn_cri_method m, const ProtobufCMessage *req,
				int64_t timeout_ns, kn_cri_done done, void *user)
{
	struct kn_cri_call *call = kn_calloc(1, sizeof(*call));
	uint8_t *data;
	size_t len;

	call->cri = c;
	call->method = m;
	call->started_ns = kn_mono(kn_loop_clock(c->loop));
	call->done = done;
	call->user = user;
	kn_list_append(&c->calls, &call->node);
	data = kn_cri_pack(req, &len);
	call->rpc = kn_rpc_start(c->channel, kn_cri_method(m)->path, data, len, false, timeout_ns, &call_ops,
				 call);
	return call;
}

void kn_cri_cancel(struct kn_cri_call *call)
{
	kn_rpc_cancel(call->rpc);
	call_free(call);
}

const struct kn_cri_stats *kn_cri_method_stats(const struct kn_cri *c, enum kn_cri_method m)
{
	return &c->stats[m];
}

int kn_cri_new(struct kn_cri **ret, struct kn_loop *loop, const char *endpoint, const struct kn_log *log,
	       struct kn_err *err)
{
	struct kn_cri *c = kn_calloc(1, sizeof(*c));
	kn_auto_free char *target = NULL;
	int r;

	c->loop = loop;
	c->log = log;
	kn_list_init(&c->calls);
	kn_list_init(&c->events);
	r = kn_cri_target(endpoint, &target, err);
	if (r == 0)
		r = kn_channel_new(&c->channel, loop, target, err);
	if (r < 0) {
		kn_cri_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct kn_cri *kn_cri_free(struct kn_cri *c)
{
	if (!c)
		return NULL;
	kn_channel_free(c->channel);
	kn_list_for_each_safe (n, &c->calls)
		call_free(kn_container_of(n, struct kn_cri_call, node));
	kn_list_for_each_safe (n, &c->events)
		kn_cri_events_orphan(n);
	free(c);
	return NULL;
}
