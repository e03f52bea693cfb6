// SPDX-License-Identifier: Apache-2.0
#include <string.h>

#include "lib/k8s/object_list.h"
#include "lib/k8s/reflector_private.h"

static void tell(struct kn_reflector *r, struct kn_object *old, struct kn_object *new)
{
	if (r->ops.changed && !r->dead)
		r->ops.changed(r->user, old, new);
}

static const char *version(const struct kn_object *o)
{
	return o->meta->resourceversion ? o->meta->resourceversion : "";
}

/* Another uid under the same name is another object: the old one is told as deleted first. */
void kn_reflector_put(struct kn_reflector *r, struct kn_object *o)
{
	kn_auto_free char *key = kn_object_key(o->ns, o->name);
	struct kn_object *old = kn_map_get(r->store, key);

	if (old && *version(o) && !strcmp(version(old), version(o)) && !strcmp(old->uid, o->uid)) {
		kn_object_unref(o); /* a replay */
		return;
	}
	kn_object_ref(o); /* for the callback: the store's may go while it runs */
	if (old && strcmp(old->uid, o->uid)) {
		kn_map_del(r->store, key);
		tell(r, old, NULL);
		old = kn_object_unref(old);
	}
	if (!r->dead) {
		kn_map_set(r->store, key, o);
		tell(r, old, o);
	} else {
		kn_object_unref(o);
	}
	kn_object_unref(old);
	kn_object_unref(o);
}

void kn_reflector_del(struct kn_reflector *r, struct kn_object *last)
{
	kn_auto_free char *key = kn_object_key(last->ns, last->name);
	struct kn_object *old = kn_map_get(r->store, key);

	if (!old || strcmp(old->uid, last->uid))
		return;
	kn_map_del(r->store, key);
	tell(r, last, NULL);
	kn_object_unref(old);
}

/* What the list didn't have, with references of their own. */
static struct kn_object **gone(const struct kn_reflector *r, const struct kn_map *next, size_t *n)
{
	struct kn_object **list = kn_calloc(kn_map_count(r->store) + 1, sizeof(struct kn_object *));
	const char *key;
	size_t it = 0;
	void *o;

	*n = 0;
	while (kn_map_next(r->store, &it, &key, &o))
		if (!kn_map_get(next, key))
			list[(*n)++] = kn_object_ref(o);
	return list;
}

/* Deletions first: what comes may need their room (a host port, an address). */
void kn_reflector_replace(struct kn_reflector *r)
{
	struct kn_map *next = kn_steal(r->next);
	kn_auto_free struct kn_object **deleted = NULL;
	size_t n, it = 0;
	void *o;

	deleted = gone(r, next, &n);
	for (size_t i = 0; i < n; i++) {
		if (!r->dead)
			kn_reflector_del(r, deleted[i]);
		kn_object_unref(deleted[i]);
	}
	while (!r->dead && kn_map_next(next, &it, NULL, &o))
		kn_reflector_put(r, kn_object_ref(o));
	kn_object_map_free(next);
}

struct kn_object *kn_reflector_get(const struct kn_reflector *r, const char *ns, const char *name)
{
	kn_auto_free char *key = kn_object_key(ns, name);

	return kn_map_get(r->store, key);
}

size_t kn_reflector_count(const struct kn_reflector *r)
{
	return kn_map_count(r->store);
}

struct kn_object *kn_reflector_next(const struct kn_reflector *r, size_t *it)
{
	void *o;

	return kn_map_next(r->store, it, NULL, &o) ? o : NULL;
}
