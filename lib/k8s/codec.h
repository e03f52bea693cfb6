/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The reflective codec: JSON/YAML nodes <-> protobuf-c messages, over ProtobufCMessageDescriptor and a small
 * table of special types (Quantity, Time, MicroTime, Duration, IntOrString, inlined structs, maps as repeated
 * Entry, bytes as base64). One model, two encodings: no generated JSON code. Field names are the JSON names.
 */
#ifndef KN_K8S_CODEC_H
#define KN_K8S_CODEC_H

#include <protobuf-c/protobuf-c.h>
#include "lib/json/node.h"
#include "lib/json/write.h"

enum kn_codec_flags {
	KN_CODEC_STRICT =
		1, /* an unknown or doubled field is an error; without it: ignored / the last one wins */
};

/* Decodes an object node into a message of desc, allocated in a (valid as long as a). Errors name the path
 * and the line: "line 12: spec.containers[0].imagee: unknown field". ret untouched on failure. */
int kn_codec_decode(const ProtobufCMessageDescriptor *desc, const struct kn_node *node, unsigned flags,
		    struct kn_arena *a, ProtobufCMessage **ret, struct kn_err *err);
/* Writes msg as a JSON object (key as in write.h). Unset optional fields and empty lists are left out. */
void kn_codec_encode(const ProtobufCMessage *msg, const char *key, struct kn_json_writer *w);

/* Quantity text ("100m", "1Gi", "2e3") to whole units, rounded up, and to thousandths. -EINVAL on a bad text,
 * -ERANGE when it does not fit. Source: apimachinery pkg/api/resource/quantity.go grammar. */
int kn_quantity_value(const char *text, int64_t *ret);
int kn_quantity_milli(const char *text, int64_t *ret);

#endif
