// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "proxy/table.h"

static void add(struct kn_table *t, int port, int backend)
{
	const struct kn_svc_key key = {.port = port, .proto = 6};
	const struct kn_addr a = {.w = {backend}};

	kn_table_add_service(t, &key, "n", "s", NULL);
	kn_table_add_backend(t, &a, 1, NULL, true);
	kn_table_add_backend(t, &a, 1, NULL, true); /* doubled */
}

static void test_first_of_one_key_stays(void **state)
{
	struct kn_table *t = kn_table_new();

	add(t, 2, 1);
	add(t, 1, 2);
	add(t, 2, 3);
	assert_int_equal(kn_table_finish(t), 1);
	assert_int_equal(t->n_entries, 2);
	assert_int_equal(t->entries[1].n, 1);
	assert_int_equal(t->backends[t->entries[1].first].addr.w[0], 1);
	kn_table_free(t);
}

static void test_ids_stay_and_wrap(void **state)
{
	struct kn_table *none = kn_table_new(), *a = kn_table_new(), *b = kn_table_new();

	add(a, 1, 1);
	add(a, 2, 1);
	kn_table_finish(a);
	kn_table_assign_ids(a, none);
	assert_int_equal(a->entries[0].id, 1);
	assert_int_equal(a->entries[1].id, 2);
	a->next_id = UINT32_MAX;
	add(b, 1, 1); /* as before */
	add(b, 2, 9); /* changed */
	add(b, 3, 1);
	add(b, 4, 1); /* behind the wrap: 0, 1 and 2 can't be had */
	kn_table_finish(b);
	kn_table_assign_ids(b, a);
	assert_int_equal(b->entries[0].id, 1);
	assert_int_equal(b->entries[0].gen, 1);
	assert_int_equal(b->entries[1].id, 2);
	assert_int_equal(b->entries[1].gen, 2);
	assert_int_equal(b->entries[2].id, UINT32_MAX);
	assert_int_equal(b->entries[3].id, 3);
	kn_table_free(none);
	kn_table_free(a);
	kn_table_free(b);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first_of_one_key_stays),
		cmocka_unit_test(test_ids_stay_and_wrap),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
