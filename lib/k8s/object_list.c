// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "lib/k8s/codec.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/object_list.h"
#include "lib/k8s/pb_wire.h"
#include "lib/k8s/watch_frame.h"

#define LIST_MEMORY_MAX ((size_t)1 << 30) /* of a page in JSON, as nodes; 64 MiB of text at most */

char *kn_object_key(const char *ns, const char *name)
{
	return kn_sprintf("%s/%s", ns, name);
}

void kn_object_map_put(struct kn_map *map, struct kn_object *o)
{
	kn_auto_free char *key = kn_object_key(o->ns, o->name);

	kn_object_unref(kn_map_set(map, key, o));
}

static void unref(void *o)
{
	kn_object_unref(o);
}

struct kn_map *kn_object_map_free(struct kn_map *map)
{
	return kn_map_free(map, unref);
}

static int keep(struct kn_map *map, struct kn_arena **a, ProtobufCMessage *msg, struct kn_err *err)
{
	struct kn_object *o;
	int r = kn_object_new(&o, *a, msg, err);

	if (r)
		return r;
	*a = NULL;
	kn_object_map_put(map, o);
	return 0;
}

static void keep_meta(struct kn_list_meta *ret, const char *rv, const char *token)
{
	free(ret->rv);
	free(ret->token);
	ret->rv = kn_strdup(rv ? rv : "");
	ret->token = kn_strdup(token ? token : "");
}

static int read_meta(const uint8_t *data, size_t len, struct kn_list_meta *ret, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	ProtobufCMessage *msg;
	const K8s__ListMeta *meta;
	int r = kn_pb_unpack(&k8s__list_meta__descriptor, data, len, a, &msg, err);

	if (r)
		return r;
	meta = (const K8s__ListMeta *)msg;
	keep_meta(ret, meta->resourceversion, meta->continue_);
	return 0;
}

static int read_item(const uint8_t *data, size_t len, const ProtobufCMessageDescriptor *item,
		     struct kn_map *map, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(KN_OBJECT_MEMORY_MAX);
	ProtobufCMessage *msg;
	int r = kn_pb_unpack(item, data, len, a, &msg, err);

	return r ? r : keep(map, &a, msg, err);
}

enum { LIST_META = 1, LIST_ITEMS = 2 }; /* of every list in the API */

static int read_protobuf(const uint8_t *data, size_t len, const ProtobufCMessageDescriptor *list,
			 const ProtobufCMessageDescriptor *item, struct kn_map *map,
			 struct kn_list_meta *meta, struct kn_err *err)
{
	struct kn_envelope e;
	struct kn_pb_reader reader;
	struct kn_pb_field f;
	int n, r = kn_envelope_open(data, len, &e, err);

	if (r)
		return r;
	if (!kn_envelope_kind_is(&e, list->short_name))
		return kn_err_set(err, EINVAL, "not a %s", list->short_name);
	reader = (struct kn_pb_reader){e.raw, e.raw_len};
	while ((n = kn_pb_next(&reader, &f)) > 0) {
		r = 0;
		if (f.id == LIST_META && f.data)
			r = read_meta(f.data, f.len, meta, err);
		else if (f.id == LIST_ITEMS && f.data)
			r = read_item(f.data, f.len, item, map, err);
		if (r)
			return r;
	}
	return n ? kn_err_set(err, EPROTO, "%s: damaged protobuf", list->short_name) : 0;
}

static int read_json(const uint8_t *data, size_t len, const ProtobufCMessageDescriptor *list,
		     const ProtobufCMessageDescriptor *item, struct kn_map *map, struct kn_list_meta *meta,
		     struct kn_err *err)
{
	static const struct kn_node_limits limits = {.nodes = 10000000};
	kn_auto_arena struct kn_arena *nodes = kn_arena_new(LIST_MEMORY_MAX);
	const struct kn_node *items, *node_meta;
	struct kn_node *root = NULL;
	const char *kind;
	int r = kn_json_parse((const char *)data, len, &limits, nodes, &root, err);

	if (r)
		return r;
	kind = kn_node_str(root, "kind");
	if (!kind || strcmp(kind, list->short_name))
		return kn_err_set(err, EINVAL, "not a %s", list->short_name);
	items = kn_node_get(root, "items");
	for (const struct kn_node *c = items ? items->child : NULL; c; c = c->next) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(KN_OBJECT_MEMORY_MAX);
		ProtobufCMessage *msg;

		r = kn_codec_decode(item, c, 0, a, &msg, err);
		if (!r)
			r = keep(map, &a, msg, err);
		if (r)
			return r;
	}
	node_meta = kn_node_get(root, "metadata");
	if (node_meta)
		keep_meta(meta, kn_node_str(node_meta, "resourceVersion"),
			  kn_node_str(node_meta, "continue"));
	return 0;
}

int kn_object_list_read(const uint8_t *data, size_t len, const ProtobufCMessageDescriptor *list,
			const ProtobufCMessageDescriptor *item, struct kn_map *map, struct kn_list_meta *ret,
			struct kn_err *err)
{
	struct kn_list_meta meta = {0};
	int r = kn_envelope_is(data, len) ? read_protobuf(data, len, list, item, map, &meta, err)
					  : read_json(data, len, list, item, map, &meta, err);

	if (!r && (!meta.rv || !*meta.rv))
		r = kn_err_set(err, EPROTO, "%s: no resourceVersion", list->short_name);
	if (r) {
		free(meta.rv);
		free(meta.token);
		return r;
	}
	*ret = meta;
	return 0;
}
