// SPDX-License-Identifier: Apache-2.0
#include "proxy/maps.h"

#include <bpf/bpf.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"

struct read_slot {
	struct kn_slot_key key;
	struct kn_slot value;
	bool used;
};

struct reading {
	struct kn_table *table;
	struct read_slot *slots;
	size_t n, cap;
	struct kn_svc *values; /* parallel to the services read */
	struct kn_svc_key *keys;
	size_t n_svc, cap_svc;
};

/* Calls fn for each element. Nobody else writes these maps, so a plain walk sees all. */
static int walk(int fd, size_t key_size, size_t value_size,
		void (*fn)(void *user, const void *key, const void *value), void *user, struct kn_err *err)
{
	kn_auto_free char *key = kn_calloc(2, key_size), *value = kn_calloc(1, value_size);
	char *next = key + key_size;
	bool first = true;

	while (!bpf_map_get_next_key(fd, first ? NULL : key, next)) {
		memcpy(key, next, key_size);
		first = false;
		if (!bpf_map_lookup_elem(fd, key, value))
			fn(user, key, value);
		else if (errno != ENOENT)
			return kn_err_errno(err, errno, "read a BPF map");
	}
	return errno == ENOENT ? 0 : kn_err_errno(err, errno, "walk a BPF map");
}

static void on_slot(void *user, const void *key, const void *value)
{
	struct reading *r = user;

	if (r->n == r->cap) {
		r->cap = r->cap ? r->cap * 2 : 64;
		r->slots = kn_realloc(r->slots, r->cap, sizeof(*r->slots));
	}
	memcpy(&r->slots[r->n].key, key, sizeof(r->slots[r->n].key));
	memcpy(&r->slots[r->n].value, value, sizeof(r->slots[r->n].value));
	r->slots[r->n++].used = false;
}

static void on_service(void *user, const void *key, const void *value)
{
	struct reading *r = user;

	if (r->n_svc == r->cap_svc) {
		r->cap_svc = r->cap_svc ? r->cap_svc * 2 : 64;
		r->keys = kn_realloc(r->keys, r->cap_svc, sizeof(*r->keys));
		r->values = kn_realloc(r->values, r->cap_svc, sizeof(*r->values));
	}
	memcpy(&r->keys[r->n_svc], key, sizeof(*r->keys));
	memcpy(&r->values[r->n_svc++], value, sizeof(*r->values));
}

static int by_slot(const void *pa, const void *pb)
{
	const struct kn_slot_key *a = pa, *b = pb;

	if (a->id != b->id)
		return a->id < b->id ? -1 : 1;
	if (a->gen != b->gen)
		return a->gen < b->gen ? -1 : 1;
	return (a->slot > b->slot) - (a->slot < b->slot);
}

static void add_read(struct reading *r, const struct kn_svc_key *key, const struct kn_svc *v)
{
	struct kn_entry *e = kn_table_add_service(r->table, key, NULL, NULL, NULL);
	struct kn_slot_key first = {.id = v->id, .gen = v->gen};
	struct read_slot *s = r->n ? bsearch(&first, r->slots, r->n, sizeof(*r->slots), by_slot) : NULL;
	uint32_t i = 0;

	e->id = v->id;
	e->gen = v->gen;
	e->affinity_s = v->affinity_s;
	for (; s && s < r->slots + r->n && i < v->count; s++, i++) {
		if (s->key.id != v->id || s->key.gen != v->gen || s->key.slot != i)
			break;
		s->used = true;
		kn_table_add_backend(r->table, &s->value.addr, s->value.port, NULL, true);
	}
	e->broken = i != v->count;
	if (v->id >= r->table->next_id)
		r->table->next_id = v->id + 1;
}

int kn_maps_read(const struct kn_maps *m, struct kn_table **ret, struct kn_err *err)
{
	struct reading r = {.table = kn_table_new()};
	int rc = walk(m->fd[KN_MAP_SLOTS], sizeof(struct kn_slot_key), sizeof(struct kn_slot), on_slot, &r,
		      err);

	if (!rc)
		rc = walk(m->fd[KN_MAP_SERVICES], sizeof(struct kn_svc_key), sizeof(struct kn_svc),
			  on_service, &r, err);
	if (!rc) {
		if (r.n)
			qsort(r.slots, r.n, sizeof(*r.slots), by_slot);
		for (size_t i = 0; i < r.n_svc; i++)
			add_read(&r, &r.keys[i], &r.values[i]);
		for (size_t i = 0; i < r.n; i++)
			if (!r.slots[i].used)
				kn_table_add_orphan(r.table, &r.slots[i].key);
		kn_table_finish(r.table);
		*ret = kn_steal(r.table);
	}
	kn_table_free(r.table);
	free(r.slots);
	free(r.keys);
	free(r.values);
	return rc;
}

static int op_run(const struct kn_maps *m, const struct kn_op *op)
{
	int r = 0;

	switch (op->type) {
	case KN_OP_SLOT_SET:
		r = bpf_map_update_elem(m->fd[KN_MAP_SLOTS], &op->slot.key, &op->slot.value, BPF_ANY);
		break;
	case KN_OP_SERVICE_SET:
		r = bpf_map_update_elem(m->fd[KN_MAP_SERVICES], &op->service.key, &op->service.value,
					BPF_ANY);
		break;
	case KN_OP_SLOT_DEL:
		r = bpf_map_delete_elem(m->fd[KN_MAP_SLOTS], &op->slot.key);
		return r && errno == ENOENT ? 0 : r;
	case KN_OP_SERVICE_DEL:
		r = bpf_map_delete_elem(m->fd[KN_MAP_SERVICES], &op->service.key);
		return r && errno == ENOENT ? 0 : r;
	}
	return r;
}

int kn_maps_apply(const struct kn_maps *m, const struct kn_plan *plan, struct kn_err *err)
{
	for (size_t i = 0; i < plan->n; i++) {
		if (!op_run(m, &plan->ops[i]))
			continue;
		if (errno == E2BIG)
			return kn_err_set(err, E2BIG, "the BPF maps are full: raise their maximum");
		return kn_err_errno(err, errno, "write a BPF map");
	}
	return 0;
}

struct local {
	const struct kn_addr *want;
	size_t n;
	struct kn_addr *stale;
	size_t n_stale;
};

static void on_local(void *user, const void *key, const void *value)
{
	struct local *l = user;

	for (size_t i = 0; i < l->n; i++)
		if (!memcmp(&l->want[i], key, sizeof(*l->want)))
			return;
	l->stale = kn_realloc(l->stale, l->n_stale + 1, sizeof(*l->stale));
	memcpy(&l->stale[l->n_stale++], key, sizeof(*l->stale));
}

int kn_maps_set_local(const struct kn_maps *m, const struct kn_addr *addrs, size_t n, struct kn_err *err)
{
	struct local l = {.want = addrs, .n = n};
	int fd = m->fd[KN_MAP_LOCAL], r = 0;
	__u8 one = 1;

	for (size_t i = 0; i < n && !r; i++)
		if (bpf_map_update_elem(fd, &addrs[i], &one, BPF_ANY))
			r = kn_err_errno(err, errno, "write the node's addresses");
	if (!r)
		r = walk(fd, sizeof(*addrs), sizeof(one), on_local, &l, err);
	for (size_t i = 0; i < l.n_stale; i++)
		bpf_map_delete_elem(fd, &l.stale[i]);
	free(l.stale);
	return r;
}

struct copying {
	int fd, failed;
};

static void on_copy(void *user, const void *key, const void *value)
{
	struct copying *c = user;

	if (bpf_map_update_elem(c->fd, key, value, BPF_ANY) && !c->failed)
		c->failed = errno;
}

int kn_maps_copy(int from_fd, int to_fd, struct kn_err *err)
{
	struct bpf_map_info info = {0};
	struct copying c = {.fd = to_fd};
	__u32 len = sizeof(info);
	int r;

	if (bpf_obj_get_info_by_fd(from_fd, &info, &len))
		return kn_err_errno(err, errno, "ask for a BPF map's sizes");
	r = walk(from_fd, info.key_size, info.value_size, on_copy, &c, err);
	if (!r && c.failed)
		r = kn_err_errno(err, c.failed, "copy a BPF map into one of another size");
	return r;
}
