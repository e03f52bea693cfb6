// SPDX-License-Identifier: Apache-2.0
/* Is the runtime there, and ready? Asked every 5 s (every second until its network is ready). */
#include "kubelet/kubelet_private.h"

#include <stdlib.h>
#include <string.h>
#include "lib/base/mem.h"

#define POLL (5 * KN_NSEC_PER_SEC)
#define POLL_UNREADY KN_NSEC_PER_SEC
#define POLL_POKED (50 * KN_NSEC_PER_MSEC)
#define POKED (3 * KN_NSEC_PER_SEC)
#define LOG_FIRST (5 * KN_NSEC_PER_SEC)
#define LOG_MAX (300 * KN_NSEC_PER_SEC)

static void set_message(struct kn_runtime_state *s, const char *text)
{
	snprintf(s->message, sizeof(s->message), "%s", text);
}

static void unreachable(struct kn_kubelet *k, const struct kn_err *err)
{
	struct kn_runtime_state *s = &k->runtime;
	int64_t now = kn_mono(k->clock);

	if (s->reachable || !s->told) {
		s->log_every_ns = LOG_FIRST;
		s->next_log_ns = 0;
	}
	s->reachable = s->ready = s->network_ready = false;
	s->told = true;
	set_message(s, err->msg);
	if (now >= s->next_log_ns) { /* said once, then ever less often */
		kn_error(k->d.log, "Container runtime can't be reached, no pod is touched until it is back",
			 "err", err->msg);
		s->next_log_ns = now + s->log_every_ns;
		s->log_every_ns = s->log_every_ns * 4 > LOG_MAX ? LOG_MAX : s->log_every_ns * 4;
	}
	kn_timer_arm(s->timer, POLL_UNREADY);
}

static const Cri__RuntimeCondition *condition(const Cri__StatusResponse *r, const char *type)
{
	for (size_t i = 0; r && r->status && i < r->status->n_conditions; i++)
		if (!strcmp(r->status->conditions[i]->type, type))
			return r->status->conditions[i];
	return NULL;
}

/* A copy: the answer is gone when the call returns. */
static void keep(struct kn_runtime_state *s, const Cri__StatusResponse *r)
{
	size_t size = protobuf_c_message_get_packed_size(&r->base);
	struct kn_arena *a = kn_arena_new(0);
	uint8_t *bytes = kn_arena_alloc(a, size + 1);

	protobuf_c_message_pack(&r->base, bytes);
	kn_arena_free(s->arena);
	s->arena = a;
	s->status = cri__status_response__unpack(kn_arena_pb(a), size, bytes);
}

static int64_t next_poll(const struct kn_kubelet *k)
{
	const struct kn_runtime_state *s = &k->runtime;

	if (s->ready && s->network_ready)
		return POLL;
	return s->poked_ns && kn_mono(k->clock) - s->poked_ns < POKED ? POLL_POKED : POLL_UNREADY;
}

static void on_status(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__StatusResponse *r = (const void *)rsp;
	struct kn_kubelet *k = user;
	struct kn_runtime_state *s = &k->runtime;
	bool was_reachable = s->reachable, was_ready = s->ready && s->network_ready;

	if (err->code) {
		unreachable(k, err);
		return;
	}
	const Cri__RuntimeCondition *runtime = condition(r, "RuntimeReady"),
				    *network = condition(r, "NetworkReady");
	s->reachable = true;
	s->ready = runtime && runtime->status;
	s->network_ready = network && network->status;
	if (s->ready)
		s->last_ok_ns = kn_mono(k->clock);
	keep(s, r);
	set_message(s, !s->ready && runtime	      ? runtime->message
		       : !s->network_ready && network ? network->message
						      : "");
	if (!was_reachable)
		kn_info(k->d.log, "Container runtime is there", "runtime", s->name, "version", s->version,
			"networkReady", s->network_ready ? "true" : "false");
	s->told = true;
	kn_timer_arm(s->timer, next_poll(k));
	if (!was_reachable)
		kn_pleg_kick(k->pleg);
	if (!was_reachable || (s->ready && s->network_ready && !was_ready))
		kn_kubelet_wake_all(k);
}

static void on_version(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	Cri__StatusRequest req = CRI__STATUS_REQUEST__INIT;
	const Cri__VersionResponse *r = (const void *)rsp;
	struct kn_kubelet *k = user;

	if (err->code) {
		unreachable(k, err);
		return;
	}
	free(k->runtime.name);
	free(k->runtime.version);
	k->runtime.name = kn_strdup(r->runtime_name);
	k->runtime.version = kn_strdup(r->runtime_version);
	kn_call_start(k, NULL, KN_CRI_STATUS, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_status, k);
}

/* The version only when it may be another runtime than before. */
static void poll_runtime(void *user)
{
	Cri__VersionRequest version = CRI__VERSION_REQUEST__INIT;
	Cri__StatusRequest status = CRI__STATUS_REQUEST__INIT;
	struct kn_kubelet *k = user;

	version.version = (char *)"0.1.0"; /* what kubelets have always said */
	if (k->runtime.reachable)
		kn_call_start(k, NULL, KN_CRI_STATUS, &status.base, KN_CRI_TIMEOUT_DEFAULT, on_status, k);
	else
		kn_call_start(k, NULL, KN_CRI_VERSION, &version.base, KN_CRI_TIMEOUT_DEFAULT, on_version, k);
}

void kn_runtime_state_start(struct kn_kubelet *k)
{
	set_message(&k->runtime, "not asked yet");
	k->runtime.timer = kn_timer_new(k->d.loop, poll_runtime, k);
	kn_timer_arm(k->runtime.timer, 0);
}

void kn_runtime_state_stop(struct kn_kubelet *k)
{
	k->runtime.timer = kn_timer_free(k->runtime.timer);
	free(k->runtime.name);
	free(k->runtime.version);
	k->runtime.name = k->runtime.version = NULL;
	k->runtime.arena = kn_arena_free(k->runtime.arena);
	k->runtime.status = NULL;
}

void kn_kubelet_poke_runtime(struct kn_kubelet *k)
{
	k->runtime.poked_ns = kn_mono(k->clock);
	/* An answer that is under way arms the timer itself. */
	if (kn_timer_armed(k->runtime.timer))
		kn_timer_arm(k->runtime.timer, 0);
}

static const char *text(const char *s)
{
	return s ? s : "";
}

struct kn_runtime_view kn_kubelet_runtime(const struct kn_kubelet *k)
{
	const struct kn_runtime_state *s = &k->runtime;
	const Cri__RuntimeCondition *runtime = condition(s->status, "RuntimeReady"),
				    *network = condition(s->status, "NetworkReady");

	return (struct kn_runtime_view){
		.name = text(s->name),
		.version = text(s->version),
		.asked = s->told,
		.reachable = s->reachable,
		.ready = s->ready,
		.network_ready = s->network_ready,
		.error = s->reachable ? "" : s->message,
		.has_ready = runtime,
		.has_network = network,
		.ready_reason = runtime ? text(runtime->reason) : "",
		.ready_message = runtime ? text(runtime->message) : "",
		.network_reason = network ? text(network->reason) : "",
		.network_message = network ? text(network->message) : "",
		.last_ok_ns = s->last_ok_ns,
		.status = s->status,
	};
}
