// SPDX-License-Identifier: Apache-2.0
#include "proxy/plan.h"

#include <string.h>

#include "lib/base/mem.h"

static struct kn_op *op_add(struct kn_plan *plan, enum kn_op_type type)
{
	struct kn_op *op;

	if (plan->n == plan->cap) {
		plan->cap = plan->cap ? plan->cap * 2 : 64;
		plan->ops = kn_realloc(plan->ops, plan->cap, sizeof(*plan->ops));
	}
	op = &plan->ops[plan->n++];
	memset(op, 0, sizeof(*op));
	op->type = type;
	return op;
}

static void slot_del(struct kn_plan *plan, uint32_t id, uint32_t gen, uint32_t slot)
{
	op_add(plan, KN_OP_SLOT_DEL)->slot.key = (struct kn_slot_key){.id = id, .gen = gen, .slot = slot};
}

/* A slot that is missing already is deleted without harm. */
static void slots_del(struct kn_plan *plan, const struct kn_entry *e)
{
	for (size_t i = 0; i < e->n_slots; i++)
		slot_del(plan, e->id, e->gen, i);
}

static void entry_set(struct kn_plan *plan, const struct kn_table *t, const struct kn_entry *e)
{
	struct kn_op *op;

	for (size_t i = 0; i < e->n; i++) {
		const struct kn_backend *b = &t->backends[e->first + i];

		op = op_add(plan, KN_OP_SLOT_SET);
		op->slot.key = (struct kn_slot_key){.id = e->id, .gen = e->gen, .slot = i};
		op->slot.value =
			(struct kn_slot){.id = e->id, .gen = e->gen, .addr = b->addr, .port = b->port};
	}
	op = op_add(plan, KN_OP_SERVICE_SET);
	op->service.key = e->key;
	op->service.value =
		(struct kn_svc){.id = e->id, .gen = e->gen, .count = e->n, .affinity_s = e->affinity_s};
}

void kn_plan_make(struct kn_plan *plan, const struct kn_table *old, const struct kn_table *want)
{
	/* What goes first makes room for what comes. */
	for (size_t i = 0; i < old->n_orphans; i++)
		slot_del(plan, old->orphans[i].id, old->orphans[i].gen, old->orphans[i].slot);
	for (size_t i = 0; i < old->n_entries; i++) {
		const struct kn_entry *e = &old->entries[i];

		if (kn_table_find(want, &e->key))
			continue;
		op_add(plan, KN_OP_SERVICE_DEL)->service.key = e->key;
		slots_del(plan, e);
	}
	for (size_t i = 0; i < want->n_entries; i++) {
		const struct kn_entry *e = &want->entries[i];
		const struct kn_entry *was = kn_table_find(old, &e->key);

		if (was && kn_entry_same(old, was, want, e))
			continue;
		entry_set(plan, want, e);
		if (was)
			slots_del(plan, was);
	}
}

void kn_plan_free(struct kn_plan *plan)
{
	free(plan->ops);
	*plan = (struct kn_plan){0};
}
