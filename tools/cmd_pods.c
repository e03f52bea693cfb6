// SPDX-License-Identifier: Apache-2.0
/* kernctl pods [NAMESPACE/NAME | NAMESPACE/]: kubectl's columns. */
#include <string.h>
#include <time.h>
#include "tools/kernctl.h"

#define COLUMNS_TABLE 7
#define COLUMNS_WIDE 10

/* The pod's own start where it is told, else its first container's. */
static int64_t started_at(const struct kn_node *pod)
{
	const struct kn_node *containers = kn_node_get(pod, "containers");
	int64_t first = kc_time(kn_node_str(pod, "startTime"));

	if (first >= 0 || !containers)
		return first;
	for (const struct kn_node *n = containers->child; n; n = n->next) {
		int64_t at = kc_time(kn_node_str(n, "startedAt"));

		if (at > 0 && (first < 0 || at < first))
			first = at;
	}
	return first;
}

static char *images(const struct kn_node *pod)
{
	const struct kn_node *containers = kn_node_get(pod, "containers");
	struct kn_buf b = {0};

	for (const struct kn_node *n = containers ? containers->child : NULL; n; n = n->next)
		kn_buf_addf(&b, "%s%s", b.len ? "," : "", kc_member(n, "image", "<none>"));
	return b.data;
}

static void add_pod(struct kc_table *t, const struct kn_node *pod)
{
	kn_auto_free char *image = images(pod);
	int64_t start = started_at(pod);
	char age[32] = "<unknown>";

	if (start >= 0)
		kc_age((int64_t)time(NULL) - start, age);
	kc_table_row(t, (const char *const[COLUMNS_WIDE]){
				kc_member(pod, "namespace", NULL), kc_member(pod, "name", NULL),
				kc_member(pod, "ready", "0/0"),
				kc_member(pod, "reason", kc_member(pod, "phase", "Unknown")),
				kc_member(pod, "restarts", "0"), age, kc_member(pod, "ip", NULL),
				kc_member(pod, "node", NULL), kc_member(pod, "qos", NULL), image});
}

/* filter: "NAMESPACE/NAME", "NAMESPACE/" or NULL */
static bool wanted(const struct kn_node *pod, const char *filter)
{
	kn_auto_free char *full = NULL;

	if (!filter)
		return true;
	full = kn_sprintf("%s/%s", kc_member(pod, "namespace", ""), kc_member(pod, "name", ""));
	return filter[strlen(filter) - 1] == '/' ? !strncmp(full, filter, strlen(filter))
						 : !strcmp(full, filter);
}

int kc_pods(struct kc *c, int argc, char **argv)
{
	static const char *const head[COLUMNS_WIDE] = {"NAMESPACE", "NAME", "READY", "STATUS", "RESTARTS",
						       "AGE",	    "IP",   "NODE",  "QOS",    "IMAGES"};
	const char *filter = argc > 1 ? argv[1] : NULL;
	kc_auto_table struct kc_table *t = kc_table_new(c->output == KC_WIDE ? COLUMNS_WIDE : COLUMNS_TABLE);
	kc_auto_doc struct kc_doc doc = {0};
	const struct kn_node *pods;
	int r;

	if (argc > 2 || (filter && !strchr(filter, '/')))
		return kc_usage("pods takes one NAMESPACE/NAME or NAMESPACE/ at most");
	r = kc_ask(c, "pods", NULL, &doc);
	if (r || c->output == KC_JSON)
		return r;
	pods = kn_node_get(doc.root, "pods");
	kc_table_row(t, head);
	for (const struct kn_node *n = pods ? pods->child : NULL; n; n = n->next)
		if (wanted(n, filter))
			add_pod(t, n);
	if (kc_table_rows(t) == 1) {
		fputs(filter ? "No such pod.\n" : "No pods on this node.\n", stderr);
		return filter ? KC_PROBLEM : KC_GOOD;
	}
	kc_table_sort(t); /* the daemon tells them in no order */
	kc_table_write(t, &c->out);
	return KC_GOOD;
}
