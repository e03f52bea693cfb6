// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "lib/base/buf.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/pb_wire.h"
#include "lib/k8s/watch_frame.h"

#define KEEP_BYTES (64u << 10) /* an empty buffer larger than that is given back */

enum { EVENT_TYPE = 1, EVENT_OBJECT = 2, EXTENSION_RAW = 1 }; /* WatchEvent, RawExtension in meta.proto */

struct kn_watch_stream {
	enum { FORM_UNKNOWN, FORM_JSON, FORM_PROTOBUF } form;
	struct kn_buf buf;
	size_t done;		/* bytes of buf that were read already */
	size_t scanned;		/* bytes behind done without an end of line */
	struct kn_arena *arena; /* of the last JSON event */
};

struct kn_watch_stream *kn_watch_stream_new(void)
{
	return kn_calloc(1, sizeof(struct kn_watch_stream));
}

struct kn_watch_stream *kn_watch_stream_free(struct kn_watch_stream *s)
{
	if (s) {
		kn_buf_free(&s->buf);
		kn_arena_free(s->arena);
		free(s);
	}
	return NULL;
}

void kn_watch_feed(struct kn_watch_stream *s, const uint8_t *data, size_t len)
{
	if (s->done == s->buf.len && s->buf.cap > KEEP_BYTES) {
		kn_buf_free(&s->buf);
	} else if (s->done) {
		memmove(s->buf.data, s->buf.data + s->done, s->buf.len - s->done);
		s->buf.len -= s->done;
	}
	s->done = 0;
	if (len)
		kn_buf_add(&s->buf, data, len);
}

static int event_type(const char *text, size_t len, enum kn_watch_type *ret)
{
	static const char *const names[] = {
		[KN_WATCH_ADDED] = "ADDED",	[KN_WATCH_MODIFIED] = "MODIFIED",
		[KN_WATCH_DELETED] = "DELETED", [KN_WATCH_BOOKMARK] = "BOOKMARK",
		[KN_WATCH_ERROR] = "ERROR",
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(names); i++)
		if (len == strlen(names[i]) && !memcmp(text, names[i], len)) {
			*ret = (enum kn_watch_type)i;
			return 0;
		}
	return -EPROTO;
}

static int read_extension(struct kn_pb_reader r, struct kn_watch_event *e)
{
	struct kn_pb_field f;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0)
		if (f.id == EXTENSION_RAW && f.data) {
			e->data = f.data;
			e->len = f.len;
		}
	return n;
}

static int read_event(struct kn_pb_reader r, struct kn_watch_event *ret)
{
	struct kn_watch_event e = {0};
	struct kn_pb_field f;
	bool typed = false;
	int n;

	while ((n = kn_pb_next(&r, &f)) > 0) {
		if (f.id == EVENT_TYPE && f.data) {
			n = event_type((const char *)f.data, f.len, &e.type);
			typed = true;
		} else if (f.id == EVENT_OBJECT && f.data) {
			n = read_extension((struct kn_pb_reader){f.data, f.len}, &e);
		}
		if (n < 0)
			return n;
	}
	if (n || !typed || !e.data)
		return -EPROTO;
	*ret = e;
	return 0;
}

static int next_frame(struct kn_watch_stream *s, struct kn_watch_event *ret, struct kn_err *err)
{
	const uint8_t *p = (const uint8_t *)s->buf.data + s->done;
	size_t left = s->buf.len - s->done, len;

	if (left < 4)
		return 0;
	len = (size_t)p[0] << 24 | (size_t)p[1] << 16 | (size_t)p[2] << 8 | p[3];
	if (len > KN_WATCH_FRAME_MAX)
		return kn_err_set(err, EMSGSIZE, "watch: a frame of %zu bytes", len);
	if (left - 4 < len)
		return 0;
	if (read_event((struct kn_pb_reader){p + 4, len}, ret))
		return kn_err_set(err, EPROTO, "watch: damaged frame");
	s->done += 4 + len;
	return 1;
}

static int read_line(struct kn_watch_stream *s, const char *line, size_t len, struct kn_watch_event *ret,
		     struct kn_err *err)
{
	const struct kn_node *object;
	struct kn_node *root = NULL;
	const char *type;
	int r;

	s->arena = kn_arena_new(KN_OBJECT_MEMORY_MAX);
	r = kn_json_parse(line, len, NULL, s->arena, &root, err);
	if (r) {
		kn_err_wrap(err, "watch");
		if (err)
			err->code = EPROTO;
		return -EPROTO;
	}
	type = kn_node_str(root, "type");
	object = kn_node_get(root, "object");
	*ret = (struct kn_watch_event){.node = object};
	if (!type || !object || event_type(type, strlen(type), &ret->type))
		return kn_err_set(err, EPROTO, "watch: no event");
	return 1;
}

static bool blank(char c)
{
	return c == ' ' || c == '\r' || c == '\n';
}

static int next_line(struct kn_watch_stream *s, struct kn_watch_event *ret, struct kn_err *err)
{
	const char *p = s->buf.data + s->done, *end;
	size_t left = s->buf.len - s->done;

	end = memchr(p + s->scanned, '\n', left - s->scanned);
	if (!end) {
		s->scanned = left;
		return left > KN_WATCH_FRAME_MAX
			       ? kn_err_set(err, EMSGSIZE, "watch: a line of more than %zu bytes", left)
			       : 0;
	}
	s->done += (size_t)(end - p) + 1;
	s->scanned = 0;
	return read_line(s, p, (size_t)(end - p), ret, err);
}

/* A length within the limit begins with a byte of 0 or 1: no JSON does. */
int kn_watch_next(struct kn_watch_stream *s, struct kn_watch_event *ret, struct kn_err *err)
{
	s->arena = kn_arena_free(s->arena);
	if (s->done == s->buf.len)
		return 0;
	if (!s->form)
		s->form = s->buf.data[s->done] == '{' ? FORM_JSON : FORM_PROTOBUF;
	if (s->form == FORM_PROTOBUF)
		return next_frame(s, ret, err);
	while (!s->scanned && s->done < s->buf.len && blank(s->buf.data[s->done]))
		s->done++;
	return s->done < s->buf.len ? next_line(s, ret, err) : 0;
}

int kn_watch_object(const struct kn_watch_event *e, const ProtobufCMessageDescriptor *desc,
		    struct kn_arena *a, ProtobufCMessage **ret, struct kn_err *err)
{
	if (e->node)
		return kn_codec_decode(desc, e->node, 0, a, ret, err);
	return kn_envelope_decode(e->data, e->len, desc, a, ret, NULL, NULL, err);
}
