// SPDX-License-Identifier: Apache-2.0
#include "proxy/table.h"

#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

#define GROW(ptr, n, cap)                                                                                    \
	do {                                                                                                 \
		if ((n) == (cap)) {                                                                          \
			(cap) = (cap) ? (cap)*2 : 16;                                                        \
			(ptr) = kn_realloc((ptr), (cap), sizeof(*(ptr)));                                    \
		}                                                                                            \
	} while (0)

struct kn_table *kn_table_new(void)
{
	struct kn_table *t = kn_calloc(1, sizeof(*t));

	t->arena = kn_arena_new(0);
	t->next_id = 1;
	return t;
}

struct kn_table *kn_table_free(struct kn_table *t)
{
	if (!t)
		return NULL;
	kn_arena_free(t->arena);
	free(t->entries);
	free(t->backends);
	free(t->orphans);
	free(t);
	return NULL;
}

struct kn_entry *kn_table_add_service(struct kn_table *t, const struct kn_svc_key *key, const char *ns,
				      const char *name, const char *port_name)
{
	struct kn_entry *e;

	GROW(t->entries, t->n_entries, t->cap_entries);
	e = &t->entries[t->n_entries++];
	*e = (struct kn_entry){
		.key = *key,
		.first = t->n_backends,
		.ns = kn_arena_strdup(t->arena, ns),
		.name = kn_arena_strdup(t->arena, name),
		.port_name = kn_arena_strdup(t->arena, port_name),
	};
	return e;
}

void kn_table_add_backend(struct kn_table *t, const struct kn_addr *addr, __be16 port, const char *node,
			  bool ready)
{
	struct kn_entry *e = &t->entries[t->n_entries - 1];

	GROW(t->backends, t->n_backends, t->cap_backends);
	t->backends[t->n_backends++] = (struct kn_backend){
		.addr = *addr,
		.port = port,
		.ready = ready,
		.node = kn_arena_strdup(t->arena, node),
	};
	e->n++;
	e->n_slots++;
}

void kn_table_add_orphan(struct kn_table *t, const struct kn_slot_key *key)
{
	GROW(t->orphans, t->n_orphans, t->cap_orphans);
	t->orphans[t->n_orphans++] = *key;
}

int kn_svc_key_cmp(const struct kn_svc_key *a, const struct kn_svc_key *b)
{
	return memcmp(a, b, sizeof(*a));
}

static int backend_cmp(const struct kn_backend *a, const struct kn_backend *b)
{
	int r = memcmp(&a->addr, &b->addr, sizeof(a->addr));

	return r ? r : memcmp(&a->port, &b->port, sizeof(a->port));
}

static int by_backend(const void *a, const void *b)
{
	return backend_cmp(a, b);
}

static int by_key_then_age(const void *pa, const void *pb)
{
	const struct kn_entry *a = pa, *b = pb;
	int r = kn_svc_key_cmp(&a->key, &b->key);

	if (r)
		return r;
	/* first only grows; n breaks the tie of one without backends and the one added after it. */
	return a->first != b->first ? (a->first > b->first) - (a->first < b->first)
				    : (a->n > b->n) - (a->n < b->n);
}

static void entry_finish(struct kn_table *t, struct kn_entry *e)
{
	struct kn_backend *b = t->backends + e->first;
	size_t n = 0;

	if (!e->n)
		return;
	qsort(b, e->n, sizeof(*b), by_backend);
	for (size_t i = 0; i < e->n; i++)
		if (!n || backend_cmp(&b[n - 1], &b[i]))
			b[n++] = b[i];
	e->n = e->n_slots = n;
}

size_t kn_table_finish(struct kn_table *t)
{
	size_t n = 0, dropped;

	for (size_t i = 0; i < t->n_entries; i++)
		entry_finish(t, &t->entries[i]);
	if (t->n_entries)
		qsort(t->entries, t->n_entries, sizeof(*t->entries), by_key_then_age);
	for (size_t i = 0; i < t->n_entries; i++)
		if (!n || kn_svc_key_cmp(&t->entries[n - 1].key, &t->entries[i].key))
			t->entries[n++] = t->entries[i];
	dropped = t->n_entries - n;
	t->n_entries = n;
	return dropped;
}

const struct kn_entry *kn_table_find(const struct kn_table *t, const struct kn_svc_key *key)
{
	size_t lo = 0, hi = t->n_entries;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		int r = kn_svc_key_cmp(&t->entries[mid].key, key);

		if (!r)
			return &t->entries[mid];
		if (r < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return NULL;
}

bool kn_entry_same(const struct kn_table *ta, const struct kn_entry *a, const struct kn_table *tb,
		   const struct kn_entry *b)
{
	if (a->broken || b->broken || a->n != b->n || a->affinity_s != b->affinity_s)
		return false;
	for (size_t i = 0; i < a->n; i++)
		if (backend_cmp(&ta->backends[a->first + i], &tb->backends[b->first + i]))
			return false;
	return true;
}

static int by_u32(const void *pa, const void *pb)
{
	const uint32_t *a = pa, *b = pb;

	return (*a > *b) - (*a < *b);
}

void kn_table_assign_ids(struct kn_table *t, const struct kn_table *old)
{
	kn_auto_free uint32_t *used = kn_calloc(old->n_entries + old->n_orphans + 1, sizeof(*used));
	size_t n = 0;

	for (size_t i = 0; i < old->n_entries; i++)
		used[n++] = old->entries[i].id;
	for (size_t i = 0; i < old->n_orphans; i++)
		used[n++] = old->orphans[i].id;
	qsort(used, n, sizeof(*used), by_u32);
	t->next_id = old->next_id;
	for (size_t i = 0; i < t->n_entries; i++) {
		struct kn_entry *e = &t->entries[i];
		const struct kn_entry *was = kn_table_find(old, &e->key);

		if (was) {
			e->id = was->id;
			e->gen = kn_entry_same(t, e, old, was) ? was->gen : was->gen + 1;
			continue;
		}
		/* Counting up means a free id is normally the next one; 0 is none. */
		while (!t->next_id || bsearch(&t->next_id, used, n, sizeof(*used), by_u32))
			t->next_id++;
		e->id = t->next_id++;
		e->gen = 1;
	}
}
