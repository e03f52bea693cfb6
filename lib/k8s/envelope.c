// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "lib/k8s/codec_internal.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/pb_wire.h"
#include "lib/k8s/runtime.pb-c.h"

static const uint8_t magic[4] = {'k', '8', 's', 0};

enum unknown_field { UNKNOWN_TYPE_META = 1, UNKNOWN_RAW, UNKNOWN_ENCODING, UNKNOWN_TYPE }; /* runtime.proto */
enum type_meta_field { TYPE_META_API = 1, TYPE_META_KIND };

static void add_packed(const ProtobufCMessage *msg, struct kn_buf *out)
{
	size_t n = protobuf_c_message_get_packed_size(msg);
	kn_auto_free uint8_t *bytes = kn_calloc(1, n + 1);

	protobuf_c_message_pack(msg, bytes);
	kn_buf_add(out, bytes, n);
}

int kn_envelope_encode(const ProtobufCMessage *msg, struct kn_buf *out, struct kn_err *err)
{
	K8s__TypeMeta meta = K8S__TYPE_META__INIT;
	K8s__Unknown unknown = K8S__UNKNOWN__INIT;
	kn_auto_buf struct kn_buf raw = {0};
	const char *api, *kind;

	if (!kn_codec_type_meta(msg->descriptor, &api, &kind))
		return kn_err_set(err, ENOTSUP, "%s is no object of its own", msg->descriptor->short_name);
	add_packed(msg, &raw);
	meta.apiversion = (char *)api;
	meta.kind = (char *)kind;
	unknown.typemeta = &meta;
	unknown.has_raw = true;
	unknown.raw = (ProtobufCBinaryData){.data = (uint8_t *)raw.data, .len = raw.len};
	kn_buf_add(out, magic, sizeof(magic));
	add_packed(&unknown.base, out);
	return 0;
}

bool kn_envelope_is(const void *data, size_t len)
{
	return len >= sizeof(magic) && !memcmp(data, magic, sizeof(magic));
}

static int read_type_meta(struct kn_pb_reader r, struct kn_envelope *e)
{
	struct kn_pb_field f;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0) {
		if (f.data && f.id == TYPE_META_API) {
			e->api = (const char *)f.data;
			e->api_len = f.len;
		} else if (f.data && f.id == TYPE_META_KIND) {
			e->kind = (const char *)f.data;
			e->kind_len = f.len;
		}
	}
	return n;
}

static int read_unknown(struct kn_pb_reader r, struct kn_envelope *e)
{
	struct kn_pb_field f;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0) {
		if (!f.data)
			continue;
		if (f.id == UNKNOWN_TYPE_META) {
			if (read_type_meta((struct kn_pb_reader){f.data, f.len}, e))
				return -EPROTO;
		} else if (f.id == UNKNOWN_RAW) {
			e->raw = f.data;
			e->raw_len = f.len;
		} else if (f.id == UNKNOWN_ENCODING && f.len) {
			return -EPROTO; /* compressed: no server does that unasked */
		}
	}
	return n;
}

int kn_envelope_open(const void *data, size_t len, struct kn_envelope *ret, struct kn_err *err)
{
	struct kn_envelope e = {0};

	if (!kn_envelope_is(data, len))
		return kn_err_set(err, EPROTO, "not the API's protobuf");
	if (read_unknown((struct kn_pb_reader){(const uint8_t *)data + sizeof(magic), len - sizeof(magic)},
			 &e))
		return kn_err_set(err, EPROTO, "damaged protobuf");
	if (!e.raw) /* an object without any field */
		e.raw = (const uint8_t *)data + len;
	*ret = e;
	return 0;
}

static bool same(const char *data, size_t len, const char *text)
{
	return len == strlen(text) && (!len || !memcmp(data, text, len));
}

bool kn_envelope_kind_is(const struct kn_envelope *e, const char *kind)
{
	return same(e->kind, e->kind_len, kind);
}

/* Is it what the caller asked for? A kind that the tables don't have is taken at its word. */
static int check_kind(const struct kn_envelope *e, const ProtobufCMessageDescriptor *desc, struct kn_err *err)
{
	const char *api, *kind;

	if (!kn_codec_type_meta(desc, &api, &kind) ||
	    (same(e->kind, e->kind_len, kind) && same(e->api, e->api_len, api)))
		return 0;
	return kn_err_set(err, EINVAL, "%.*s %.*s instead of %s %s", (int)(e->api_len < 64 ? e->api_len : 64),
			  e->api_len ? e->api : "", (int)(e->kind_len < 64 ? e->kind_len : 64),
			  e->kind_len ? e->kind : "", api, kind);
}

static int keep(struct kn_arena *a, const char *text, size_t len, const char **ret, struct kn_err *err)
{
	*ret = kn_arena_strndup(a, text, len);
	return *ret ? 0 : kn_err_set(err, EPROTO, "too large");
}

int kn_envelope_decode(const void *data, size_t len, const ProtobufCMessageDescriptor *desc,
		       struct kn_arena *a, ProtobufCMessage **ret, const char **api, const char **kind,
		       struct kn_err *err)
{
	const char *own_api = NULL, *own_kind = NULL;
	struct kn_envelope e;
	int r = kn_envelope_open(data, len, &e, err);

	if (!r && desc)
		r = check_kind(&e, desc, err);
	if (!r && api)
		r = keep(a, e.api, e.api_len, &own_api, err);
	if (!r && kind)
		r = keep(a, e.kind, e.kind_len, &own_kind, err);
	if (!r && desc)
		r = kn_pb_unpack(desc, e.raw, e.raw_len, a, ret, err);
	if (r)
		return r;
	if (api)
		*api = own_api;
	if (kind)
		*kind = own_kind;
	return 0;
}
