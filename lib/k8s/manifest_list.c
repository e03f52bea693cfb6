// SPDX-License-Identifier: Apache-2.0
/* Manifests, lists of them, and which old object stays where the new text is broken. */
#include <assert.h>
#include <string.h>
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/k8s/manifest_parse.h"

struct kn_manifest *kn_manifest_ref(struct kn_manifest *m)
{
	m->refs++;
	return m;
}

struct kn_manifest *kn_manifest_unref(struct kn_manifest *m)
{
	if (!m)
		return NULL;
	assert(m->refs > 0);
	if (--m->refs == 0) {
		/* The file's name lives in the arena; the message needs no freeing of its own. */
		kn_arena_free(m->arena);
		free(m);
	}
	return NULL;
}

void kn_manifest_list_add(struct kn_manifest_list *l, struct kn_manifest_entry e)
{
	if (l->n == l->cap) {
		l->cap = l->cap ? l->cap * 2 : 8;
		l->entry = kn_realloc(l->entry, l->cap, sizeof(*l->entry));
	}
	l->entry[l->n++] = e;
}

void kn_manifest_list_free(struct kn_manifest_list *l)
{
	for (size_t i = 0; i < l->n; i++) {
		kn_manifest_unref(l->entry[i].manifest);
		free(l->entry[i].key);
		free(l->entry[i].error);
	}
	free(l->entry);
	*l = (struct kn_manifest_list){0};
}

static void keep_one(struct kn_manifest_entry *broken, const struct kn_manifest_entry *old)
{
	broken->manifest = kn_manifest_ref(old->manifest);
	if (!broken->key)
		broken->key = kn_strdup(old->key);
}

/* A document broken as a whole: its first object takes the broken entry, the others are added behind. */
static void keep_document(struct kn_manifest_list *next, size_t at, const struct kn_manifest_list *old,
			  const struct kn_map *claimed)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct kn_manifest_entry *o = &old->entry[i];

		if (o->doc != next->entry[at].doc || !o->manifest || kn_map_get(claimed, o->key))
			continue;
		if (!next->entry[at].manifest) {
			keep_one(&next->entry[at], o);
			continue;
		}
		kn_manifest_list_add(next,
				     (struct kn_manifest_entry){.manifest = kn_manifest_ref(o->manifest),
								.key = kn_strdup(o->key),
								.doc = o->doc,
								.item = o->item});
	}
}

static const struct kn_manifest_entry *find_place(const struct kn_manifest_list *old,
						  const struct kn_manifest_entry *e,
						  const struct kn_map *claimed)
{
	for (size_t i = 0; i < old->n; i++) {
		const struct kn_manifest_entry *o = &old->entry[i];

		if (o->doc == e->doc && o->item == e->item && o->manifest && !kn_map_get(claimed, o->key))
			return o;
	}
	return NULL;
}

void kn_manifest_list_keep(struct kn_manifest_list *next, const struct kn_manifest_list *old)
{
	struct kn_map *claimed = kn_map_new(), *by_key = kn_map_new();
	size_t n = next->n; /* entries added below are not looked at again */

	for (size_t i = 0; i < n; i++)
		if (next->entry[i].key)
			kn_map_set(claimed, next->entry[i].key, &next->entry[i]);
	for (size_t i = 0; i < old->n; i++)
		if (old->entry[i].manifest)
			kn_map_set(by_key, old->entry[i].key, &old->entry[i]);

	for (size_t i = 0; i < n; i++) {
		struct kn_manifest_entry *e = &next->entry[i];
		const struct kn_manifest_entry *o = NULL;

		if (e->manifest)
			continue;
		if (e->item < 0) {
			keep_document(next, i, old, claimed);
			continue;
		}
		/* A text that names its object in a broken document owns that name, and no other place. */
		o = e->key ? kn_map_get(by_key, e->key) : find_place(old, e, claimed);
		if (o)
			keep_one(e, o);
	}
	kn_map_free(by_key, NULL);
	kn_map_free(claimed, NULL);
}
