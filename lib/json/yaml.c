// SPDX-License-Identifier: Apache-2.0
/*
 * libyaml's events to nodes. Events rather than its document loader, which keeps the whole file a second time
 * and leaves aliases to us anyway. An alias becomes a copy of what it names, so that nodes form a tree; what
 * copies may add is bounded on its own, well below the limit for a file written out in full.
 */
#include <errno.h>
#include <string.h>
#include <yaml.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/json/build.h"
#include "lib/json/yaml_scalar.h"

#define ALIAS_NODES_MAX 100000
#define ANCHORS_MAX 10000
#define DIRECTIVES_MAX 100 /* libyaml compares each %TAG with all before it */

struct anchor {
	struct kn_node *node; /* NULL: still open */
	size_t nodes, height;
};

struct yaml {
	struct kn_build build;
	struct kn_map *anchors; /* of this document; values are the arena's */
	struct anchor **open; /* as deep as the builder's stack: whose anchor each open node bears, or NULL */
	size_t open_cap, n_anchors, alias_nodes;
	struct kn_node *first, **tail; /* documents */
	struct kn_err *err;
};

static int line_of(const yaml_event_t *ev)
{
	return (int)ev->start_mark.line + 1;
}

/* A new anchor; a name used again means the newer node from then on. */
static int anchor_add(struct yaml *y, const char *name, int line, struct anchor **ret)
{
	struct anchor *an;

	*ret = NULL;
	if (!name)
		return 0;
	if (++y->n_anchors > ANCHORS_MAX)
		return kn_err_set(y->err, E2BIG, "line %d: more than %d anchors", line, ANCHORS_MAX);
	an = kn_arena_alloc(y->build.arena, sizeof(*an));
	if (!an)
		return kn_err_set(y->err, ENOMEM, "line %d: the document takes more memory than allowed",
				  line);
	kn_map_set(y->anchors, name, an);
	*ret = an;
	return 0;
}

static void anchor_complete(struct yaml *y, struct anchor *an)
{
	if (an)
		*an = (struct anchor){y->build.last, y->build.last_nodes, y->build.last_height};
}

static bool key_wanted(const struct yaml *y)
{
	const struct kn_node *open = kn_build_open(&y->build);

	return open && open->type == KN_NODE_OBJECT && !y->build.key;
}

static int no_key(struct yaml *y, int line, const char *what)
{
	return kn_err_set(y->err, EINVAL, "line %d: %s cannot name a member", line, what);
}

static int add_key(struct yaml *y, const struct kn_yaml_scalar *s, const char *text, size_t len, int line)
{
	switch (s->type) {
	case KN_NODE_STRING:
		break;
	case KN_NODE_BOOL:
		text = s->boolean ? "true" : "false";
		len = strlen(text);
		break;
	case KN_NODE_NUMBER:
		if (s->number[0]) {
			text = s->number;
			len = strlen(text);
		}
		break;
	default:
		return no_key(y, line, "null");
	}
	return kn_build_key(&y->build, text, len, line, y->err);
}

static int add_scalar(struct yaml *y, const struct kn_yaml_scalar *s, const char *text, size_t len, int line)
{
	struct kn_node *n;
	int r;

	switch (s->type) {
	case KN_NODE_STRING:
		return kn_build_text(&y->build, s->type, text, len, line, y->err);
	case KN_NODE_NUMBER:
		if (s->number[0])
			text = s->number;
		return kn_build_text(&y->build, s->type, text, strlen(text), line, y->err);
	default:
		r = kn_build_add(&y->build, s->type, line, &n, y->err);
		if (!r)
			n->boolean = s->boolean;
		return r;
	}
}

static int on_scalar(struct yaml *y, const yaml_event_t *ev)
{
	const char *text = (const char *)ev->data.scalar.value, *tag = (const char *)ev->data.scalar.tag;
	size_t len = ev->data.scalar.length;
	bool plain = ev->data.scalar.plain_implicit, key = key_wanted(y);
	int line = line_of(ev), r;
	struct kn_yaml_scalar s;
	struct anchor *an;

	r = anchor_add(y, (const char *)ev->data.scalar.anchor, line, &an);
	if (r)
		return r;
	if (key && an)
		return no_key(y, line, "a node with an anchor");
	if (key && plain && !tag && !strcmp(text, "<<"))
		return kn_err_set(y->err, EINVAL, "line %d: merge keys (<<) are not supported", line);
	r = kn_yaml_resolve(text, len, tag, plain, &s);
	if (r)
		return kn_err_set(y->err, -r, "line %d: \"%.64s\" is not a value of %s", line, text,
				  tag ? tag : "JSON");
	if (key)
		return add_key(y, &s, text, len, line);
	r = add_scalar(y, &s, text, len, line);
	if (!r)
		anchor_complete(y, an);
	return r;
}

static int on_open(struct yaml *y, enum kn_node_type type, const char *anchor, const char *tag, int line)
{
	const char *usual = type == KN_NODE_ARRAY ? YAML_SEQ_TAG : YAML_MAP_TAG;
	struct anchor *an;
	int r;

	if (key_wanted(y))
		return no_key(y, line, "a collection");
	if (tag && !strncmp(tag, "tag:", 4) && strcmp(tag, usual) != 0)
		return kn_err_set(y->err, EINVAL, "line %d: %.64s is not supported", line, tag);
	r = anchor_add(y, anchor, line, &an);
	if (r)
		return r;
	r = kn_build_add(&y->build, type, line, NULL, y->err);
	if (r)
		return r;
	if (y->build.depth > y->open_cap) {
		y->open_cap = y->open_cap ? y->open_cap * 2 : 16;
		y->open = kn_realloc(y->open, y->open_cap, sizeof(*y->open));
	}
	y->open[y->build.depth - 1] = an;
	return 0;
}

static int on_close(struct yaml *y)
{
	struct anchor *an = y->open[y->build.depth - 1];

	kn_build_close(&y->build);
	anchor_complete(y, an);
	return 0;
}

static int on_alias(struct yaml *y, const yaml_event_t *ev)
{
	const char *name = (const char *)ev->data.alias.anchor;
	const struct anchor *an = kn_map_get(y->anchors, name);
	int line = line_of(ev);

	if (!an)
		return kn_err_set(y->err, EINVAL, "line %d: no anchor \"%.64s\"", line, name);
	if (!an->node)
		return kn_err_set(y->err, EINVAL, "line %d: anchor \"%.64s\" contains itself", line, name);
	if (key_wanted(y))
		return no_key(y, line, "an alias");
	if (an->nodes > ALIAS_NODES_MAX - y->alias_nodes)
		return kn_err_set(y->err, E2BIG, "line %d: aliases stand for more than %d values", line,
				  ALIAS_NODES_MAX);
	y->alias_nodes += an->nodes;
	return kn_build_copy(&y->build, an->node, an->nodes, an->height, line, y->err);
}

static int on_document_end(struct yaml *y)
{
	struct kn_node *root = y->build.root;

	if (root && root->type != KN_NODE_NULL) {
		*y->tail = root;
		y->tail = &root->next;
	}
	kn_build_restart(&y->build);
	kn_map_free(y->anchors, NULL);
	y->anchors = kn_map_new();
	return 0;
}

static int on_event(struct yaml *y, const yaml_event_t *ev)
{
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return on_scalar(y, ev);
	case YAML_ALIAS_EVENT:
		return on_alias(y, ev);
	case YAML_SEQUENCE_START_EVENT:
		return on_open(y, KN_NODE_ARRAY, (const char *)ev->data.sequence_start.anchor,
			       (const char *)ev->data.sequence_start.tag, line_of(ev));
	case YAML_MAPPING_START_EVENT:
		return on_open(y, KN_NODE_OBJECT, (const char *)ev->data.mapping_start.anchor,
			       (const char *)ev->data.mapping_start.tag, line_of(ev));
	case YAML_SEQUENCE_END_EVENT:
	case YAML_MAPPING_END_EVENT:
		return on_close(y);
	case YAML_DOCUMENT_END_EVENT:
		return on_document_end(y);
	default:
		return 0;
	}
}

static int parser_error(const yaml_parser_t *p, struct kn_err *err)
{
	size_t line = p->problem_mark.line + 1;
	const char *what = p->problem ? p->problem : "not readable as YAML";

	if (p->error == YAML_MEMORY_ERROR)
		abort(); /* as in lib/base/mem.h */
	if (p->error ==
	    YAML_READER_ERROR) /* it knows the offset only; the parser has come to about this line */
		line = p->mark.line + 1;
	if (p->context)
		return kn_err_set(err, EINVAL, "line %zu: %s (%s)", line, what, p->context);
	return kn_err_set(err, EINVAL, "line %zu: %s", line, what);
}

static int run(struct yaml *y, yaml_parser_t *p)
{
	bool end = false;

	while (!end) {
		yaml_event_t ev;
		int r;

		if (!yaml_parser_parse(p, &ev))
			return parser_error(p, y->err);
		end = ev.type == YAML_STREAM_END_EVENT;
		r = on_event(y, &ev);
		yaml_event_delete(&ev);
		if (r)
			return r;
	}
	return 0;
}

static int check_directives(const char *data, size_t len, struct kn_err *err)
{
	const char *end = data + len, *p = data;
	int n = 0, line = 1;

	while (p < end) {
		const char *nl = memchr(p, '\n', (size_t)(end - p));

		if (*p == '%' && ++n > DIRECTIVES_MAX)
			return kn_err_set(err, E2BIG, "line %d: more than %d directives", line,
					  DIRECTIVES_MAX);
		if (!nl)
			break;
		p = nl + 1;
		line++;
	}
	return 0;
}

/* JSON is tried as such first, as upstream does, since libyaml lacks surrogate pairs and dislikes tabs. A
 * flow mapping begins the same way and is left to YAML. */
static bool looks_like_json(const char *data, size_t len)
{
	size_t i = 0;

	while (i < len && strchr(" \t\r\n", data[i]) && data[i])
		i++;
	return i < len && (data[i] == '{' || data[i] == '[');
}

int kn_yaml_parse(const char *data, size_t len, const struct kn_node_limits *lim, struct kn_arena *a,
		  struct kn_node **ret, struct kn_err *err)
{
	struct yaml y = {.err = err};
	yaml_parser_t p;
	int r;

	if (looks_like_json(data, len)) {
		r = kn_json_parse(data, len, lim, a, ret, NULL);
		if (!r || r == -E2BIG || r == -ENOMEM)
			return r ? kn_json_parse(data, len, lim, a, ret, err) : 0;
	}
	r = check_directives(data, len, err);
	if (r)
		return r;
	if (!yaml_parser_initialize(&p))
		abort();
	yaml_parser_set_encoding(&p, YAML_UTF8_ENCODING);
	yaml_parser_set_input_string(&p, (const unsigned char *)data, len);
	kn_build_init(&y.build, lim, a);
	y.anchors = kn_map_new();
	y.tail = &y.first;
	r = run(&y, &p);
	kn_map_free(y.anchors, NULL);
	free(y.open);
	kn_build_free(&y.build);
	yaml_parser_delete(&p);
	if (!r)
		*ret = y.first;
	return r;
}
