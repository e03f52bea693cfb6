/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A parsed document: what JSON (yajl, SAX) and YAML (libyaml events) have in common, with line numbers, so
 * that one codec serves both. Nodes live in the caller's arena. Parsing is iterative and bounded: depth,
 * nodes, bytes, and YAML alias expansion. Children of objects keep the file's order; doubled keys are kept
 * (the codec reports them).
 */
#ifndef KN_JSON_NODE_H
#define KN_JSON_NODE_H

#include <stddef.h>
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"

enum kn_node_type {
	KN_NODE_NULL,
	KN_NODE_BOOL,
	KN_NODE_NUMBER,
	KN_NODE_STRING,
	KN_NODE_ARRAY,
	KN_NODE_OBJECT
};

struct kn_node {
	enum kn_node_type type;
	int line; /* from 1 */
	bool boolean;
	const char *key;  /* in an object: the member's name */
	const char *text; /* STRING: the value, may hold NULs; NUMBER: its text. NUL-terminated */
	size_t text_len;
	struct kn_node *child; /* first element or member */
	struct kn_node *next;  /* next sibling; between documents: the next document */
};

struct kn_node_limits {
	size_t depth; /* 0: 128 */
	size_t nodes; /* 0: 1,000,000 */
};

/* Error messages: "line N: what". ret untouched on failure. Trailing garbage is an error. */
int kn_json_parse(const char *data, size_t len, const struct kn_node_limits *lim, struct kn_arena *a,
		  struct kn_node **ret, struct kn_err *err);
/* YAML 1.1 with Kubernetes' reading (sigs.k8s.io/yaml): several documents linked by ->next; empty ones left
 * out; *ret NULL when none. JSON text is accepted too. */
int kn_yaml_parse(const char *data, size_t len, const struct kn_node_limits *lim, struct kn_arena *a,
		  struct kn_node **ret, struct kn_err *err);

const struct kn_node *kn_node_get(const struct kn_node *object,
				  const char *key);			/* NULL: none, or no object */
const char *kn_node_str(const struct kn_node *object, const char *key); /* a string member's text, or NULL */

#endif
