// SPDX-License-Identifier: Apache-2.0
#include <assert.h>

#include "lib/k8s/codec_internal.h"
#include "lib/k8s/meta.pb-c.h"

static void encode_fields(const ProtobufCMessage *msg, struct kn_json_writer *w);

static void encode_repeated(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f, const char *key,
			    struct kn_json_writer *w);

static void encode_bytes(const ProtobufCBinaryData *d, const char *key, struct kn_json_writer *w)
{
	kn_auto_buf struct kn_buf text = {0};

	kn_base64_encode(d->data, d->len, &text);
	kn_json_str(w, key, text.data ? text.data : "");
}

static void encode_message(const ProtobufCMessage *msg, const char *key, struct kn_json_writer *w)
{
	const K8s__IntOrString *is = (const void *)msg;
	const K8s__Time *t =
		(const void *)msg; /* MicroTime has the same layout: checked by test_codec_special */
	enum kn_special special = kn_special_of(msg->descriptor);
	const char *quantity;
	char text[64];

	switch (special) {
	case KN_SPECIAL_QUANTITY:
		quantity = ((const K8s__Quantity *)msg)->string;
		kn_json_str(w, key, quantity ? quantity : "0");
		break;
	case KN_SPECIAL_TIME:
	case KN_SPECIAL_MICRO_TIME:
		kn_rfc3339_print(t->seconds, t->nanos, special == KN_SPECIAL_MICRO_TIME, text);
		kn_json_str(w, key, text);
		break;
	case KN_SPECIAL_DURATION:
		kn_codec_duration_print(((const K8s__Duration *)msg)->duration, text);
		kn_json_str(w, key, text);
		break;
	case KN_SPECIAL_INT_OR_STRING:
		if (is->type == 1)
			kn_json_str(w, key, is->strval ? is->strval : "");
		else
			kn_json_int(w, key, is->intval);
		break;
	case KN_SPECIAL_LIST:
		encode_repeated(msg, &msg->descriptor->fields[0], key, w);
		break;
	default:
		kn_codec_encode(msg, key, w);
	}
}

static void encode_value(const ProtobufCFieldDescriptor *f, const void *p, const char *key,
			 struct kn_json_writer *w)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
		kn_json_int(w, key, *(const int32_t *)p);
		break;
	case PROTOBUF_C_TYPE_INT64:
		kn_json_int(w, key, *(const int64_t *)p);
		break;
	case PROTOBUF_C_TYPE_BOOL:
		kn_json_bool(w, key, *(const protobuf_c_boolean *)p);
		break;
	case PROTOBUF_C_TYPE_STRING:
		kn_json_str(w, key, *(char *const *)p);
		break;
	case PROTOBUF_C_TYPE_BYTES:
		encode_bytes(p, key, w);
		break;
	case PROTOBUF_C_TYPE_MESSAGE:
		encode_message(*(ProtobufCMessage *const *)p, key, w);
		break;
	default:
		assert(!"a type that no schema of ours has");
	}
}

size_t kn_codec_size(ProtobufCType type)
{
	switch (type) {
	case PROTOBUF_C_TYPE_INT32:
		return sizeof(int32_t);
	case PROTOBUF_C_TYPE_INT64:
		return sizeof(int64_t);
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return sizeof(void *);
	}
}

bool kn_codec_is_set(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f)
{
	if (f->label == PROTOBUF_C_LABEL_REPEATED)
		return *(size_t *)kn_field_ptr(msg, f->quantifier_offset) > 0;
	if (f->type == PROTOBUF_C_TYPE_STRING || f->type == PROTOBUF_C_TYPE_MESSAGE)
		return *(void **)kn_field_ptr(msg, f->offset) != NULL;
	return *(protobuf_c_boolean *)kn_field_ptr(msg, f->quantifier_offset);
}

/* An entry's value that is not set is the zero value of its type. */
static void encode_unset(const ProtobufCFieldDescriptor *f, const char *key, struct kn_json_writer *w)
{
	if (f->type == PROTOBUF_C_TYPE_MESSAGE && kn_special_of(f->descriptor) == KN_SPECIAL_LIST) {
		kn_json_arr(w, key);
		kn_json_end_arr(w);
	} else {
		kn_json_str(w, key, f->type == PROTOBUF_C_TYPE_MESSAGE ? "0" : "");
	}
}

/* The members of an object: field 0 of an entry is its key, field 1 its value. */
static void encode_map(ProtobufCMessage *const *entries, size_t n, const char *key, struct kn_json_writer *w)
{
	kn_json_obj(w, key);
	for (size_t i = 0; i < n; i++) {
		const ProtobufCFieldDescriptor *f = &entries[i]->descriptor->fields[1];
		const char *name =
			*(char **)kn_field_ptr(entries[i], entries[i]->descriptor->fields[0].offset);

		if (!name)
			name = "";
		if (kn_codec_is_set(entries[i], f))
			encode_value(f, kn_field_ptr(entries[i], f->offset), name, w);
		else
			encode_unset(f, name, w);
	}
	kn_json_end_obj(w);
}

static void encode_repeated(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f, const char *key,
			    struct kn_json_writer *w)
{
	size_t n = *(size_t *)kn_field_ptr(msg, f->quantifier_offset), size = kn_codec_size(f->type);
	const char *items = *(char **)kn_field_ptr(msg, f->offset);

	if (f->type == PROTOBUF_C_TYPE_MESSAGE && kn_special_of(f->descriptor) == KN_SPECIAL_ENTRY) {
		encode_map((ProtobufCMessage *const *)(const void *)items, n, key, w);
		return;
	}
	kn_json_arr(w, key);
	for (size_t i = 0; i < n; i++)
		encode_value(f, items + i * size, NULL, w);
	kn_json_end_arr(w);
}

/* Upstream sends an empty Time for a zero one; JSON leaves it out. */
static bool zero_time(const ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f)
{
	enum kn_special special =
		f->type == PROTOBUF_C_TYPE_MESSAGE ? kn_special_of(f->descriptor) : KN_SPECIAL_NONE;
	const K8s__Time *t;

	if (special != KN_SPECIAL_TIME && special != KN_SPECIAL_MICRO_TIME)
		return false;
	t = *(K8s__Time **)kn_field_ptr(msg, f->offset);
	return !t->seconds && !t->nanos;
}

static void encode_fields(const ProtobufCMessage *msg, struct kn_json_writer *w)
{
	for (unsigned i = 0; i < msg->descriptor->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &msg->descriptor->fields[i];

		if (!kn_codec_is_set(msg, f))
			continue;
		if (f->label == PROTOBUF_C_LABEL_REPEATED)
			encode_repeated(msg, f, f->name, w);
		else if (kn_codec_inlined(msg->descriptor, f))
			encode_fields(*(ProtobufCMessage **)kn_field_ptr(msg, f->offset), w);
		else if (!zero_time(msg, f))
			encode_value(f, kn_field_ptr(msg, f->offset), f->name, w);
	}
}

void kn_codec_encode(const ProtobufCMessage *msg, const char *key, struct kn_json_writer *w)
{
	const char *api, *kind;

	kn_json_obj(w, key);
	if (kn_codec_type_meta(msg->descriptor, &api, &kind)) {
		kn_json_str(w, "apiVersion", api);
		kn_json_str(w, "kind", kind);
	}
	encode_fields(msg, w);
	kn_json_end_obj(w);
}
