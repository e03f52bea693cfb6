// SPDX-License-Identifier: Apache-2.0
/* kernctl svc list | svc get NAMESPACE/NAME: what the kernel has been told. */
#include <stdio.h>
#include <string.h>
#include "tools/kernctl.h"

static const struct kn_node *backends_of(const struct kn_node *svc)
{
	const struct kn_node *b = kn_node_get(svc, "backends");

	return b && b->type == KN_NODE_ARRAY ? b->child : NULL;
}

static char *address(const struct kn_node *b)
{
	const char *ip = kc_member(b, "ip", "");

	return kn_sprintf(strchr(ip, ':') ? "[%s]:%s" : "%s:%s", ip, kc_member(b, "port", "?"));
}

static void list_row(struct kc_table *t, const struct kn_node *svc)
{
	kn_auto_free char *port =
		kn_sprintf("%s/%s", kc_member(svc, "port", "?"), kc_member(svc, "protocol", "TCP"));
	kn_auto_buf struct kn_buf all = {0};
	char count[24];
	size_t n = 0;

	for (const struct kn_node *b = backends_of(svc); b; b = b->next, n++) {
		kn_auto_free char *a = address(b);

		if (n < 3)
			kn_buf_addf(&all, "%s%s", n ? "," : "", a);
		else if (n == 3)
			kn_buf_adds(&all, ",...");
	}
	snprintf(count, sizeof(count), "%zu", n);
	kc_table_row(t, (const char *const[]){kc_member(svc, "namespace", NULL), kc_member(svc, "name", NULL),
					      kc_member(svc, "clusterIP", NULL), port, count, all.data});
}

static int svc_list(struct kc *c, const struct kn_node *services)
{
	kc_auto_table struct kc_table *t = kc_table_new(c->output == KC_WIDE ? 6 : 5);

	kc_table_row(t, (const char *const[]){"NAMESPACE", "NAME", "CLUSTER-IP", "PORT(S)", "BACKENDS",
					      "ADDRESSES"});
	for (const struct kn_node *n = services ? services->child : NULL; n; n = n->next)
		list_row(t, n);
	if (kc_table_rows(t) == 1) {
		fputs("No Services on this node.\n", stderr);
	} else {
		kc_table_sort(t); /* the daemon tells them in no order */
		kc_table_write(t, &c->out);
	}
	return KC_GOOD;
}

static void get_one(struct kc *c, const struct kn_node *svc)
{
	kc_auto_table struct kc_table *t = kc_table_new(4);
	const char *ip = kc_member(svc, "clusterIP", "<none>");
	kn_auto_free char *front = kn_sprintf(strchr(ip, ':') ? "[%s]:%s/%s" : "%s:%s/%s", ip,
					      kc_member(svc, "port", "?"), kc_member(svc, "protocol", "TCP"));

	kc_table_row(t, (const char *const[]){"SERVICE", "BACKEND", "NODE", "READY"});
	for (const struct kn_node *b = backends_of(svc); b; b = b->next) {
		kn_auto_free char *a = address(b);

		kc_table_row(t, (const char *const[]){front, a, kc_member(b, "node", NULL),
						      kc_member(b, "ready", "true")});
	}
	if (kc_table_rows(t) == 1)
		kc_table_row(t, (const char *const[]){front, NULL, NULL, NULL});
	kc_table_write(t, &c->out);
}

static int svc_get(struct kc *c, const struct kn_node *services, const char *wanted)
{
	bool found = false;

	for (const struct kn_node *n = services ? services->child : NULL; n; n = n->next) {
		kn_auto_free char *full =
			kn_sprintf("%s/%s", kc_member(n, "namespace", ""), kc_member(n, "name", ""));

		if (strcmp(full, wanted))
			continue;
		if (found && c->output != KC_JSON)
			kn_buf_adds(&c->out, "\n");
		if (c->output != KC_JSON) /* that was passed through already */
			get_one(c, n);
		found = true;
	}
	if (found)
		return KC_GOOD;
	fprintf(stderr, "kernctl: no Service %s on this node\n", wanted);
	return KC_PROBLEM;
}

int kc_svc(struct kc *c, int argc, char **argv)
{
	bool list = argc == 2 && !strcmp(argv[1], "list"), get = argc == 3 && !strcmp(argv[1], "get");
	kc_auto_doc struct kc_doc doc = {0};
	int r;

	if ((!list && !get) || (get && !strchr(argv[2], '/')))
		return kc_usage("svc list, or svc get NAMESPACE/NAME");
	r = kc_ask(c, "svc", NULL, &doc);
	if (r || (list && c->output == KC_JSON))
		return r;
	if (list)
		return svc_list(c, kn_node_get(doc.root, "services"));
	return svc_get(c, kn_node_get(doc.root, "services"), argv[2]);
}
