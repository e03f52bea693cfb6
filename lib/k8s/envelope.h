/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The protobuf form of one API object: four magic bytes, then a runtime.Unknown with apiVersion, kind and the
 * object's own bytes. Source: apimachinery/pkg/runtime/serializer/protobuf/protobuf.go. Pure.
 */
#ifndef KN_K8S_ENVELOPE_H
#define KN_K8S_ENVELOPE_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/err.h"

#define KN_PROTOBUF_TYPE "application/vnd.kubernetes.protobuf" /* the media type of what is written here */

/* Appends msg to out. -ENOTSUP when msg's type has no apiVersion and kind (kn_codec_type_meta). */
int kn_envelope_encode(const ProtobufCMessage *msg, struct kn_buf *out, struct kn_err *err);

/* True when data begins as an envelope does; JSON never does. */
bool kn_envelope_is(const void *data, size_t len);

/* Reads an envelope into a message of desc, in the arena. *api and *kind (each may be NULL) live in the arena
 * too, and are never NULL. desc NULL: only they are read, ret may be NULL: what to do where a Status may come
 * instead. -EPROTO on damaged bytes, an encoding that is not known, or beyond the arena's limit; -EINVAL on
 * another kind than desc's. Outputs are untouched on failure. managedFields are dropped. */
int kn_envelope_decode(const void *data, size_t len, const ProtobufCMessageDescriptor *desc,
		       struct kn_arena *a, ProtobufCMessage **ret, const char **api, const char **kind,
		       struct kn_err *err);

struct kn_envelope {		/* borrows from the data */
	const char *api, *kind; /* not NUL-terminated; NULL when the length is 0 */
	size_t api_len, kind_len;
	const uint8_t *raw;
	size_t raw_len;
};
/* The same without a copy and without a look at the object. -EPROTO as above. */
int kn_envelope_open(const void *data, size_t len, struct kn_envelope *ret, struct kn_err *err);
bool kn_envelope_kind_is(const struct kn_envelope *e, const char *kind);

#endif
