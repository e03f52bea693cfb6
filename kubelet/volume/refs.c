/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/refs.h"

#include <errno.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

/* Right after a pod was bound the API server's authorizer may not have heard of it: asked again soon, and
 * told as an error only when it goes on. */
#define FORBIDDEN_RETRY (50 * KN_NSEC_PER_MSEC)
#define FORBIDDEN_TRIES 6

struct entry { /* one object */
	struct kn_refs *r;
	enum kn_ref_kind kind;
	char *ns, *name, *path, *selector;
	struct kn_reflector *watch; /* NULL: to be opened by the timer, or the object is immutable */
	struct kn_object *fixed;    /* immutable: never changes again */
	struct kn_timer *timer;
	unsigned forbidden;  /* answers in a row */
	struct kn_err err;   /* of the last failure; code 0: none */
	struct kn_map *pods; /* uid -> any */
	bool dirty;
};

struct holder { /* of one pod */
	struct entry **list;
	size_t n;
};

struct kn_refs {
	struct kn_refs_config c;
	struct kn_map *entries; /* "kind/ns/name" -> entry */
	struct kn_map *pods;	/* uid -> holder */
	struct kn_timer *tell;
};

static const char *const words[] = {"secret", "configmap"};

static char *key_of(enum kn_ref_kind kind, const char *ns, const char *name)
{
	return kn_sprintf("%d/%s/%s", kind, ns, name);
}

static void touch(struct entry *e)
{
	e->dirty = true;
	kn_timer_arm(e->r->tell, 0);
}

static bool is_immutable(const struct entry *e, const struct kn_object *o)
{
	return e->kind == KN_REF_SECRET ? ((const K8s__Secret *)o->msg)->immutable
					: ((const K8s__ConfigMap *)o->msg)->immutable;
}

static void on_changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct entry *e = user;

	e->forbidden = 0;
	e->err.code = 0;
	if (new && !e->fixed && is_immutable(e, new)) {
		e->fixed = kn_object_ref(new);
		e->watch = kn_reflector_free(e->watch);
	}
	touch(e);
}

static void on_synced(void *user)
{
	struct entry *e = user;

	e->forbidden = 0;
	e->err.code = 0;
	touch(e);
}

static void on_failed(void *user, const struct kn_api_result *res)
{
	struct entry *e = user;

	if (res->status != 403) {
		/* The API server being away is no news to a pod; what it last said still holds. */
		if (!kn_reflector_synced(e->watch) && res->status) {
			e->err = res->err;
			touch(e);
		}
		return;
	}
	if (e->forbidden < FORBIDDEN_TRIES) {
		e->watch = kn_reflector_free(e->watch);
		kn_timer_arm(e->timer, FORBIDDEN_RETRY << e->forbidden++);
		return;
	}
	if (!e->err.code) {
		e->err = res->err;
		touch(e);
	}
}

static void open_watch(void *user)
{
	static const struct kn_reflector_ops ops = {on_changed, on_synced, on_failed};
	struct entry *e = user;
	struct kn_resource res = {
		.path = e->path,
		.item = e->kind == KN_REF_SECRET ? &k8s__secret__descriptor : &k8s__config_map__descriptor,
		.list = e->kind == KN_REF_SECRET ? &k8s__secret_list__descriptor
						 : &k8s__config_map_list__descriptor,
		.field_selector = e->selector,
	};

	e->watch = kn_reflector_new(e->r->c.loop, e->r->c.client, &res, &ops, e);
}

static struct entry *entry_new(struct kn_refs *r, enum kn_ref_kind kind, const char *ns, const char *name)
{
	struct entry *e = kn_calloc(1, sizeof(*e));

	e->r = r;
	e->kind = kind;
	e->ns = kn_strdup(ns);
	e->name = kn_strdup(name);
	e->path = kn_sprintf("/api/v1/namespaces/%s/%ss", ns, words[kind]);
	e->selector = kn_sprintf("metadata.name=%s", name);
	e->pods = kn_map_new();
	e->timer = kn_timer_new(r->c.loop, open_watch, e);
	open_watch(e);
	return e;
}

static void entry_free(void *p)
{
	struct entry *e = p;

	kn_reflector_free(e->watch);
	kn_object_unref(e->fixed);
	kn_timer_free(e->timer);
	kn_map_free(e->pods, NULL);
	free(e->ns);
	free(e->name);
	free(e->path);
	free(e->selector);
	free(e);
}

static void tell(void *user)
{
	struct kn_refs *r = user;
	struct kn_map *uids = kn_map_new();
	const char *uid;
	size_t it = 0;
	void *v;

	/* Collected first: who is told may let go of objects, or ask for others. */
	while (kn_map_next(r->entries, &it, NULL, &v)) {
		struct entry *e = v;
		size_t jt = 0;

		while (e->dirty && kn_map_next(e->pods, &jt, &uid, NULL))
			kn_map_set(uids, uid, r);
		e->dirty = false;
	}
	for (it = 0; kn_map_next(uids, &it, &uid, NULL);)
		r->c.changed(r->c.user, uid);
	kn_map_free(uids, NULL);
}

struct kn_refs *kn_refs_new(const struct kn_refs_config *c)
{
	struct kn_refs *r = kn_calloc(1, sizeof(*r));

	r->c = *c;
	r->entries = kn_map_new();
	r->pods = kn_map_new();
	r->tell = kn_timer_new(c->loop, tell, r);
	return r;
}

static void holder_free(void *p)
{
	struct holder *h = p;

	free(h->list);
	free(h);
}

struct kn_refs *kn_refs_free(struct kn_refs *r)
{
	if (!r)
		return NULL;
	kn_timer_free(r->tell);
	kn_map_free(r->entries, entry_free);
	kn_map_free(r->pods, holder_free);
	free(r);
	return NULL;
}

struct hold {
	struct kn_refs *r;
	const struct kn_pod *p;
	struct holder *h;
};

static void hold_one(void *user, enum kn_ref_kind kind, const char *name)
{
	struct hold *x = user;
	char *key kn_auto_free = key_of(kind, x->p->ns, name);
	struct entry *e = kn_map_get(x->r->entries, key);

	for (size_t i = 0; i < x->h->n; i++)
		if (x->h->list[i] == e)
			return;
	if (!e) {
		e = entry_new(x->r, kind, x->p->ns, name);
		kn_map_set(x->r->entries, key, e);
	}
	kn_map_set(e->pods, x->p->uid, e);
	x->h->list = kn_realloc(x->h->list, x->h->n + 1, sizeof(*x->h->list));
	x->h->list[x->h->n++] = e;
}

static bool holds(const struct holder *h, const struct entry *e)
{
	for (size_t i = 0; h && i < h->n; i++)
		if (h->list[i] == e)
			return true;
	return false;
}

static void let_go(struct kn_refs *r, struct holder *old, const struct holder *kept, const char *uid)
{
	for (size_t i = 0; old && i < old->n; i++) {
		struct entry *e = old->list[i];
		char *key kn_auto_free = key_of(e->kind, e->ns, e->name);

		if (holds(kept, e))
			continue;
		kn_map_del(e->pods, uid);
		if (kn_map_count(e->pods))
			continue;
		kn_map_del(r->entries, key);
		entry_free(e);
	}
	if (old)
		holder_free(old);
}

void kn_refs_hold(struct kn_refs *r, const struct kn_pod *p)
{
	struct hold x = {.r = r, .p = p, .h = kn_calloc(1, sizeof(*x.h))};

	/* Static pods may not name any; and without an API server there is nothing to be had. */
	if (r->c.client)
		kn_pod_refs_each(p, hold_one, &x);
	let_go(r, kn_map_set(r->pods, p->uid, x.h), x.h, p->uid);
}

void kn_refs_release(struct kn_refs *r, const char *pod_uid)
{
	let_go(r, kn_map_del(r->pods, pod_uid), NULL, pod_uid);
}

enum kn_ref_state kn_refs_get(const struct kn_refs *r, enum kn_ref_kind kind, const char *ns,
			      const char *name, const ProtobufCMessage **ret, struct kn_err *err)
{
	char *key kn_auto_free = key_of(kind, ns, name);
	const struct entry *e = kn_map_get(r->entries, key);
	const struct kn_object *o;

	if (!r->c.client) {
		kn_err_set(err, ENOTCONN, "couldn't get %s %s/%s, no kubeClient defined",
			   kind == KN_REF_SECRET ? "secret" : "configMap", ns, name);
		return KN_REF_ERROR;
	}
	if (!e) {
		kn_err_set(err, EINVAL, "object \"%s\"/\"%s\" not registered", ns, name);
		return KN_REF_ERROR;
	}
	o = e->fixed ? e->fixed : e->watch ? kn_reflector_get(e->watch, ns, name) : NULL;
	if (o) {
		*ret = o->msg;
		return KN_REF_READY;
	}
	if (e->watch && kn_reflector_synced(e->watch)) {
		kn_err_set(err, ENOENT, "%s \"%s\" not found", words[kind], name);
		return KN_REF_NOT_FOUND;
	}
	if (e->err.code) {
		if (err)
			*err = e->err;
		return KN_REF_ERROR;
	}
	kn_err_set(err, EAGAIN, "failed to sync %s cache: timed out waiting for the condition", words[kind]);
	return KN_REF_WAITING;
}

size_t kn_refs_count(const struct kn_refs *r)
{
	return kn_map_count(r->entries);
}
