/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/volume_payload.h"

#include <errno.h>
#include <string.h>

#include "kubelet/volume/downward.h"
#include "kubelet/gen/gen_priv.h"
#include "lib/base/buf.h"

struct build {
	struct kn_arena *a;
	const struct kn_node_ctx *n;
	struct kn_pod *p;
	const struct kn_lookup *l;
	mode_t mode; /* default of the volume */
	struct kn_payload *out;
};

struct content { /* what a Secret and a ConfigMap have in common */
	K8s__StringEntry **text;
	size_t n_text;
	K8s__BytesEntry **bytes;
	size_t n_bytes;
	const char *missing; /* format of the error for a key that isn't there */
};

bool kn_volume_has_payload(const K8s__Volume *v)
{
	const K8s__VolumeSource *s = v->volumesource;

	return s && (s->secret || s->configmap || s->downwardapi || s->projected);
}

bool kn_volume_is_secret(const K8s__Volume *v)
{
	return kn_volume_has_payload(v) && !v->volumesource->configmap;
}

static bool run_as_user(const struct kn_pod *p, const K8s__Container *c, int64_t *ret)
{
	const K8s__PodSecurityContext *pod = p->obj->spec->securitycontext;

	if (c->securitycontext && c->securitycontext->has_runasuser)
		*ret = c->securitycontext->runasuser;
	else if (pod && pod->has_runasuser)
		*ret = pod->runasuser;
	else
		return false;
	return true;
}

int64_t kn_pod_fs_user(const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;
	int64_t user = -1, u;

	for (size_t i = 0; i < s->n_initcontainers + s->n_containers; i++) {
		const K8s__Container *c = i < s->n_initcontainers ? s->initcontainers[i]
								  : s->containers[i - s->n_initcontainers];

		if (!run_as_user(p, c, &u) || (user >= 0 && user != u))
			return -1;
		user = u;
	}
	return user;
}

static int add(const struct build *b, const char *path, const void *data, size_t len, mode_t mode,
	       int64_t uid, struct kn_err *err)
{
	const struct kn_file f = {
		.path = kn_gen_str(path), .data = data, .len = len, .mode = mode, .uid = uid};

	return kn_payload_add(b->a, b->out, &f, err);
}

static bool find(const struct content *c, const char *key, const void **data, size_t *len)
{
	for (size_t i = 0; i < c->n_text; i++) {
		if (c->text[i]->key && !strcmp(c->text[i]->key, key)) {
			*data = kn_gen_str(c->text[i]->value);
			*len = strlen(*data);
			return true;
		}
	}
	for (size_t i = 0; i < c->n_bytes; i++) {
		if (c->bytes[i]->key && !strcmp(c->bytes[i]->key, key)) {
			*data = c->bytes[i]->value.data;
			*len = c->bytes[i]->value.len;
			return true;
		}
	}
	return false;
}

static int add_all(const struct build *b, const struct content *c, struct kn_err *err)
{
	int r = 0;

	for (size_t i = 0; !r && i < c->n_text; i++) {
		const char *v = kn_gen_str(c->text[i]->value);

		r = add(b, c->text[i]->key, v, strlen(v), b->mode, -1, err);
	}
	for (size_t i = 0; !r && i < c->n_bytes; i++)
		r = add(b, c->bytes[i]->key, c->bytes[i]->value.data, c->bytes[i]->value.len, b->mode, -1,
			err);
	return r;
}

static int add_keys(const struct build *b, const struct content *c, K8s__KeyToPath **items, size_t n,
		    bool optional, struct kn_err *err)
{
	if (!n)
		return add_all(b, c, err);
	for (size_t i = 0; i < n; i++) {
		const char *key = kn_gen_str(items[i]->key);
		const void *data;
		size_t len;
		int r;

		if (!find(c, key, &data, &len)) {
			if (optional)
				continue;
			return kn_err_set(err, EINVAL, "%s: %.260s", c->missing, key);
		}
		r = add(b, items[i]->path, data, len, items[i]->has_mode ? (mode_t)items[i]->mode : b->mode,
			-1, err);
		if (r)
			return r;
	}
	return 0;
}

static enum kn_ref_state object(const struct build *b, enum kn_ref_kind kind, const char *name,
				K8s__KeyToPath **items, size_t n, bool optional, struct kn_err *err)
{
	struct content c = {.missing = kind == KN_REF_SECRET
					       ? "references non-existent secret key"
					       : "configmap references non-existent config key"};
	const ProtobufCMessage *m = NULL;
	enum kn_ref_state s = b->l->object(b->l->user, kind, b->p->ns, kn_gen_str(name), &m, err);

	if (s == KN_REF_NOT_FOUND && optional)
		return KN_REF_READY;
	if (s != KN_REF_READY)
		return s;
	if (kind == KN_REF_SECRET) {
		const K8s__Secret *o = (const void *)m;

		c.bytes = o->data;
		c.n_bytes = o->n_data;
	} else {
		const K8s__ConfigMap *o = (const void *)m;

		c.text = o->data;
		c.n_text = o->n_data;
		c.bytes = o->binarydata;
		c.n_bytes = o->n_binarydata;
	}
	return add_keys(b, &c, items, n, optional, err) ? KN_REF_ERROR : KN_REF_READY;
}

static enum kn_ref_state downward(const struct build *b, K8s__DownwardAPIVolumeFile **items, size_t n,
				  struct kn_err *err)
{
	for (size_t i = 0; i < n; i++) {
		const K8s__DownwardAPIVolumeFile *f = items[i];
		const char *v = "";

		if (f->fieldref) {
			v = kn_downward_field(b->a, b->n, b->p, NULL, kn_gen_str(f->fieldref->fieldpath));
			if (!v)
				kn_err_set(err, EINVAL, "unsupported fieldPath: %.200s",
					   kn_gen_str(f->fieldref->fieldpath));
		} else if (f->resourcefieldref) {
			v = kn_downward_resource(b->a, b->n, b->p, NULL, f->resourcefieldref);
			if (!v)
				kn_err_set(err, EINVAL, "unsupported container resource : %.200s",
					   kn_gen_str(f->resourcefieldref->resource));
		}
		if (!v || add(b, f->path, v, strlen(v), f->has_mode ? (mode_t)f->mode : b->mode, -1, err))
			return KN_REF_ERROR;
	}
	return KN_REF_READY;
}

static enum kn_ref_state token(const struct build *b, const K8s__ServiceAccountTokenProjection *t,
			       struct kn_err *err)
{
	const K8s__PodSecurityContext *sc = b->p->obj->spec->securitycontext;
	int64_t user = kn_pod_fs_user(b->p);
	bool narrow = user >= 0 || (sc && sc->has_fsgroup);
	const char *text = NULL;
	enum kn_ref_state s = b->l->token(b->l->user, b->p, t, &text, err);

	if (s != KN_REF_READY)
		return s;
	/* With a group, the ownership rule makes it 0640. */
	return add(b, t->path, text, strlen(text), narrow ? 0600 : b->mode, user, err) ? KN_REF_ERROR
										       : KN_REF_READY;
}

static enum kn_ref_state source(const struct build *b, const K8s__VolumeProjection *s, struct kn_err *err)
{
	if (s->secret)
		return object(b, KN_REF_SECRET,
			      s->secret->localobjectreference ? s->secret->localobjectreference->name : NULL,
			      s->secret->items, s->secret->n_items, s->secret->optional, err);
	if (s->configmap)
		return object(b, KN_REF_CONFIGMAP,
			      s->configmap->localobjectreference ? s->configmap->localobjectreference->name
								 : NULL,
			      s->configmap->items, s->configmap->n_items, s->configmap->optional, err);
	if (s->downwardapi)
		return downward(b, s->downwardapi->items, s->downwardapi->n_items, err);
	if (s->serviceaccounttoken)
		return token(b, s->serviceaccounttoken, err);
	kn_err_set(err, EOPNOTSUPP, "projected volume source is not supported");
	return KN_REF_ERROR;
}

/* All are asked, so that what has to be waited for is waited for at once; several errors stand in brackets,
 * as upstream joins them. */
static enum kn_ref_state projected(const struct build *b, const K8s__ProjectedVolumeSource *s,
				   struct kn_err *err)
{
	enum kn_ref_state worst = KN_REF_READY;
	KN_CLEANUP(kn_buf_free) struct kn_buf text = {0};
	unsigned errors = 0;
	int code = 0;

	for (size_t i = 0; i < s->n_sources; i++) {
		struct kn_err e = KN_ERR_INIT;
		enum kn_ref_state st = source(b, s->sources[i], &e);

		if (st == KN_REF_READY)
			continue;
		if (st > worst)
			worst = st;
		code = e.code;
		kn_buf_addf(&text, "%s%s", errors++ ? ", " : "", e.msg);
	}
	if (errors)
		kn_err_set(err, code, errors > 1 ? "[%s]" : "%s", text.data);
	return worst;
}

static enum kn_ref_state no_server(const K8s__Volume *v, struct kn_err *err)
{
	const char *type = v->volumesource->secret	? "secret"
			   : v->volumesource->configmap ? "configMap"
							: "projected";

	kn_err_set(err, ENOTCONN, "cannot setup %s volume %s because kube client is not configured", type,
		   v->name);
	return KN_REF_ERROR;
}

enum kn_ref_state kn_volume_payload(struct kn_arena *a, const struct kn_node_ctx *n, struct kn_pod *p,
				    const K8s__Volume *v, const struct kn_lookup *l, struct kn_payload *ret,
				    struct kn_err *err)
{
	const K8s__VolumeSource *s = v->volumesource;
	struct kn_payload out = {0};
	struct build b = {.a = a, .n = n, .p = p, .l = l, .mode = 0644, .out = &out};
	struct kn_err e = KN_ERR_INIT;
	enum kn_ref_state state;

	if ((!l || !l->object) && !s->downwardapi)
		return no_server(v, err);
	if (s->secret) {
		b.mode = s->secret->has_defaultmode ? (mode_t)s->secret->defaultmode : b.mode;
		state = object(&b, KN_REF_SECRET, s->secret->secretname, s->secret->items, s->secret->n_items,
			       s->secret->optional, &e);
	} else if (s->configmap) {
		const K8s__LocalObjectReference *r = s->configmap->localobjectreference;

		b.mode = s->configmap->has_defaultmode ? (mode_t)s->configmap->defaultmode : b.mode;
		state = object(&b, KN_REF_CONFIGMAP, r ? r->name : NULL, s->configmap->items,
			       s->configmap->n_items, s->configmap->optional, &e);
	} else if (s->downwardapi) {
		b.mode = s->downwardapi->has_defaultmode ? (mode_t)s->downwardapi->defaultmode : b.mode;
		state = downward(&b, s->downwardapi->items, s->downwardapi->n_items, &e);
	} else {
		b.mode = s->projected->has_defaultmode ? (mode_t)s->projected->defaultmode : b.mode;
		state = projected(&b, s->projected, &e);
	}
	if (state == KN_REF_READY)
		*ret = out;
	else if (err)
		*err = e;
	return state;
}
