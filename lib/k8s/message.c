// SPDX-License-Identifier: Apache-2.0
#include "lib/k8s/message.h"

#include <stdint.h>
#include <string.h>

void *kn_msg_copy(struct kn_arena *a, const void *msg)
{
	const ProtobufCMessage *m = msg;
	size_t len;

	if (!m)
		return NULL;
	len = protobuf_c_message_get_packed_size(m);
	kn_auto_free uint8_t *bytes = kn_calloc(1, len + 1);
	protobuf_c_message_pack(m, bytes);
	return protobuf_c_message_unpack(m->descriptor, kn_arena_pb(a), len, bytes);
}

static bool message_same(const ProtobufCMessageDescriptor *d, const char *a, const char *b);

static size_t size_of(const ProtobufCFieldDescriptor *f)
{
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT64:
	case PROTOBUF_C_TYPE_SINT64:
	case PROTOBUF_C_TYPE_SFIXED64:
	case PROTOBUF_C_TYPE_UINT64:
	case PROTOBUF_C_TYPE_FIXED64:
	case PROTOBUF_C_TYPE_DOUBLE:
		return 8;
	case PROTOBUF_C_TYPE_BOOL:
		return sizeof(protobuf_c_boolean);
	case PROTOBUF_C_TYPE_STRING:
	case PROTOBUF_C_TYPE_MESSAGE:
		return sizeof(void *);
	case PROTOBUF_C_TYPE_BYTES:
		return sizeof(ProtobufCBinaryData);
	default:
		return 4;
	}
}

/* a, b: where the value stands; NULL: unset. */
static bool value_same(const ProtobufCFieldDescriptor *f, const char *a, const char *b)
{
	static const char zero[32];
	const char *x = a ? a : zero, *y = b ? b : zero;

	switch (f->type) {
	case PROTOBUF_C_TYPE_STRING: {
		const char *s = *(char *const *)x, *t = *(char *const *)y;

		return !strcmp(s ? s : "", t ? t : "");
	}
	case PROTOBUF_C_TYPE_MESSAGE:
		return message_same(f->descriptor, *(char *const *)x, *(char *const *)y);
	case PROTOBUF_C_TYPE_BYTES: {
		const ProtobufCBinaryData *s = (const void *)x, *t = (const void *)y;

		return s->len == t->len && (!s->len || !memcmp(s->data, t->data, s->len));
	}
	default:
		return !memcmp(x, y, size_of(f));
	}
}

static bool field_same(const ProtobufCFieldDescriptor *f, const char *a, const char *b)
{
	size_t na, nb, size = size_of(f);
	const char *la, *lb;

	if (f->label != PROTOBUF_C_LABEL_REPEATED)
		return value_same(f, a ? a + f->offset : NULL, b ? b + f->offset : NULL);
	na = a ? *(const size_t *)(a + f->quantifier_offset) : 0;
	nb = b ? *(const size_t *)(b + f->quantifier_offset) : 0;
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++) {
		la = *(char *const *)(a + f->offset);
		lb = *(char *const *)(b + f->offset);
		if (!value_same(f, la + i * size, lb + i * size))
			return false;
	}
	return true;
}

/* Recursion is bounded: no schema of ours has a cycle. */
static bool message_same(const ProtobufCMessageDescriptor *d, const char *a, const char *b)
{
	if (a == b)
		return true;
	for (unsigned i = 0; i < d->n_fields; i++)
		if (!field_same(&d->fields[i], a, b))
			return false;
	return true;
}

bool kn_msg_same(const void *a, const void *b)
{
	const ProtobufCMessage *m = a ? a : b;

	return !m || message_same(m->descriptor, a, b);
}

bool kn_msg_list_same(void *const *a, size_t na, void *const *b, size_t nb)
{
	if (na != nb)
		return false;
	for (size_t i = 0; i < na; i++)
		if (!kn_msg_same(a[i], b[i]))
			return false;
	return true;
}
