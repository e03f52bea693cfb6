// SPDX-License-Identifier: Apache-2.0
#include "proxy/node_watch.h"

#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/reflector.h"

#define TAINT_TO_BE_DELETED "ToBeDeletedByClusterAutoscaler"

struct kn_node_watch {
	struct kn_reflector *reflector;
	char *name;
	const struct kn_log *log;
};

static void failed(void *user, const struct kn_api_result *r)
{
	struct kn_node_watch *w = user;

	kn_warn(w->log, "Failed to watch the own Node", "node", w->name, "err", r->err.msg);
}

struct kn_node_watch *kn_node_watch_new(struct kn_loop *loop, struct kn_client *client, const char *node_name,
					const struct kn_log *log)
{
	static const struct kn_reflector_ops ops = {.failed = failed};
	struct kn_node_watch *w = kn_calloc(1, sizeof(*w));
	char *selector kn_auto_free = kn_sprintf("metadata.name=%s", node_name);
	const struct kn_resource res = {.path = "/api/v1/nodes",
					.item = &k8s__node__descriptor,
					.list = &k8s__node_list__descriptor,
					.field_selector = selector};

	w->name = kn_strdup(node_name);
	w->log = log;
	w->reflector = kn_reflector_new(loop, client, &res, &ops, w);
	return w;
}

struct kn_node_watch *kn_node_watch_free(struct kn_node_watch *w)
{
	if (!w)
		return NULL;
	kn_reflector_free(w->reflector);
	free(w->name);
	free(w);
	return NULL;
}

bool kn_node_eligible(const K8s__Node *node)
{
	if (node->metadata && node->metadata->deletiontimestamp)
		return false;
	for (size_t i = 0; node->spec && i < node->spec->n_taints; i++) {
		const char *key = node->spec->taints[i]->key;

		if (key && !strcmp(key, TAINT_TO_BE_DELETED))
			return false;
	}
	return true;
}

bool kn_node_watch_eligible(const struct kn_node_watch *w)
{
	const struct kn_object *o = kn_reflector_get(w->reflector, "", w->name);

	return o && kn_node_eligible((const K8s__Node *)o->msg);
}
