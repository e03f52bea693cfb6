/* SPDX-License-Identifier: Apache-2.0 */
/* A container's environment (pkg/kubelet/kubelet_pods.go makeEnvironment, pkg/fieldpath). */
#include <errno.h>
#include <string.h>

#include "kubelet/gen_priv.h"
#include "lib/base/buf.h"
#include "lib/k8s/codec.h"

struct env_src {
	struct kn_arena *a;
	const struct kn_node_ctx *n;
	const struct kn_pod *p;
	const K8s__Container *c;
	const char *const *pod_ips;
};

static const char *entry_value(K8s__StringEntry **list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, key))
			return kn_gen_str(list[i]->value);
	return "";
}

/* metadata.labels['x'] and metadata.annotations['x']; NULL when the path is neither. */
static const char *subscript(const struct env_src *s, const char *path)
{
	const K8s__ObjectMeta *m = s->p->obj->metadata;
	bool labels = !strncmp(path, "metadata.labels['", 17);
	const char *key, *end;
	char *name;

	if (!labels && strncmp(path, "metadata.annotations['", 22))
		return NULL;
	key = strchr(path, '\'') + 1;
	end = strstr(key, "']");
	if (!end || end[2])
		return NULL;
	name = kn_arena_strndup(s->a, key, (size_t)(end - key));
	return labels ? entry_value(m->labels, m->n_labels, name)
		      : entry_value(m->annotations, m->n_annotations, name);
}

static const char *joined(const struct env_src *s)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};

	for (size_t i = 0; s->pod_ips && s->pod_ips[i]; i++)
		kn_buf_addf(&b, "%s%s", i ? "," : "", s->pod_ips[i]);
	return kn_arena_strdup(s->a, b.len ? b.data : "");
}

static const char *field_value(const struct env_src *s, const char *path)
{
	const K8s__PodSpec *spec = s->p->obj->spec;
	const char *ip = s->pod_ips && s->pod_ips[0] ? s->pod_ips[0] : "";
	const struct {
		const char *path, *value;
	} plain[] = {
		{"metadata.name", s->p->name},
		{"metadata.namespace", s->p->ns},
		{"metadata.uid", s->p->uid},
		{"spec.nodeName", kn_str_set(spec->nodename) ? spec->nodename : kn_gen_str(s->n->node_name)},
		{"spec.serviceAccountName", kn_gen_str(spec->serviceaccountname)},
		{"status.hostIP", kn_gen_str(s->n->host_ip)},
		{"status.hostIPs", kn_gen_str(s->n->host_ip)},
		{"status.podIP", ip},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(plain); i++)
		if (!strcmp(plain[i].path, path))
			return plain[i].value;
	if (!strcmp(path, "status.podIPs"))
		return joined(s);
	return subscript(s, path);
}

/* Rounded up to the divisor. A missing limit is what the node has. */
static int resource_value(const struct env_src *s, const K8s__ResourceFieldSelector *f, const char **ret)
{
	const K8s__Container *c = s->c;
	const char *res = kn_gen_str(f->resource), *divisor = f->divisor ? f->divisor->string : NULL;
	bool limits = !strncmp(res, "limits.", 7), cpu;
	int64_t v = 0, d = 0;

	if (!limits && strncmp(res, "requests.", 9))
		return -EINVAL;
	res = strchr(res, '.') + 1;
	cpu = !strcmp(res, "cpu");
	if (kn_str_set(f->containername))
		c = kn_pod_container(s->p, f->containername, NULL);
	if (!c)
		return -EINVAL;
	/* Memory in whole bytes, cpu in thousandths: either keeps the division exact enough. */
	if (divisor && (cpu ? kn_quantity_milli(divisor, &d) : kn_quantity_value(divisor, &d)))
		return -EINVAL;
	if (d <= 0)
		d = cpu ? 1000 : 1;
	if (c->resources && limits)
		v = cpu ? kn_res_milli(c->resources->limits, c->resources->n_limits, res)
			: kn_res_value(c->resources->limits, c->resources->n_limits, res);
	else if (c->resources)
		v = cpu ? kn_res_milli(c->resources->requests, c->resources->n_requests, res)
			: kn_res_value(c->resources->requests, c->resources->n_requests, res);
	if (limits && !v && cpu)
		v = s->n->cpu_milli;
	if (limits && !v && !strcmp(res, "memory"))
		v = s->n->memory_bytes;
	*ret = kn_arena_printf(s->a, "%lld", (long long)(v / d + (v % d > 0)));
	return 0;
}

/* value_from: 1 means to leave the variable out (an optional source that is not there). */
static int value_from(const struct env_src *s, const K8s__EnvVar *e, size_t i, const char **ret,
		      struct kn_err *err)
{
	const K8s__EnvVarSource *f = e->valuefrom;
	const char *kind = f->configmapkeyref ? "configMapKeyRef"
			   : f->secretkeyref  ? "secretKeyRef"
					      : "fileKeyRef";
	bool optional = (f->configmapkeyref && f->configmapkeyref->optional) ||
			(f->secretkeyref && f->secretkeyref->optional) ||
			(f->filekeyref && f->filekeyref->optional);

	if (f->fieldref) {
		const char *path = kn_gen_str(f->fieldref->fieldpath), *v = field_value(s, path);

		if (!v)
			return kn_err_set(err, EINVAL,
					  "env[%zu].valueFrom.fieldRef: unsupported fieldPath: %.100s", i,
					  path);
		*ret = v;
		return 0;
	}
	if (f->resourcefieldref) {
		if (resource_value(s, f->resourcefieldref, ret))
			return kn_err_set(err, EINVAL,
					  "env[%zu].valueFrom.resourceFieldRef: invalid resource %.100s", i,
					  kn_gen_str(f->resourcefieldref->resource));
		return 0;
	}
	if (optional)
		return 1;
	return kn_err_set(err, EINVAL, "env[%zu].valueFrom.%s: not supported without an API server", i, kind);
}

static void set(struct kn_arena *a, Cri__ContainerConfig *out, const char *name, const char *value)
{
	Cri__KeyValue *kv;

	for (size_t i = 0; i < out->n_envs; i++) {
		if (!strcmp(out->envs[i]->key, name)) {
			out->envs[i]->value = (char *)value;
			return;
		}
	}
	kv = KN_MSG(a, Cri__KeyValue, cri__key_value__init);
	kv->key = (char *)name;
	kv->value = (char *)value;
	out->envs = kn_list_with(a, out->envs, out->n_envs, kv);
	out->n_envs++;
}

const char *kn_gen_env_lookup(void *cri_config, const char *name)
{
	const Cri__ContainerConfig *out = cri_config;

	for (size_t i = 0; i < out->n_envs; i++)
		if (!strcmp(out->envs[i]->key, name))
			return out->envs[i]->value;
	return NULL;
}

int kn_gen_env(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
	       const K8s__Container *c, const char *const *pod_ips, Cri__ContainerConfig *out,
	       struct kn_err *err)
{
	const struct env_src s = {a, n, p, c, pod_ips};

	for (size_t i = 0; i < c->n_envfrom; i++) {
		const K8s__EnvFromSource *f = c->envfrom[i];

		if ((f->configmapref && !f->configmapref->optional) ||
		    (f->secretref && !f->secretref->optional))
			return kn_err_set(err, EINVAL, "envFrom[%zu].%s: not supported without an API server",
					  i, f->configmapref ? "configMapRef" : "secretRef");
	}
	for (size_t i = 0; i < c->n_env; i++) {
		const char *v = NULL;
		int r;

		if (c->env[i]->valuefrom) {
			r = value_from(&s, c->env[i], i, &v, err);
			if (r < 0)
				return r;
			if (r)
				continue;
		} else {
			v = kn_expand(a, kn_gen_str(c->env[i]->value), kn_gen_env_lookup, out);
		}
		if (!v)
			return kn_err_set(err, EINVAL, "env[%zu].value: longer than %d bytes after expansion",
					  i, KN_EXPAND_MAX);
		set(a, out, c->env[i]->name, v);
	}
	return 0;
}
