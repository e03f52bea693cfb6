/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/downward.h"

#include <errno.h>
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "lib/base/buf.h"
#include "lib/k8s/codec.h"

static const char *entry_value(K8s__StringEntry **list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, key))
			return kn_gen_str(list[i]->value);
	return "";
}

/* metadata.labels['x'] and metadata.annotations['x']; NULL when the path is neither. */
static const char *subscript(struct kn_arena *a, const K8s__ObjectMeta *m, const char *path)
{
	bool labels = !strncmp(path, "metadata.labels['", 17);
	const char *key = strchr(path, '\'');
	size_t len = strlen(path);
	char *name;

	if (!labels && strncmp(path, "metadata.annotations['", 22))
		return NULL;
	if (strcmp(path + len - 2, "']") || path + len - 2 <= key)
		return NULL;
	name = kn_arena_strndup(a, key + 1, (size_t)(path + len - 2 - (key + 1)));
	return labels ? entry_value(m->labels, m->n_labels, name)
		      : entry_value(m->annotations, m->n_annotations, name);
}

/* As Go writes a string constant. */
static void quote(struct kn_buf *b, const char *s)
{
	static const char from[] = "\a\b\f\n\r\t\v\\\"", to[] = "abfnrtv\\\"";

	kn_buf_adds(b, "\"");
	for (; *s; s++) {
		const char *at = strchr(from, *s);

		if (at)
			kn_buf_addf(b, "\\%c", to[at - from]);
		else if ((unsigned char)*s < ' ' || *s == 0x7f)
			kn_buf_addf(b, "\\x%02x", (unsigned char)*s);
		else
			kn_buf_add(b, s, 1);
	}
	kn_buf_adds(b, "\"");
}

static int by_key(const void *a, const void *b)
{
	K8s__StringEntry *const *x = a, *const *y = b;

	return strcmp(kn_gen_str((*x)->key), kn_gen_str((*y)->key));
}

static const char *lines(struct kn_arena *a, K8s__StringEntry **list, size_t n)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};
	K8s__StringEntry **sorted = kn_arena_alloc(a, (n + 1) * sizeof(*sorted));

	for (size_t i = 0; i < n; i++)
		sorted[i] = list[i];
	qsort(sorted, n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < n; i++) {
		kn_buf_addf(&b, "%s%s=", i ? "\n" : "", kn_gen_str(sorted[i]->key));
		quote(&b, kn_gen_str(sorted[i]->value));
	}
	return kn_arena_strdup(a, b.len ? b.data : "");
}

static const char *joined(struct kn_arena *a, const char *const *ips)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};

	for (size_t i = 0; ips && ips[i]; i++)
		kn_buf_addf(&b, "%s%s", i ? "," : "", ips[i]);
	return kn_arena_strdup(a, b.len ? b.data : "");
}

const char *kn_downward_field(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			      const char *const *pod_ips, const char *path)
{
	const K8s__ObjectMeta *m = p->obj->metadata;
	const K8s__PodSpec *spec = p->obj->spec;
	const struct {
		const char *path, *value;
	} plain[] = {
		{"metadata.name", p->name},
		{"metadata.namespace", p->ns},
		{"metadata.uid", p->uid},
		{"spec.nodeName", kn_str_set(spec->nodename) ? spec->nodename : kn_gen_str(n->node_name)},
		{"spec.serviceAccountName", kn_gen_str(spec->serviceaccountname)},
		{"status.hostIP", kn_gen_str(n->host_ip)},
		{"status.hostIPs", kn_gen_str(n->host_ip)},
		{"status.podIP", pod_ips && pod_ips[0] ? pod_ips[0] : ""},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(plain); i++)
		if (!strcmp(plain[i].path, path))
			return plain[i].value;
	if (!strcmp(path, "status.podIPs"))
		return joined(a, pod_ips);
	if (!strcmp(path, "metadata.labels"))
		return lines(a, m->labels, m->n_labels);
	if (!strcmp(path, "metadata.annotations"))
		return lines(a, m->annotations, m->n_annotations);
	return subscript(a, m, path);
}

const char *kn_downward_resource(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
				 const K8s__Container *c, const K8s__ResourceFieldSelector *f)
{
	const char *res = kn_gen_str(f->resource), *divisor = f->divisor ? f->divisor->string : NULL;
	bool limits = !strncmp(res, "limits.", 7), cpu;
	int64_t v = 0, d = 0;

	if (!limits && strncmp(res, "requests.", 9))
		return NULL;
	res = strchr(res, '.') + 1;
	cpu = !strcmp(res, "cpu");
	if (!cpu && strcmp(res, "memory") && strcmp(res, "ephemeral-storage") &&
	    strncmp(res, "hugepages-", 10))
		return NULL;
	if (kn_str_set(f->containername))
		c = kn_pod_container(p, f->containername, NULL);
	if (!c)
		return NULL;
	/* Memory in whole bytes, cpu in thousandths: either keeps the division exact enough. */
	if (kn_str_set(divisor) && (cpu ? kn_quantity_milli(divisor, &d) : kn_quantity_value(divisor, &d)))
		return NULL;
	if (d <= 0)
		d = cpu ? 1000 : 1;
	if (c->resources && limits)
		v = cpu ? kn_res_milli(c->resources->limits, c->resources->n_limits, res)
			: kn_res_value(c->resources->limits, c->resources->n_limits, res);
	else if (c->resources)
		v = cpu ? kn_res_milli(c->resources->requests, c->resources->n_requests, res)
			: kn_res_value(c->resources->requests, c->resources->n_requests, res);
	if (limits && !v && cpu)
		v = n->cpu_milli;
	if (limits && !v && !strcmp(res, "memory"))
		v = n->memory_bytes;
	return kn_arena_printf(a, "%lld", (long long)(v / d + (v % d > 0)));
}
