// SPDX-License-Identifier: Apache-2.0
/*
 * Nodes to messages. The recursion follows the schema, which has no cycles (test_proto_contract), so its
 * depth is that of the schema, whatever the input.
 */
#include <errno.h>
#include <string.h>

#include "lib/base/map.h"
#include "lib/k8s/codec_value.h"

static int decode_message(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
			  const struct kn_node *node, const struct kn_decode_at *at, ProtobufCMessage **ret);

static int message_new(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
		       const struct kn_node *node, const struct kn_decode_at *at, ProtobufCMessage **ret)
{
	ProtobufCMessage *msg = kn_arena_alloc(d->arena, desc->sizeof_message);

	if (!msg)
		return kn_decode_no_memory(d, node, at);
	protobuf_c_message_init(desc, msg);
	*ret = msg;
	return 0;
}

static int decode_array(struct kn_decoder *d, const ProtobufCFieldDescriptor *f, const struct kn_node *node,
			const struct kn_decode_at *at, ProtobufCMessage *msg);

/* A message in a list, a map or a field; null only where a list or map holds it, as the empty message. */
static int decode_any_message(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
			      const struct kn_node *node, const struct kn_decode_at *at,
			      ProtobufCMessage **ret)
{
	enum kn_special special = kn_special_of(desc);
	ProtobufCMessage *msg = NULL;
	int r;

	if (special == KN_SPECIAL_NONE && node->type != KN_NODE_NULL)
		return decode_message(d, desc, node, at, ret);
	r = message_new(d, desc, node, at, &msg);
	if (r)
		return r;
	if (node->type == KN_NODE_NULL)
		r = 0;
	else if (special == KN_SPECIAL_QUANTITY)
		r = kn_decode_quantity(d, node, at, (K8s__Quantity *)msg);
	else if (special == KN_SPECIAL_TIME || special == KN_SPECIAL_MICRO_TIME)
		r = kn_decode_time(d, node, at, (K8s__Time *)msg);
	else if (special == KN_SPECIAL_DURATION)
		r = kn_decode_duration(d, node, at, (K8s__Duration *)msg);
	else if (special == KN_SPECIAL_LIST)
		r = node->type == KN_NODE_ARRAY ? decode_array(d, &desc->fields[0], node, at, msg)
						: kn_decode_mismatch(d, node, at, "array");
	else
		r = kn_decode_int_or_string(d, node, at, (K8s__IntOrString *)msg);
	if (!r)
		*ret = msg;
	return r;
}

/* One value at p, which holds zeroes. null leaves a zero value (an empty string in a list). */
static int decode_value(struct kn_decoder *d, const ProtobufCFieldDescriptor *f, const struct kn_node *node,
			const struct kn_decode_at *at, void *p)
{
	int64_t n;
	int r;

	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return decode_any_message(d, f->descriptor, node, at, p);
	if (node->type == KN_NODE_NULL) {
		if (f->type == PROTOBUF_C_TYPE_STRING)
			*(char **)p = kn_arena_strdup(d->arena, "");
		return 0;
	}
	switch (f->type) {
	case PROTOBUF_C_TYPE_INT32:
		r = kn_decode_int(d, node, at, INT32_MIN, INT32_MAX, &n);
		if (!r)
			*(int32_t *)p = (int32_t)n;
		return r;
	case PROTOBUF_C_TYPE_INT64:
		return kn_decode_int(d, node, at, INT64_MIN, INT64_MAX, p);
	case PROTOBUF_C_TYPE_BOOL:
		if (node->type != KN_NODE_BOOL)
			return kn_decode_mismatch(d, node, at, "boolean");
		*(protobuf_c_boolean *)p = node->boolean;
		return 0;
	case PROTOBUF_C_TYPE_STRING:
		return kn_decode_string(d, node, at, p);
	case PROTOBUF_C_TYPE_BYTES:
		return kn_decode_bytes(d, node, at, p);
	default:
		return kn_decode_fail(d, ENOTSUP, node, at, "a type that no schema of ours has");
	}
}

static size_t count(const struct kn_node *container)
{
	size_t n = 0;

	for (const struct kn_node *c = container->child; c; c = c->next)
		n++;
	return n;
}

static int decode_array(struct kn_decoder *d, const ProtobufCFieldDescriptor *f, const struct kn_node *node,
			const struct kn_decode_at *at, ProtobufCMessage *msg)
{
	size_t n = count(node), size = kn_codec_size(f->type), i = 0;
	char *items = n ? kn_arena_alloc(d->arena, n * size) : NULL;

	if (n && !items)
		return kn_decode_no_memory(d, node, at);
	for (const struct kn_node *c = node->child; c; c = c->next, i++) {
		const struct kn_decode_at here = {.up = at, .index = i};
		int r = decode_value(d, f, c, &here, items + i * size);

		if (r)
			return r;
	}
	*(char **)kn_field_ptr(msg, f->offset) = items;
	*(size_t *)kn_field_ptr(msg, f->quantifier_offset) = n;
	return 0;
}

static int decode_entry(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
			const struct kn_node *node, const struct kn_decode_at *at, ProtobufCMessage *entry)
{
	const ProtobufCFieldDescriptor *value = &desc->fields[1];
	char **name = kn_field_ptr(entry, desc->fields[0].offset);
	int r;

	*name = kn_arena_strdup(d->arena, node->key);
	if (!*name)
		return kn_decode_no_memory(d, node, at);
	r = decode_value(d, value, node, at, kn_field_ptr(entry, value->offset));
	if (!r && value->type == PROTOBUF_C_TYPE_BYTES)
		*(protobuf_c_boolean *)kn_field_ptr(entry, value->quantifier_offset) = true;
	return r;
}

static int decode_entries(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
			  const struct kn_node *node, const struct kn_decode_at *at, struct kn_map *seen,
			  ProtobufCMessage **entries, size_t *n)
{
	for (const struct kn_node *c = node->child; c; c = c->next) {
		const struct kn_decode_at here = {.up = at, .key = c->key};
		ProtobufCMessage *entry = kn_map_get(seen, c->key);
		int r = 0;

		if (entry && d->strict)
			return kn_decode_fail(d, EINVAL, c, &here, "doubled field");
		if (entry) {
			protobuf_c_message_init(desc, entry); /* the last one wins */
		} else {
			r = message_new(d, desc, c, &here, &entry);
			if (r)
				return r;
			entries[(*n)++] = entry;
			kn_map_set(seen, c->key, entry);
		}
		r = decode_entry(d, desc, c, &here, entry);
		if (r)
			return r;
	}
	return 0;
}

static int decode_map(struct kn_decoder *d, const ProtobufCFieldDescriptor *f, const struct kn_node *node,
		      const struct kn_decode_at *at, ProtobufCMessage *msg)
{
	ProtobufCMessage **entries = kn_arena_alloc(d->arena, (count(node) + 1) * sizeof(*entries));
	struct kn_map *seen;
	size_t n = 0;
	int r;

	if (!entries)
		return kn_decode_no_memory(d, node, at);
	seen = kn_map_new();
	r = decode_entries(d, f->descriptor, node, at, seen, entries, &n);
	kn_map_free(seen, NULL);
	if (r)
		return r;
	*(ProtobufCMessage ***)kn_field_ptr(msg, f->offset) = entries;
	*(size_t *)kn_field_ptr(msg, f->quantifier_offset) = n;
	return 0;
}

static int decode_field(struct kn_decoder *d, const ProtobufCFieldDescriptor *f, const struct kn_node *node,
			const struct kn_decode_at *at, ProtobufCMessage *msg)
{
	int r;

	if (node->type == KN_NODE_NULL) /* as if it were not there */
		return 0;
	if (f->label == PROTOBUF_C_LABEL_REPEATED) {
		if (f->type == PROTOBUF_C_TYPE_MESSAGE && kn_special_of(f->descriptor) == KN_SPECIAL_ENTRY)
			return node->type == KN_NODE_OBJECT ? decode_map(d, f, node, at, msg)
							    : kn_decode_mismatch(d, node, at, "object");
		return node->type == KN_NODE_ARRAY ? decode_array(d, f, node, at, msg)
						   : kn_decode_mismatch(d, node, at, "array");
	}
	r = decode_value(d, f, node, at, kn_field_ptr(msg, f->offset));
	if (!r && f->type != PROTOBUF_C_TYPE_STRING && f->type != PROTOBUF_C_TYPE_MESSAGE)
		*(protobuf_c_boolean *)kn_field_ptr(msg, f->quantifier_offset) = true;
	return r;
}

/* The field called name in *msg or in a message inlined there, which is then made and becomes *msg. */
static int find_field(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		      ProtobufCMessage **msg, const ProtobufCFieldDescriptor **ret)
{
	const ProtobufCMessageDescriptor *desc = (*msg)->descriptor;

	*ret = protobuf_c_message_descriptor_get_field_by_name(desc, node->key);
	if (*ret && !kn_codec_inlined(desc, *ret))
		return 0;
	*ret = NULL;
	for (unsigned i = 0; i < desc->n_fields; i++) {
		const ProtobufCMessageDescriptor *sub = desc->fields[i].descriptor;
		ProtobufCMessage **p = kn_field_ptr(*msg, desc->fields[i].offset);
		const ProtobufCFieldDescriptor *f;

		if (!kn_codec_inlined(desc, &desc->fields[i]))
			continue;
		f = protobuf_c_message_descriptor_get_field_by_name(sub, node->key);
		if (!f)
			continue;
		if (!*p) {
			int r = message_new(d, sub, node, at, p);

			if (r)
				return r;
		}
		*msg = *p;
		*ret = f;
		return 0;
	}
	return 0;
}

static bool ignored(const ProtobufCMessageDescriptor *desc, const char *name)
{
	if (kn_codec_ignored(desc, name))
		return true;
	for (unsigned i = 0; i < desc->n_fields; i++)
		if (kn_codec_inlined(desc, &desc->fields[i]) &&
		    kn_codec_ignored(desc->fields[i].descriptor, name))
			return true;
	return false;
}

/* Quadratic only in names the schema knows: a strict decode ends at the first unknown or doubled one. */
static bool doubled(const struct kn_node *object, const struct kn_node *member)
{
	for (const struct kn_node *c = object->child; c != member; c = c->next)
		if (!strcmp(c->key, member->key))
			return true;
	return false;
}

static int decode_member(struct kn_decoder *d, const struct kn_node *object, const struct kn_node *c,
			 const struct kn_decode_at *up, ProtobufCMessage *msg)
{
	const ProtobufCMessageDescriptor *desc = msg->descriptor;
	const struct kn_decode_at at = {.up = up, .name = c->key};
	const ProtobufCFieldDescriptor *f;
	const char *api, *kind;
	int r;

	if (d->strict && doubled(object, c))
		return kn_decode_fail(d, EINVAL, c, &at, "doubled field");
	r = find_field(d, c, &at, &msg, &f);
	if (r)
		return r;
	if (f)
		return decode_field(d, f, c, &at, msg);
	if ((!strcmp(c->key, "apiVersion") || !strcmp(c->key, "kind")) &&
	    kn_codec_type_meta(desc, &api, &kind))
		return c->type == KN_NODE_STRING ? 0 : kn_decode_mismatch(d, c, &at, "string");
	if (!d->strict || ignored(desc, c->key))
		return 0;
	return kn_decode_fail(d, EINVAL, c, &at, "unknown field");
}

static int decode_message(struct kn_decoder *d, const ProtobufCMessageDescriptor *desc,
			  const struct kn_node *node, const struct kn_decode_at *at, ProtobufCMessage **ret)
{
	ProtobufCMessage *msg = NULL;
	int r;

	if (node->type != KN_NODE_OBJECT)
		return kn_decode_mismatch(d, node, at, "object");
	r = message_new(d, desc, node, at, &msg);
	if (r)
		return r;
	for (const struct kn_node *c = node->child; c; c = c->next) {
		r = decode_member(d, node, c, at, msg);
		if (r)
			return r;
	}
	*ret = msg;
	return 0;
}

int kn_codec_decode(const ProtobufCMessageDescriptor *desc, const struct kn_node *node, unsigned flags,
		    struct kn_arena *a, ProtobufCMessage **ret, struct kn_err *err)
{
	struct kn_decoder d = {.arena = a, .err = err, .strict = flags & KN_CODEC_STRICT};

	return decode_message(&d, desc, node, NULL, ret);
}
