/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>
#include <string.h>
#include "lib/base/map.h"

static void test_set_get_del(void **state)
{
	struct kn_map *m = kn_map_new();
	int one = 1, two = 2;

	assert_null(kn_map_get(m, "a"));
	assert_null(kn_map_del(m, "a"));
	assert_null(kn_map_set(m, "a", &one));
	assert_ptr_equal(kn_map_set(m, "a", &two), &one);
	assert_int_equal(kn_map_count(m), 1);
	assert_ptr_equal(kn_map_del(m, "a"), &two);
	assert_int_equal(kn_map_count(m), 0);
	kn_map_free(m, NULL);
}

/* Random sets and deletes against a plain array: the backward shift must never lose a key. */
static void test_against_model(void **state)
{
	enum { KEYS = 300, STEPS = 60000 };
	static char value[KEYS];
	bool in[KEYS] = {false};
	struct kn_map *m = kn_map_new();
	unsigned seed = 7;
	size_t count = 0;
	char key[16];

	for (int i = 0; i < STEPS; i++) {
		seed = seed * 1103515245 + 12345;
		unsigned k = seed / 65536 % KEYS;

		snprintf(key, sizeof(key), "k%u", k);
		if (seed / 3 % 2) {
			kn_map_set(m, key, &value[k]);
			count += !in[k];
			in[k] = true;
		} else {
			assert_int_equal(kn_map_del(m, key) != NULL, in[k]);
			count -= in[k];
			in[k] = false;
		}
		assert_int_equal(kn_map_count(m), count);
		if (i % 1000)
			continue;
		for (unsigned j = 0; j < KEYS; j++) {
			snprintf(key, sizeof(key), "k%u", j);
			assert_ptr_equal(kn_map_get(m, key), in[j] ? &value[j] : NULL);
		}
	}
	kn_map_free(m, NULL);
}

static void test_iteration(void **state)
{
	struct kn_map *m = kn_map_new();
	const char *key;
	size_t it = 0;
	void *v;
	int n = 0, x;

	assert_false(kn_map_next(m, &it, &key, &v));
	kn_map_set(m, "a", &x);
	kn_map_set(m, "b", &x);
	it = 0;
	while (kn_map_next(m, &it, &key, NULL))
		n += key[0];
	assert_int_equal(n, 'a' + 'b');
	kn_map_free(m, NULL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_set_get_del),
		cmocka_unit_test(test_against_model),
		cmocka_unit_test(test_iteration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
