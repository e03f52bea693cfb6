// SPDX-License-Identifier: Apache-2.0
/* kernctl status: the daemon's document, one dotted name and value a line. */
#include <stdio.h>
#include <string.h>
#include "tools/kernctl.h"

#define MAX_DEPTH 8

static void add_row(struct kc_table *t, const char *name, const char *value)
{
	kc_table_row(t, (const char *const[]){name, value});
}

static void add_tree(struct kc_table *t, const char *prefix, const struct kn_node *object, int depth)
{
	for (const struct kn_node *n = object->child; n; n = n->next) {
		kn_auto_free char *name =
			kn_sprintf("%s%s%s", prefix, *prefix ? "." : "", n->key ? n->key : "-");
		char age[32];

		if (n->type == KN_NODE_OBJECT && depth < MAX_DEPTH)
			add_tree(t, name, n, depth + 1);
		else if (n->type == KN_NODE_ARRAY)
			add_tree(t, name, n, depth + 1);
		else if (!strcmp(name, "uptimeSeconds"))
			add_row(t, "uptime", kc_age(atoll(n->text), age));
		else if (n->type != KN_NODE_OBJECT)
			add_row(t, name, kc_member(object, n->key ? n->key : "", n->text));
	}
}

int kc_status(struct kc *c, int argc, char **argv)
{
	kc_auto_table struct kc_table *t = kc_table_new(2);
	kc_auto_doc struct kc_doc doc = {0};
	const struct kn_node *runtime, *ready;
	int r;

	if (argc > 1)
		return kc_usage("status takes no arguments");
	r = kc_ask(c, "status", NULL, &doc);
	if (r)
		return r;
	if (c->output != KC_JSON) {
		add_tree(t, "", doc.root, 0);
		kc_table_write(t, &c->out);
	}
	/* A script may ask whether the node can run pods. */
	runtime = kn_node_get(kn_node_get(doc.root, "kubelet"), "runtime");
	ready = runtime ? kn_node_get(runtime, "ready") : NULL;
	return ready && ready->type == KN_NODE_BOOL && !ready->boolean ? KC_PROBLEM : KC_GOOD;
}
