/* SPDX-License-Identifier: Apache-2.0 */
/* What both parsers of documents promise: a tree within the limits, or an error and no tree. */
#ifndef KN_SELFTESTS_FUZZ_NODES_H
#define KN_SELFTESTS_FUZZ_NODES_H

#include <assert.h>
#include <stdint.h>

#include "lib/base/mem.h"
#include "lib/json/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

typedef int (*fuzz_parser)(const char *data, size_t len, const struct kn_node_limits *lim, struct kn_arena *a,
			   struct kn_node **ret, struct kn_err *err);

static void walk(const struct kn_node *n, int depth)
{
	for (; n; n = n->next) {
		assert(depth <= 16);
		assert(n->line >= 1);
		assert(!n->text || n->text[n->text_len] == '\0');
		walk(n->child, depth + 1);
	}
}

static inline void fuzz_nodes(fuzz_parser parse, const uint8_t *data, size_t size)
{
	const struct kn_node_limits lim = {.depth = 16, .nodes = 1000};
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n = NULL;

	if (!parse((const char *)data, size, &lim, a, &n, &err))
		walk(n, 0);
	else
		assert(!n && err.code);
}

#endif
