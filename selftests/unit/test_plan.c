// SPDX-License-Identifier: Apache-2.0
/* Random tables after each other; after every single operation a simulated map must be consistent. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "proxy/plan.h"

#define MAX 4096

struct sim {
	struct kn_op svc[64], slot[MAX];
	size_t n_svc, n_slot;
};

static struct kn_op *sim_slot(struct sim *s, const struct kn_slot_key *k)
{
	for (size_t i = 0; i < s->n_slot; i++)
		if (!memcmp(&s->slot[i].slot.key, k, sizeof(*k)))
			return &s->slot[i];
	return NULL;
}

static struct kn_op *sim_svc(struct sim *s, const struct kn_svc_key *k)
{
	for (size_t i = 0; i < s->n_svc; i++)
		if (!kn_svc_key_cmp(&s->svc[i].service.key, k))
			return &s->svc[i];
	return NULL;
}

static void sim_apply(struct sim *s, const struct kn_op *op)
{
	bool slot = op->type == KN_OP_SLOT_SET || op->type == KN_OP_SLOT_DEL;
	struct kn_op *at = slot ? sim_slot(s, &op->slot.key) : sim_svc(s, &op->service.key);

	if (op->type == KN_OP_SLOT_SET) {
		assert_null(at); /* never over a slot that may be in use */
		assert_true(s->n_slot < MAX);
		s->slot[s->n_slot++] = *op;
	} else if (op->type == KN_OP_SERVICE_SET) {
		*(at ? at : &s->svc[s->n_svc++]) = *op;
	} else {
		assert_non_null(at);
		*at = slot ? s->slot[--s->n_slot] : s->svc[--s->n_svc];
	}
}

static void sim_check(struct sim *s)
{
	for (size_t i = 0; i < s->n_svc; i++) {
		const struct kn_svc *v = &s->svc[i].service.value;

		for (uint32_t k = 0; k < v->count; k++) {
			struct kn_slot_key key = {v->id, v->gen, k};

			assert_non_null(sim_slot(s, &key));
		}
	}
}

static struct kn_table *random_table(void)
{
	struct kn_table *t = kn_table_new();

	for (int i = 0; i < 12; i++) {
		struct kn_svc_key key = {.port = i, .proto = 6};

		if (rand() % 3 == 0)
			continue;
		kn_table_add_service(t, &key, "n", "s", NULL);
		for (int k = rand() % 4; k > 0; k--) {
			struct kn_addr a = {.w = {rand() % 4}};

			kn_table_add_backend(t, &a, 1, NULL, true);
		}
	}
	assert_int_equal(kn_table_finish(t), 0);
	return t;
}

static void check_end(struct sim *s, const struct kn_table *t)
{
	size_t slots = 0;

	assert_int_equal(s->n_svc, t->n_entries);
	for (size_t i = 0; i < t->n_entries; i++) {
		const struct kn_entry *e = &t->entries[i];
		const struct kn_op *v = sim_svc(s, &e->key);

		assert_non_null(v);
		assert_int_equal(v->service.value.id, e->id);
		assert_int_equal(v->service.value.gen, e->gen);
		assert_int_equal(v->service.value.count, e->n);
		for (size_t k = 0; k < e->n; k++) {
			struct kn_slot_key key = {e->id, e->gen, k};

			assert_memory_equal(&sim_slot(s, &key)->slot.value.addr,
					    &t->backends[e->first + k].addr, 16);
		}
		slots += e->n;
	}
	assert_int_equal(s->n_slot, slots); /* nothing is left behind */
}

static void test_every_step_is_consistent(void **state)
{
	struct sim *s = kn_calloc(1, sizeof(*s));
	struct kn_table *old = kn_table_new();

	srand(1);
	for (int round = 0; round < 2000; round++) {
		struct kn_table *t = random_table();
		kn_auto_plan struct kn_plan plan = {0};

		kn_table_assign_ids(t, old);
		kn_plan_make(&plan, old, t);
		for (size_t i = 0; i < plan.n; i++) {
			sim_apply(s, &plan.ops[i]);
			sim_check(s);
		}
		check_end(s, t);
		kn_table_free(old);
		old = t;
	}
	kn_table_free(old);
	free(s);
}

static void test_same_costs_nothing(void **state)
{
	struct kn_table *none = kn_table_new(), *a, *b;
	struct kn_plan plan = {0};

	srand(7);
	a = random_table();
	srand(7);
	b = random_table();
	kn_table_assign_ids(a, none);
	kn_table_assign_ids(b, a);
	kn_plan_make(&plan, a, b);
	assert_true(a->n_entries > 0);
	assert_int_equal(plan.n, 0);
	kn_plan_free(&plan);
	kn_table_free(a);
	kn_table_free(b);
	kn_table_free(none);
}

static void test_orphans_go_and_broken_is_rewritten(void **state)
{
	struct kn_svc_key key = {.port = 1, .proto = 6};
	struct kn_slot_key orphan = {.id = 5, .gen = 2, .slot = 0};
	struct kn_table *old = kn_table_new(), *t = kn_table_new();
	struct kn_plan plan = {0};

	kn_table_add_service(old, &key, NULL, NULL, NULL);
	old->entries[0].id = 5;
	old->entries[0].gen = 1;
	old->entries[0].broken = true;
	kn_table_add_orphan(old, &orphan);
	kn_table_finish(old);
	kn_table_add_service(t, &key, NULL, NULL, NULL);
	kn_table_finish(t);
	kn_table_assign_ids(t, old);
	assert_int_equal(t->entries[0].id, 5);
	assert_int_equal(t->entries[0].gen, 2);
	kn_plan_make(&plan, old, t);
	assert_int_equal(plan.n, 2);
	assert_int_equal(plan.ops[0].type, KN_OP_SLOT_DEL);
	assert_int_equal(plan.ops[1].type, KN_OP_SERVICE_SET);
	kn_plan_free(&plan);
	kn_table_free(old);
	kn_table_free(t);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_step_is_consistent),
		cmocka_unit_test(test_same_costs_nothing),
		cmocka_unit_test(test_orphans_go_and_broken_is_rewritten),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
