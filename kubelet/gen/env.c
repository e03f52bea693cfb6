/* SPDX-License-Identifier: Apache-2.0 */
/* A container's environment (pkg/kubelet/kubelet_pods.go makeEnvironmentVariables). */
#include <errno.h>
#include <string.h>

#include "kubelet/volume/downward.h"
#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/lookup.h"

struct env_src {
	struct kn_arena *a;
	const struct kn_node_ctx *n;
	const struct kn_pod *p;
	const K8s__Container *c;
	const char *const *pod_ips;
	const struct kn_lookup *l; /* NULL: no API server */
};

/* 0: *ret is set; 1: it isn't there, and need not be. */
static int object(const struct env_src *s, enum kn_ref_kind kind, const K8s__LocalObjectReference *ref,
		  bool optional, const ProtobufCMessage **ret, struct kn_err *err)
{
	const char *name = kn_gen_str(ref ? ref->name : NULL);
	struct kn_err e = KN_ERR_INIT;
	enum kn_ref_state state;

	if (!s->l || !s->l->object)
		return kn_err_set(err, EINVAL, "couldn't get %s %s/%s, no kubeClient defined",
				  kind == KN_REF_SECRET ? "secret" : "configMap", s->p->ns, name);
	state = s->l->object(s->l->user, kind, s->p->ns, name, ret, &e);
	if (state == KN_REF_READY)
		return 0;
	if (state == KN_REF_NOT_FOUND && optional)
		return 1;
	return kn_err_set(err, e.code, "%s", e.msg);
}

static const char *text_of(const struct env_src *s, const K8s__BytesEntry *e)
{
	return kn_arena_strndup(s->a, e->value.len ? (const char *)e->value.data : "", e->value.len);
}

static int secret_key(const struct env_src *s, const K8s__SecretKeySelector *f, const char **ret,
		      struct kn_err *err)
{
	const char *key = kn_gen_str(f->key);
	const ProtobufCMessage *m = NULL;
	int r = object(s, KN_REF_SECRET, f->localobjectreference, f->optional, &m, err);
	const K8s__Secret *o = (const void *)m;

	if (r)
		return r;
	for (size_t i = 0; i < o->n_data; i++) {
		if (o->data[i]->key && !strcmp(o->data[i]->key, key)) {
			*ret = text_of(s, o->data[i]);
			return 0;
		}
	}
	if (f->optional)
		return 1;
	return kn_err_set(err, EINVAL, "couldn't find key %.260s in Secret %s/%s", key, s->p->ns,
			  kn_gen_str(f->localobjectreference->name));
}

static int config_key(const struct env_src *s, const K8s__ConfigMapKeySelector *f, const char **ret,
		      struct kn_err *err)
{
	const char *key = kn_gen_str(f->key);
	const ProtobufCMessage *m = NULL;
	int r = object(s, KN_REF_CONFIGMAP, f->localobjectreference, f->optional, &m, err);
	const K8s__ConfigMap *o = (const void *)m;

	if (r)
		return r;
	for (size_t i = 0; i < o->n_data; i++) {
		if (o->data[i]->key && !strcmp(o->data[i]->key, key)) {
			*ret = kn_arena_strdup(s->a, kn_gen_str(o->data[i]->value));
			return 0;
		}
	}
	if (f->optional)
		return 1;
	return kn_err_set(err, EINVAL, "couldn't find key %.260s in ConfigMap %s/%s", key, s->p->ns,
			  kn_gen_str(f->localobjectreference->name));
}

/* value_from: 1 means to leave the variable out (an optional source that is not there). */
static int value_from(const struct env_src *s, const K8s__EnvVar *e, size_t i, const char **ret,
		      struct kn_err *err)
{
	const K8s__EnvVarSource *f = e->valuefrom;
	const char *v;

	if (f->secretkeyref)
		return secret_key(s, f->secretkeyref, ret, err);
	if (f->configmapkeyref)
		return config_key(s, f->configmapkeyref, ret, err);
	if (f->fieldref) {
		const char *path = kn_gen_str(f->fieldref->fieldpath);

		v = kn_downward_field(s->a, s->n, s->p, s->pod_ips, path);
		if (!v)
			return kn_err_set(err, EINVAL,
					  "env[%zu].valueFrom.fieldRef: unsupported fieldPath: %.100s", i,
					  path);
	} else if (f->resourcefieldref) {
		v = kn_downward_resource(s->a, s->n, s->p, s->c, f->resourcefieldref);
		if (!v)
			return kn_err_set(err, EINVAL,
					  "env[%zu].valueFrom.resourceFieldRef: invalid resource %.100s", i,
					  kn_gen_str(f->resourcefieldref->resource));
	} else {
		if (f->filekeyref && f->filekeyref->optional)
			return 1;
		return kn_err_set(err, EINVAL, "env[%zu].valueFrom.fileKeyRef: not supported", i);
	}
	*ret = v;
	return 0;
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

/* All keys of one object, each with the prefix. */
static int env_from(const struct env_src *s, const K8s__EnvFromSource *f, Cri__ContainerConfig *out,
		    struct kn_err *err)
{
	const char *prefix = kn_gen_str(f->prefix);
	const ProtobufCMessage *m = NULL;
	int r = 0;

	if (f->configmapref) {
		const K8s__ConfigMap *o;

		r = object(s, KN_REF_CONFIGMAP, f->configmapref->localobjectreference,
			   f->configmapref->optional, &m, err);
		o = (const void *)m;
		for (size_t i = 0; !r && i < o->n_data; i++)
			set(s->a, out, kn_arena_printf(s->a, "%s%s", prefix, kn_gen_str(o->data[i]->key)),
			    kn_arena_strdup(s->a, kn_gen_str(o->data[i]->value)));
	} else if (f->secretref) {
		const K8s__Secret *o;

		r = object(s, KN_REF_SECRET, f->secretref->localobjectreference, f->secretref->optional, &m,
			   err);
		o = (const void *)m;
		for (size_t i = 0; !r && i < o->n_data; i++)
			set(s->a, out, kn_arena_printf(s->a, "%s%s", prefix, kn_gen_str(o->data[i]->key)),
			    text_of(s, o->data[i]));
	}
	return r < 0 ? r : 0;
}

static void add_services(struct kn_arena *a, const struct kn_gen_extra *x, Cri__ContainerConfig *out)
{
	out->envs = kn_arena_alloc(a, (x->n_service_env + 1) * sizeof(*out->envs));
	for (size_t i = 0; i < x->n_service_env; i++) {
		out->envs[i] = KN_MSG(a, Cri__KeyValue, cri__key_value__init);
		out->envs[i]->key = x->service_env[i]->key;
		out->envs[i]->value = x->service_env[i]->value;
	}
	out->n_envs = x->n_service_env;
}

int kn_gen_env(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
	       const K8s__Container *c, const char *const *pod_ips, const struct kn_gen_extra *x,
	       Cri__ContainerConfig *out, struct kn_err *err)
{
	const struct env_src s = {a, n, p, c, pod_ips, x->lookup};
	int r = 0;

	add_services(a, x, out);
	for (size_t i = 0; !r && i < c->n_envfrom; i++)
		r = env_from(&s, c->envfrom[i], out, err);
	for (size_t i = 0; !r && i < c->n_env; i++) {
		const char *v = NULL;

		if (c->env[i]->valuefrom) {
			r = value_from(&s, c->env[i], i, &v, err);
			if (r < 0)
				return r;
			if (r) {
				r = 0;
				continue;
			}
		} else {
			v = kn_expand(a, kn_gen_str(c->env[i]->value), kn_gen_env_lookup, out);
		}
		if (!v)
			return kn_err_set(err, EINVAL, "env[%zu].value: longer than %d bytes after expansion",
					  i, KN_EXPAND_MAX);
		set(a, out, c->env[i]->name, v);
	}
	return r;
}
