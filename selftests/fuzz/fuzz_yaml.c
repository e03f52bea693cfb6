// SPDX-License-Identifier: Apache-2.0
/* Any bytes as YAML; what parses stays within the limits. */
#include <assert.h>
#include <stdint.h>

#include "lib/base/mem.h"
#include "lib/json/node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void walk(const struct kn_node *n, int depth)
{
	for (; n; n = n->next) {
		assert(depth <= 16);
		assert(n->line >= 1);
		assert(!n->text || n->text[n->text_len] == '\0');
		walk(n->child, depth + 1);
	}
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	const struct kn_node_limits lim = {.depth = 16, .nodes = 1000};
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n = NULL;

	if (!kn_yaml_parse((const char *)data, size, &lim, a, &n, &err))
		walk(n, 0);
	else
		assert(!n && err.code);
	return 0;
}
