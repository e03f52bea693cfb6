// SPDX-License-Identifier: Apache-2.0
/* grpc: the health protocol's Check, in plain text (pkg/probe/grpc/grpc.go). A channel an attempt, as
 * upstream: what is asked is also whether one can connect anew. */
#include "kubelet/probe/probe_run.h"

#include <string.h>
#include "cri/channel.h"
#include "cri/client.h"
#include "cri/health.pb-c.h"
#include "cri/status.h"
#include "kubelet/worker/http_action.h"
#include "lib/base/arena.h"
#include "lib/base/mem.h"

/* gRPC's status codes (grpc/status.h). */
#define CODE_OK 0
#define CODE_DEADLINE_EXCEEDED 4
#define CODE_UNIMPLEMENTED 12
#define CODE_UNAVAILABLE 14
#define SERVING 1

struct kn_grpc_try {
	struct kn_attempt *a;
	struct kn_channel *channel;
	const char *address;
	bool answered;
	int status;
};

void kn_grpc_try_free(struct kn_grpc_try *t)
{
	if (!t)
		return;
	kn_channel_free(t->channel);
	free(t);
}

static void on_message(void *user, const uint8_t *data, size_t len)
{
	struct kn_arena *arena kn_auto_arena = kn_arena_new(64 * 1024);
	struct kn_grpc_try *t = user;
	const Health__CheckResponse *r =
		(const void *)kn_cri_unpack(&health__check_response__descriptor, data, len, arena);

	t->answered = r;
	t->status = r ? r->status : 0;
}

static const char *status_name(struct kn_grpc_try *t)
{
	static const char *const names[] = {"UNKNOWN", "SERVING", "NOT_SERVING", "SERVICE_UNKNOWN"};

	if (t->status >= 0 && t->status < (int)KN_ARRAY_SIZE(names))
		return names[t->status];
	return kn_arena_printf(t->a->arena, "%d", t->status);
}

static const char *failure(struct kn_grpc_try *t, int code, const char *text)
{
	struct kn_arena *a = t->a->arena;
	struct kn_err err = KN_ERR_INIT;
	char seconds[32];

	kn_action_seconds(seconds, t->a->timeout_ns / KN_NSEC_PER_SEC);
	switch (code) {
	case CODE_OK:
		return kn_arena_printf(a, "service unhealthy (responded with \"%s\")", status_name(t));
	case CODE_UNIMPLEMENTED:
		return kn_arena_printf(a,
				       "error: this server does not implement the grpc health protocol "
				       "(grpc.health.v1.Health): %s",
				       text);
	case CODE_DEADLINE_EXCEEDED:
		return kn_arena_printf(a, "timeout: health rpc did not complete within %s", seconds);
	case CODE_UNAVAILABLE:
		return kn_arena_printf(
			a,
			"timeout: failed to connect service \"%s\" within %s: context deadline "
			"exceeded",
			t->address, seconds);
	default:
		kn_cri_status_err(&err, code, text);
		return kn_arena_printf(a, "error: health rpc probe failed: %s", err.msg);
	}
}

static void on_finished(void *user, int code, const char *text)
{
	struct kn_grpc_try *t = user;
	bool good = code == CODE_OK && t->answered && t->status == SERVING;

	kn_attempt_end(t->a, good ? KN_ATTEMPT_GOOD : KN_ATTEMPT_BAD,
		       good ? "service healthy" : failure(t, code, text));
}

void kn_grpc_try_start(struct kn_attempt *a, const char *host, int port, const char *service)
{
	static const struct kn_rpc_ops ops = {.message = on_message, .finished = on_finished};
	Health__CheckRequest req = HEALTH__CHECK_REQUEST__INIT;
	struct kn_grpc_try *t = kn_calloc(1, sizeof(*t));
	struct kn_err err = KN_ERR_INIT;
	uint8_t *data;
	size_t len;

	t->a = a;
	t->address = kn_action_address(a->arena, host, port);
	a->grpc = t;
	if (!*host) {
		kn_attempt_end_soon(a, KN_ATTEMPT_BAD, "the pod has no address");
		return;
	}
	const char *target =
		kn_arena_printf(a->arena, "%s:%s", strchr(host, ':') ? "ipv6" : "ipv4", t->address);
	if (kn_channel_new(&t->channel, a->what.loop, target, &err)) {
		kn_attempt_end_soon(a, KN_ATTEMPT_ERROR, err.msg);
		return;
	}
	req.service = (char *)service;
	data = kn_cri_pack(&req.base, &len);
	kn_rpc_start(t->channel, "/grpc.health.v1.Health/Check", data, len, false, a->timeout_ns, &ops, t);
}
