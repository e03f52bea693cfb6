// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/json/build.h"

#define DEPTH_DEFAULT 128
#define NODES_DEFAULT 1000000

void kn_build_init(struct kn_build *b, const struct kn_node_limits *lim, struct kn_arena *a)
{
	*b = (struct kn_build){
		.arena = a,
		.depth_max = lim && lim->depth ? lim->depth : DEPTH_DEFAULT,
		.nodes_max = lim && lim->nodes ? lim->nodes : NODES_DEFAULT,
	};
}

void kn_build_free(struct kn_build *b)
{
	free(b->stack);
	b->stack = NULL;
	b->cap = b->depth = 0;
}

void kn_build_restart(struct kn_build *b)
{
	b->depth = 0;
	b->root = b->last = NULL;
	b->key = NULL;
}

static int too_large(int line, struct kn_err *err)
{
	return kn_err_set(err, ENOMEM, "line %d: the document takes more memory than allowed", line);
}

int kn_build_key(struct kn_build *b, const char *key, size_t len, int line, struct kn_err *err)
{
	if (memchr(key, '\0', len))
		return kn_err_set(err, EINVAL, "line %d: a NUL in a member's name", line);
	b->key = kn_arena_strndup(b->arena, key, len);
	return b->key ? 0 : too_large(line, err);
}

static void push(struct kn_build *b, struct kn_node *node)
{
	if (b->depth == b->cap) {
		b->cap = b->cap ? b->cap * 2 : 16;
		b->stack = kn_realloc(b->stack, b->cap, sizeof(*b->stack));
	}
	b->stack[b->depth++] = (struct kn_build_frame){
		.node = node,
		.tail = &node->child,
		.nodes_before = b->nodes - 1,
	};
}

/* Hangs node behind its elder siblings. */
static void attach(struct kn_build *b, struct kn_node *node)
{
	struct kn_build_frame *top;

	if (!b->depth) {
		b->root = node;
		return;
	}
	top = &b->stack[b->depth - 1];
	if (top->node->type == KN_NODE_OBJECT)
		node->key = kn_steal(b->key);
	*top->tail = node;
	top->tail = &node->next;
}

/* Remembers a complete node and lets its parent know how high it is. */
static void completed(struct kn_build *b, struct kn_node *node, size_t nodes, size_t height)
{
	b->last = node;
	b->last_nodes = nodes;
	b->last_height = height;
	if (b->depth && b->stack[b->depth - 1].height < height)
		b->stack[b->depth - 1].height = height;
}

int kn_build_add(struct kn_build *b, enum kn_node_type type, int line, struct kn_node **ret,
		 struct kn_err *err)
{
	bool container = type == KN_NODE_ARRAY || type == KN_NODE_OBJECT;
	struct kn_node *node;

	if (container && b->depth >= b->depth_max)
		return kn_err_set(err, EINVAL, "line %d: nested deeper than %zu", line, b->depth_max);
	if (b->nodes >= b->nodes_max)
		return kn_err_set(err, E2BIG, "line %d: more than %zu values", line, b->nodes_max);
	node = kn_arena_alloc(b->arena, sizeof(*node));
	if (!node)
		return too_large(line, err);
	node->type = type;
	node->line = line;
	b->nodes++;
	attach(b, node);
	if (container)
		push(b, node);
	else
		completed(b, node, 1, 0);
	if (ret)
		*ret = node;
	return 0;
}

int kn_build_text(struct kn_build *b, enum kn_node_type type, const char *text, size_t len, int line,
		  struct kn_err *err)
{
	const char *copy = kn_arena_strndup(b->arena, text, len);
	struct kn_node *node;
	int r;

	if (!copy)
		return too_large(line, err);
	r = kn_build_add(b, type, line, &node, err);
	if (r)
		return r;
	node->text = copy;
	node->text_len = len;
	return 0;
}

void kn_build_close(struct kn_build *b)
{
	const struct kn_build_frame f = b->stack[--b->depth];

	completed(b, f.node, b->nodes - f.nodes_before, f.height + 1);
}

/* Recursion is as deep as the tree is high, which the caller has checked against the depth limit. */
static struct kn_node *copy_list(struct kn_arena *a, const struct kn_node *src)
{
	struct kn_node *first = NULL, **tail = &first;

	for (; src; src = src->next) {
		struct kn_node *n = kn_arena_alloc(a, sizeof(*n));

		if (!n)
			return NULL;
		*n = *src; /* names and texts are never changed: shared */
		n->next = NULL;
		n->child = NULL;
		if (src->child) {
			n->child = copy_list(a, src->child);
			if (!n->child)
				return NULL;
		}
		*tail = n;
		tail = &n->next;
	}
	return first;
}

int kn_build_copy(struct kn_build *b, const struct kn_node *src, size_t nodes, size_t height, int line,
		  struct kn_err *err)
{
	struct kn_node *n;

	if (b->depth + height > b->depth_max)
		return kn_err_set(err, EINVAL, "line %d: nested deeper than %zu", line, b->depth_max);
	if (nodes > b->nodes_max - b->nodes)
		return kn_err_set(err, E2BIG, "line %d: more than %zu values", line, b->nodes_max);
	n = kn_arena_alloc(b->arena, sizeof(*n));
	if (!n)
		return too_large(line, err);
	*n = *src;
	n->next = NULL;
	n->key = NULL;
	n->line = line;
	if (src->child) {
		n->child = copy_list(b->arena, src->child);
		if (!n->child)
			return too_large(line, err);
	}
	b->nodes += nodes;
	attach(b, n);
	completed(b, n, nodes, height);
	return 0;
}
