/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A look at protobuf's wire format without a schema, for what should not be unpacked whole: envelopes, watch
 * events, the items of a list. Within lib/k8s only. Source: protobuf.dev, "Encoding". Pure; nothing is
 * copied.
 */
#ifndef KN_K8S_PB_WIRE_H
#define KN_K8S_PB_WIRE_H

#include <protobuf-c/protobuf-c.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct kn_pb_reader { /* what is left of a message */
	const uint8_t *p;
	size_t len;
};

struct kn_pb_field {
	uint32_t id;
	const uint8_t *start; /* of the tag; the field ends where the reader stands afterwards */
	const uint8_t *data;  /* of a string, bytes or message; NULL: another wire type */
	size_t len;	      /* of data */
	uint64_t value;	      /* of a varint */
};

/* Steps over one field: 1, or 0 at the end, or -EPROTO on bytes that are no field (groups included). */
int kn_pb_next(struct kn_pb_reader *r, struct kn_pb_field *f);

/* Unpacks data into a message of desc, in the arena. metadata.managedFields, which nothing here reads and
 * which may be larger than all else, is dropped beforehand. -EPROTO (damaged, or beyond the arena's limit);
 * ret is untouched then. */
int kn_pb_unpack(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len, struct kn_arena *a,
		 ProtobufCMessage **ret, struct kn_err *err);

#endif
