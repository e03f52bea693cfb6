/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/pod/pod_priv.h"
#include "kubelet/volume/refs.h"

struct visit {
	void (*fn)(void *user, enum kn_ref_kind kind, const char *name);
	void *user;
};

static void one(const struct visit *v, enum kn_ref_kind kind, const char *name)
{
	if (kn_str_set(name))
		v->fn(v->user, kind, name);
}

static void local(const struct visit *v, enum kn_ref_kind kind, const K8s__LocalObjectReference *r)
{
	if (r)
		one(v, kind, r->name);
}

static void volume(const struct visit *v, const K8s__VolumeSource *s)
{
	if (s->secret)
		one(v, KN_REF_SECRET, s->secret->secretname);
	if (s->configmap)
		local(v, KN_REF_CONFIGMAP, s->configmap->localobjectreference);
	for (size_t i = 0; s->projected && i < s->projected->n_sources; i++) {
		const K8s__VolumeProjection *p = s->projected->sources[i];

		if (p->secret)
			local(v, KN_REF_SECRET, p->secret->localobjectreference);
		if (p->configmap)
			local(v, KN_REF_CONFIGMAP, p->configmap->localobjectreference);
	}
}

static void container(const struct visit *v, const K8s__Container *c)
{
	for (size_t i = 0; i < c->n_envfrom; i++) {
		if (c->envfrom[i]->secretref)
			local(v, KN_REF_SECRET, c->envfrom[i]->secretref->localobjectreference);
		if (c->envfrom[i]->configmapref)
			local(v, KN_REF_CONFIGMAP, c->envfrom[i]->configmapref->localobjectreference);
	}
	for (size_t i = 0; i < c->n_env; i++) {
		const K8s__EnvVarSource *f = c->env[i]->valuefrom;

		if (f && f->secretkeyref)
			local(v, KN_REF_SECRET, f->secretkeyref->localobjectreference);
		if (f && f->configmapkeyref)
			local(v, KN_REF_CONFIGMAP, f->configmapkeyref->localobjectreference);
	}
}

void kn_pod_refs_each(const struct kn_pod *p, void (*fn)(void *user, enum kn_ref_kind kind, const char *name),
		      void *user)
{
	const K8s__PodSpec *s = p->obj->spec;
	const struct visit v = {fn, user};

	for (size_t i = 0; i < s->n_volumes; i++)
		if (s->volumes[i]->volumesource)
			volume(&v, s->volumes[i]->volumesource);
	for (size_t i = 0; i < s->n_initcontainers; i++)
		container(&v, s->initcontainers[i]);
	for (size_t i = 0; i < s->n_containers; i++)
		container(&v, s->containers[i]);
	for (size_t i = 0; i < s->n_imagepullsecrets; i++)
		one(&v, KN_REF_SECRET, s->imagepullsecrets[i]->name);
}

struct found {
	bool secret, config_map;
};

static void note(void *user, enum kn_ref_kind kind, const char *name)
{
	struct found *f = user;

	*(kind == KN_REF_SECRET ? &f->secret : &f->config_map) = true;
}

static const char *volume_reference(const K8s__VolumeSource *s)
{
	if (s->csi)
		return "csidrivers (via CSI volumes)";
	if (s->persistentvolumeclaim)
		return "persistentvolumeclaims";
	for (size_t i = 0; s->projected && i < s->projected->n_sources; i++)
		if (s->projected->sources[i]->serviceaccounttoken)
			return "serviceaccounts (via projected volumes)";
	return NULL;
}

const char *kn_pod_api_reference(const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;
	const char *what = NULL;
	struct found f = {0};

	if (kn_str_set(s->serviceaccountname))
		return "serviceaccounts";
	kn_pod_refs_each(p, note, &f);
	if (f.secret)
		return "secrets";
	if (f.config_map)
		return "configmaps";
	if (s->n_resourceclaims)
		return "resourceclaims";
	for (size_t i = 0; i < s->n_volumes && !what; i++)
		what = s->volumes[i]->volumesource ? volume_reference(s->volumes[i]->volumesource) : NULL;
	return what;
}
