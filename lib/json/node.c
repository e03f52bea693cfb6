// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "lib/json/node.h"

const struct kn_node *kn_node_get(const struct kn_node *object, const char *key)
{
	if (!object || object->type != KN_NODE_OBJECT)
		return NULL;
	for (const struct kn_node *n = object->child; n; n = n->next)
		if (!strcmp(n->key, key))
			return n;
	return NULL;
}

const char *kn_node_str(const struct kn_node *object, const char *key)
{
	const struct kn_node *n = kn_node_get(object, key);

	return n && n->type == KN_NODE_STRING ? n->text : NULL;
}
