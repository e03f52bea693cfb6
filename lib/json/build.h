/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Node trees built from a stream of events, without recursion: what json.c and yaml.c share. Within lib/json
 * only. Every function below returns 0, -EINVAL (nesting deeper than the limit), -E2BIG (more nodes than the
 * limit) or -ENOMEM (the arena's limit), with "line N: what" in err.
 */
#ifndef KN_JSON_BUILD_H
#define KN_JSON_BUILD_H

#include "lib/json/node.h"

struct kn_build_frame {
	struct kn_node *node;  /* an array or object that is still open */
	struct kn_node **tail; /* where its next child goes */
	size_t nodes_before;   /* count when it was opened: what lies below it is the difference */
	size_t height;	       /* levels of the highest closed child */
};

struct kn_build {
	struct kn_arena *arena;
	size_t depth_max, nodes_max, nodes;
	struct kn_build_frame *stack;
	size_t depth, cap;
	const char *key; /* name for the next node, when the innermost open one is an object */
	struct kn_node *root;
	struct kn_node *last; /* the node closed or added last, and its extent: */
	size_t last_nodes, last_height;
};

void kn_build_init(struct kn_build *b, const struct kn_node_limits *lim, struct kn_arena *a);
void kn_build_free(struct kn_build *b); /* the nodes stay: they are the arena's */
/* Forgets the tree built so far, for the next document; counters go on. */
void kn_build_restart(struct kn_build *b);

/* Names the next node; refuses a name with a NUL in it. */
int kn_build_key(struct kn_build *b, const char *key, size_t len, int line, struct kn_err *err);
/* Adds an empty node of type; *ret stays the tree's. Arrays and objects are open until kn_build_close. */
int kn_build_add(struct kn_build *b, enum kn_node_type type, int line, struct kn_node **ret,
		 struct kn_err *err);
int kn_build_text(struct kn_build *b, enum kn_node_type type, const char *text, size_t len, int line,
		  struct kn_err *err);
void kn_build_close(struct kn_build *b);
/* Adds a copy of the tree at src, which has nodes and height as in last_nodes and last_height. */
int kn_build_copy(struct kn_build *b, const struct kn_node *src, size_t nodes, size_t height, int line,
		  struct kn_err *err);

/* The innermost open array or object; NULL: none. */
static inline const struct kn_node *kn_build_open(const struct kn_build *b)
{
	return b->depth ? b->stack[b->depth - 1].node : NULL;
}

#endif
