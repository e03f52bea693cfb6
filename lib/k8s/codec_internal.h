/* SPDX-License-Identifier: Apache-2.0 */
/* What the codec's files share. Within lib/k8s only. */
#ifndef KN_K8S_CODEC_INTERNAL_H
#define KN_K8S_CODEC_INTERNAL_H

#include "lib/base/buf.h"
#include "lib/k8s/codec.h"

/* Types whose JSON is not simply an object of their fields. */
enum kn_special {
	KN_SPECIAL_NONE,
	KN_SPECIAL_QUANTITY,   /* string or number */
	KN_SPECIAL_TIME,       /* RFC 3339 */
	KN_SPECIAL_MICRO_TIME, /* the same with six digits of fraction */
	KN_SPECIAL_DURATION,   /* Go's "1h2m3.5s" */
	KN_SPECIAL_INT_OR_STRING,
	KN_SPECIAL_ENTRY, /* repeated: the members of an object */
	KN_SPECIAL_LIST,  /* its only field, repeated, is all of it: an array */
};
enum kn_special kn_special_of(const ProtobufCMessageDescriptor *desc);

/* A message embedded upstream with `json:",inline"`: its fields stand among those of the message around it.
 */
bool kn_codec_inlined(const ProtobufCMessageDescriptor *desc, const ProtobufCFieldDescriptor *f);
/* A field that upstream has and we leave out: accepted in manifests, and skipped. */
bool kn_codec_ignored(const ProtobufCMessageDescriptor *desc, const char *name);
/* apiVersion and kind of a top-level object (TypeMeta is not in protobuf); false: not one. */
bool kn_codec_type_meta(const ProtobufCMessageDescriptor *desc, const char **api, const char **kind);

static inline void *kn_field_ptr(const ProtobufCMessage *msg, unsigned offset)
{
	return (char *)msg + offset;
}

size_t kn_codec_size(ProtobufCType type); /* bytes of one value in a message or a repeated field */
bool kn_codec_is_set(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f);

/* Scalars to and from text. All return 0, -EINVAL or -ERANGE; outputs untouched on failure. */
int kn_decimal_int64(const char *number, int64_t *ret); /* a JSON number; integral, however it is spelt */
int kn_rfc3339_parse(const char *text, int64_t *seconds, int32_t *nanos);
void kn_rfc3339_print(int64_t seconds, int32_t nanos, bool micro, char out[64]);
void kn_codec_duration_print(int64_t ns, char out[64]);
/* Standard alphabet with padding; line breaks are skipped. out has room for len / 4 * 3 + 3 bytes. */
int kn_base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len);
void kn_base64_encode(const uint8_t *data, size_t len, struct kn_buf *out);

#endif
