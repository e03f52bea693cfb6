/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>

#include "cri/client.h"
#include "cri/status.h"
#include "lib/base/mem.h"

#define EVENTS_PATH "/runtime.v1.RuntimeService/GetContainerEvents"
#define CODE_OK 0

struct kn_cri_events {
	struct kn_list node;
	struct kn_rpc *rpc; /* NULL: ended */
	void (*on_event)(void *user, const Cri__ContainerEventResponse *ev);
	void (*on_end)(void *user, const struct kn_err *err);
	void *user;
};

static void end(struct kn_cri_events *e, const struct kn_err *err)
{
	e->rpc = NULL;
	e->on_end(e->user, err);
}

static void on_message(void *user, const uint8_t *data, size_t len)
{
	struct kn_cri_events *e = user;
	struct kn_err err = KN_ERR_INIT;
	kn_auto_arena struct kn_arena *arena = kn_arena_new(KN_CRI_DECODED_MAX);
	ProtobufCMessage *m = kn_cri_unpack(&cri__container_event_response__descriptor, data, len, arena);

	if (m) {
		e->on_event(e->user, (const Cri__ContainerEventResponse *)m);
		return;
	}
	/* One event lost is enough to be wrong about a container: the caller must list anew. */
	kn_rpc_cancel(e->rpc);
	kn_err_set(&err, EPROTO, "container event that can't be decoded");
	end(e, &err);
}

static void on_finished(void *user, int code, const char *text)
{
	struct kn_cri_events *e = user;
	struct kn_err err = KN_ERR_INIT;

	if (code == CODE_OK)
		kn_err_set(&err, EPIPE, "the runtime ended the container events");
	else
		kn_cri_status_err(&err, code, text);
	end(e, &err);
}

static const struct kn_rpc_ops event_ops = {.message = on_message, .finished = on_finished};

struct kn_cri_events *kn_cri_events_start(struct kn_cri *c,
					  void (*on_event)(void *user, const Cri__ContainerEventResponse *ev),
					  void (*on_end)(void *user, const struct kn_err *err), void *user)
{
	struct kn_cri_events *e = kn_calloc(1, sizeof(*e));
	const Cri__GetEventsRequest req = CRI__GET_EVENTS_REQUEST__INIT;
	uint8_t *data;
	size_t len;

	e->on_event = on_event;
	e->on_end = on_end;
	e->user = user;
	kn_list_append(&c->events, &e->node);
	data = kn_cri_pack(&req.base, &len);
	e->rpc = kn_rpc_start(c->channel, EVENTS_PATH, data, len, true, KN_CRI_TIMEOUT_NONE, &event_ops, e);
	return e;
}

struct kn_cri_events *kn_cri_events_stop(struct kn_cri_events *e)
{
	if (!e)
		return NULL;
	if (e->rpc)
		kn_rpc_cancel(e->rpc);
	kn_list_del(&e->node);
	free(e);
	return NULL;
}

void kn_cri_events_orphan(struct kn_list *node)
{
	struct kn_cri_events *e = kn_container_of(node, struct kn_cri_events, node);

	kn_list_del(&e->node);
	e->rpc = NULL;
}
