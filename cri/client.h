/* SPDX-License-Identifier: Apache-2.0 */
/* What the files of the client share. Loop's thread only. */
#ifndef KN_CRI_CLIENT_H
#define KN_CRI_CLIENT_H

#include "cri/channel.h"
#include "cri/cri.h"
#include "lib/base/arena.h"
#include "lib/base/list.h"

struct kn_cri {
	struct kn_loop *loop;
	const struct kn_log *log;
	struct kn_channel *channel;
	struct kn_cri_stats stats[KN_CRI_METHOD_COUNT];
	struct kn_list calls;  /* struct kn_cri_call */
	struct kn_list events; /* struct kn_cri_events */
};

/* What one decoded message may take. 16 MiB on the wire unfold to less than this, unless made to do harm. */
#define KN_CRI_DECODED_MAX (256u * 1024 * 1024)

/* gRPC's name for an endpoint: "unix:" and an absolute path, escaped as in a URI. out is malloc'd. -EINVAL
 * for what is neither a path nor unix:, -ENAMETOOLONG for more than a socket's address holds. Pure. */
int kn_cri_target(const char *endpoint, char **out, struct kn_err *err);
/* Serialised as one malloc'd block of *len bytes. */
uint8_t *kn_cri_pack(const ProtobufCMessage *msg, size_t *len);
/* Decoded into the arena; NULL when malformed or past the arena's limit. */
ProtobufCMessage *kn_cri_unpack(const ProtobufCMessageDescriptor *type, const uint8_t *data, size_t len,
				struct kn_arena *arena);
/* events.c: takes the streams off a client that is going away. */
void kn_cri_events_orphan(struct kn_list *node);

#endif
