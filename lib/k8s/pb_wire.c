// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdbool.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/k8s/meta.pb-c.h"
#include "lib/k8s/pb_wire.h"

#define MANAGED_FIELDS 17 /* of ObjectMeta */

enum wire_type { WIRE_VARINT = 0, WIRE_64 = 1, WIRE_BYTES = 2, WIRE_32 = 5 };

static bool varint(struct kn_pb_reader *r, uint64_t *ret)
{
	uint64_t v = 0;

	for (unsigned i = 0; i < 10 && i < r->len; i++) {
		v |= (uint64_t)(r->p[i] & 0x7f) << (7 * i);
		if (r->p[i] & 0x80)
			continue;
		r->p += i + 1;
		r->len -= i + 1;
		*ret = v;
		return true;
	}
	return false;
}

static bool skip(struct kn_pb_reader *r, uint64_t n)
{
	if (n > r->len)
		return false;
	r->p += n;
	r->len -= n;
	return true;
}

int kn_pb_next(struct kn_pb_reader *r, struct kn_pb_field *f)
{
	uint64_t tag, n;
	bool good;

	if (!r->len)
		return 0;
	*f = (struct kn_pb_field){.start = r->p};
	if (!varint(r, &tag) || tag >> 3 == 0 || tag >> 3 > UINT32_MAX >> 3)
		return -EPROTO;
	f->id = (uint32_t)(tag >> 3);
	switch (tag & 7) {
	case WIRE_VARINT:
		good = varint(r, &f->value);
		break;
	case WIRE_64:
		good = skip(r, 8);
		break;
	case WIRE_32:
		good = skip(r, 4);
		break;
	case WIRE_BYTES:
		good = varint(r, &n);
		f->data = r->p;
		good = good && skip(r, n);
		f->len = good ? n : 0;
		break;
	default:
		good = false;
	}
	return good ? 1 : -EPROTO;
}

static void add_varint(struct kn_buf *out, uint64_t v)
{
	uint8_t text[10];
	size_t n = 0;

	do {
		text[n++] = (uint8_t)((v & 0x7f) | (v > 0x7f ? 0x80 : 0));
		v >>= 7;
	} while (v);
	kn_buf_add(out, text, n);
}

/* The fields of a message, but those with the number id. */
static int add_without(struct kn_buf *out, struct kn_pb_reader r, uint32_t id)
{
	struct kn_pb_field f;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0)
		if (f.id != id)
			kn_buf_add(out, f.start, (size_t)(r.p - f.start));
	return n;
}

/* The message with the ObjectMeta in its field meta made smaller. */
static int without_managed(struct kn_buf *out, struct kn_pb_reader r, uint32_t meta)
{
	struct kn_pb_field f;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0) {
		kn_auto_buf struct kn_buf small = {0};

		if (f.id != meta || !f.data) {
			kn_buf_add(out, f.start, (size_t)(r.p - f.start));
			continue;
		}
		n = add_without(&small, (struct kn_pb_reader){f.data, f.len}, MANAGED_FIELDS);
		if (n)
			return n;
		add_varint(out, (uint64_t)meta << 3 | WIRE_BYTES);
		add_varint(out, small.len);
		if (small.len)
			kn_buf_add(out, small.data, small.len);
	}
	return n;
}

int kn_pb_unpack(const ProtobufCMessageDescriptor *desc, const uint8_t *data, size_t len, struct kn_arena *a,
		 ProtobufCMessage **ret, struct kn_err *err)
{
	const ProtobufCFieldDescriptor *meta =
		protobuf_c_message_descriptor_get_field_by_name(desc, "metadata");
	kn_auto_buf struct kn_buf small = {0};
	ProtobufCMessage *msg;

	if (meta && meta->descriptor == &k8s__object_meta__descriptor) {
		if (without_managed(&small, (struct kn_pb_reader){data, len}, meta->id))
			return kn_err_set(err, EPROTO, "%s: damaged protobuf", desc->short_name);
		data = (const uint8_t *)small.data;
		len = small.len;
	}
	msg = protobuf_c_message_unpack(desc, kn_arena_pb(a), len, data);
	if (!msg)
		return kn_err_set(err, EPROTO, "%s: damaged or too large protobuf", desc->short_name);
	*ret = msg;
	return 0;
}
