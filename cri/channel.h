/* SPDX-License-Identifier: Apache-2.0 */
/*
 * gRPC over a unix socket, bytes in and bytes out. channel.c alone includes gRPC's headers, since its C
 * interface may change between releases.
 *
 * Called on the loop's thread only, and calls back there. One thread of the channel's own waits in gRPC and
 * hands completions over by an eventfd; so many calls are under way at once and none waits for another. A
 * call that finds no server fails at once; the channel tries again by itself after 100 ms at first, 3 s at
 * most.
 */
#ifndef KN_CRI_CHANNEL_H
#define KN_CRI_CHANNEL_H

#include <stdint.h>
#include <stddef.h>
#include <stdbool.h>
#include "lib/loop/loop.h"

/* What one message may measure in receiving; larger ones end the call with RESOURCE_EXHAUSTED. As the kubelet
 * has it (k8s.io/cri-client, maxMsgSize). */
#define KN_CHANNEL_MAX_MESSAGE (16 * 1024 * 1024)

struct kn_channel;
struct kn_rpc;

struct kn_rpc_ops {
	/* A message from the server, valid inside the callback. A unary call has one at most. */
	void (*message)(void *user, const uint8_t *data, size_t len);
	/* The end, once: gRPC's status code and its text, valid inside the callback. The handle is gone
	 * afterwards. */
	void (*finished)(void *user, int code, const char *text);
};

/* target: gRPC's name of a unix socket (kn_cri_target). Doesn't connect. */
int kn_channel_new(struct kn_channel **ret, struct kn_loop *loop, const char *target, struct kn_err *err);
/* Ends all calls without calling back, waits for gRPC's threads. NULL accepted; also inside a callback. */
struct kn_channel *kn_channel_free(struct kn_channel *ch);

/* path: "/package.Service/Method". data: malloc'd, taken over; one request message. stream: the server may
 * answer with any number of messages. timeout_ns: INT64_MAX for none. */
struct kn_rpc *kn_rpc_start(struct kn_channel *ch, const char *path, uint8_t *data, size_t len, bool stream,
			    int64_t timeout_ns, const struct kn_rpc_ops *ops, void *user);
/* Tells the server, calls nothing back any more; the handle is gone. Also inside this call's message
 * callback. */
void kn_rpc_cancel(struct kn_rpc *rpc);

#endif
