// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/manifest_parse.h"

/* A file is at most 10 MiB; nodes and strings of one document cost some ten times their text. */
#define SCRATCH_LIMIT ((size_t)256 << 20)
#define OBJECT_LIMIT ((size_t)64 << 20)

static const struct kind {
	const char *kind, *list, *api;
	enum kn_manifest_kind id;
	const ProtobufCMessageDescriptor *desc;
} kinds[] = {
	{"Pod", "PodList", "v1", KN_KIND_POD, &k8s__pod__descriptor},
	{"Service", "ServiceList", "v1", KN_KIND_SERVICE, &k8s__service__descriptor},
	{"EndpointSlice", "EndpointSliceList", "discovery.k8s.io/v1", KN_KIND_ENDPOINT_SLICE,
	 &k8s__endpoint_slice__descriptor},
};

struct doc { /* one document while it is parsed */
	const char *file;
	struct kn_arena *scratch;
	struct kn_manifest_list *out;
	int number;
};

static bool same(const char *a, const char *b)
{
	return a && b && !strcmp(a, b);
}

static const struct kind *kind_find(const char *kind, const char *list)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(kinds); i++)
		if (same(kind, kinds[i].kind) || same(list, kinds[i].list))
			return &kinds[i];
	return NULL;
}

/* The namespace is put into the tree rather than the message, so that key and object cannot differ. */
static const char *default_namespace(struct kn_arena *a, struct kn_node *meta)
{
	const char *ns = kn_node_str(meta, "namespace");
	struct kn_node *n, **link = &meta->child;

	if (ns && *ns)
		return ns;
	while (*link && strcmp((*link)->key, "namespace"))
		link = &(*link)->next;
	n = kn_arena_alloc(a, sizeof(*n));
	if (!n)
		return NULL;
	*n = (struct kn_node){.type = KN_NODE_STRING,
			      .line = meta->line,
			      .key = "namespace",
			      .text = "default",
			      .text_len = strlen("default")};
	n->next = *link ? (*link)->next : NULL; /* an empty or null one is replaced */
	*link = n;
	return n->text;
}

static int check_kind(const struct kn_node *node, const struct kind *of_list, const struct kind **ret,
		      struct kn_err *err)
{
	const char *name = kn_node_str(node, "kind"), *api = kn_node_str(node, "apiVersion");
	const struct kind *k = name || !of_list ? kind_find(name, NULL) : of_list;

	if (node->type != KN_NODE_OBJECT)
		return kn_err_set(err, EINVAL, "line %d: not an object", node->line);
	if (!name && !of_list)
		return kn_err_set(err, EINVAL, "line %d: kind: missing", node->line);
	if (!k)
		return kn_err_set(err, EINVAL,
				  "line %d: kind: \"%.64s\" is not one of Pod, Service, EndpointSlice",
				  node->line, name);
	if (of_list && k != of_list)
		return kn_err_set(err, EINVAL, "line %d: kind: %s in a %s", node->line, k->kind,
				  of_list->list);
	if (api ? strcmp(api, k->api) != 0 : !of_list)
		return kn_err_set(err, EINVAL, "line %d: apiVersion: must be %s for a %s", node->line, k->api,
				  k->kind);
	*ret = k;
	return 0;
}

/* The key is set as soon as it is known, also when the decoding fails afterwards. */
static int parse_object(struct doc *d, struct kn_node *node, const struct kind *of_list, char **key,
			struct kn_manifest **ret, struct kn_err *err)
{
	struct kn_node *meta = (struct kn_node *)kn_node_get(node, "metadata"); /* the tree is our own */
	kn_auto_arena struct kn_arena *a = NULL;
	const struct kn_node *given;
	const struct kind *k = NULL;
	const char *name = meta ? kn_node_str(meta, "name") : NULL, *ns, *file;
	struct kn_manifest *m;
	ProtobufCMessage *obj = NULL;
	int r = check_kind(node, of_list, &k, err);

	if (r < 0)
		return r;
	if (!name || !*name)
		return kn_err_set(err, EINVAL, "line %d: metadata.name: missing",
				  meta ? meta->line : node->line);
	given = kn_node_get(meta, "namespace");
	if (given && given->type != KN_NODE_STRING && given->type != KN_NODE_NULL)
		return kn_err_set(err, EINVAL, "line %d: metadata.namespace: must be a string", given->line);
	ns = default_namespace(d->scratch, meta);
	if (!ns)
		return kn_err_set(err, ENOMEM, "line %d: document too large", node->line);
	*key = kn_sprintf("%s/%s/%s", k->kind, ns, name);
	a = kn_arena_new(OBJECT_LIMIT);
	r = kn_codec_decode(k->desc, node, KN_CODEC_STRICT, a, &obj, err);
	if (r < 0)
		return r;
	file = kn_arena_strdup(a, d->file);
	if (!file)
		return kn_err_set(err, ENOMEM, "line %d: object too large", node->line);
	m = kn_calloc(1, sizeof(*m));
	*m = (struct kn_manifest){
		.refs = 1, .kind = k->id, .arena = kn_steal(a), .obj = obj, .file = file, .line = node->line};
	*ret = m;
	return 0;
}

static int add_error(struct doc *d, int item, char *key, const struct kn_err *err, struct kn_err *top)
{
	if (d->out->n >= KN_MANIFEST_MAX_ENTRIES) {
		free(key);
		return kn_err_set(top, E2BIG, "more than %d objects in one file", KN_MANIFEST_MAX_ENTRIES);
	}
	kn_manifest_list_add(
		d->out, (struct kn_manifest_entry){
				.key = key, .error = kn_strdup(err->msg), .doc = d->number, .item = item});
	return 0;
}

static int add_object(struct doc *d, int item, struct kn_node *node, const struct kind *of_list,
		      struct kn_err *top)
{
	struct kn_err err = KN_ERR_INIT;
	struct kn_manifest *m = NULL;
	char *key = NULL;

	if (parse_object(d, node, of_list, &key, &m, &err) < 0)
		return add_error(d, item, key, &err, top);
	if (d->out->n >= KN_MANIFEST_MAX_ENTRIES) {
		kn_manifest_unref(m);
		return add_error(d, item, key, &err, top);
	}
	kn_manifest_list_add(d->out, (struct kn_manifest_entry){
					     .manifest = m, .key = key, .doc = d->number, .item = item});
	return 0;
}

static int add_list(struct doc *d, const struct kn_node *list, const struct kind *of_list, struct kn_err *top)
{
	const struct kn_node *items = kn_node_get(list, "items");
	struct kn_err err = KN_ERR_INIT;
	int i = 0;

	if (!items || items->type != KN_NODE_ARRAY) {
		kn_err_set(&err, EINVAL, "line %d: items: must be an array",
			   items ? items->line : list->line);
		return add_error(d, -1, NULL, &err, top);
	}
	for (struct kn_node *n = items->child; n; n = n->next) {
		int r = add_object(d, i++, n, of_list, top);

		if (r < 0)
			return r;
	}
	return 0;
}

/* A document's lines are counted from its own start; depth is bounded by the parser. */
static void shift_lines(struct kn_node *n, int by)
{
	for (; n; n = n->next) {
		n->line += by;
		shift_lines(n->child, by);
	}
}

static void shift_error(struct kn_err *err, int by)
{
	int line, end = 0;
	char rest[sizeof(err->msg)];

	if (sscanf(err->msg, "line %d:%n", &line, &end) != 1 || !end)
		return;
	memcpy(rest, err->msg + end, strlen(err->msg + end) + 1);
	kn_err_set(err, err->code, "line %d:%s", line + by, rest);
}

static int parse_document(struct doc *d, const char *data, size_t len, int line, struct kn_err *top)
{
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *node = NULL;
	const char *kind;

	if (kn_yaml_parse(data, len, NULL, d->scratch, &node, &err) < 0) {
		shift_error(&err, line - 1);
		return add_error(d, -1, NULL, &err, top);
	}
	shift_lines(node, line - 1);
	for (; node; node = node->next) {
		struct kn_node one = *node;
		int r;

		one.next = NULL;
		kind = kn_node_str(&one, "kind");
		if (same(kind, "List") || kind_find(NULL, kind))
			r = add_list(d, &one, kind_find(NULL, kind), top);
		else
			r = add_object(d, 0, &one, NULL, top);
		if (r < 0)
			return r;
	}
	return 0;
}

static bool is_separator(const char *line, size_t len)
{
	return len >= 3 && !memcmp(line, "---", 3) && (len == 3 || strchr(" \t\r\n", line[3]));
}

/* Nothing but blanks, comments, directives and a bare separator. */
static bool is_blank(const char *line, size_t len)
{
	size_t i = is_separator(line, len) ? 3 : 0;

	while (i < len && strchr(" \t\r\n", line[i]) && line[i])
		i++;
	return i == len || line[i] == '#' || line[0] == '%';
}

static size_t line_length(const char *p, size_t left)
{
	const char *nl = memchr(p, '\n', left);

	return nl ? (size_t)(nl - p) + 1 : left;
}

int kn_manifest_parse(const char *file, const char *data, size_t len, struct kn_manifest_list *out,
		      struct kn_err *err)
{
	kn_auto_manifest_list struct kn_manifest_list list = {0};
	size_t start = 0, pos = 0;
	int line = 1, start_line = 1, number = 0;
	bool content = false;

	while (pos <= len) {
		size_t n = pos < len ? line_length(data + pos, len - pos) : 0;

		if (pos == len || is_separator(data + pos, n)) {
			if (content) {
				kn_auto_arena struct kn_arena *scratch = kn_arena_new(SCRATCH_LIMIT);
				struct doc d = {file, scratch, &list, number++};
				int r = parse_document(&d, data + start, pos - start, start_line, err);

				if (r < 0)
					return r;
			}
			if (pos == len)
				break;
			start = pos;
			start_line = line;
			content = false;
		}
		content = content || !is_blank(data + pos, n);
		pos += n;
		line++;
	}
	*out = list;
	list = (struct kn_manifest_list){0};
	return 0;
}
