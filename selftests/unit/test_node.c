/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/json/node.h"

static struct kn_node *parse(struct kn_arena *a, const char *text)
{
	struct kn_node *n = NULL;

	assert_int_equal(kn_json_parse(text, strlen(text), NULL, a, &n, NULL), 0);
	return n;
}

static void test_members_are_found_by_name(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const struct kn_node *n = parse(a, "{\"a\": 1, \"b\": {\"a\": 2}, \"a\": 3, \"\": \"e\"}");

	assert_string_equal(kn_node_get(n, "a")->text, "1"); /* of two, the first */
	assert_string_equal(kn_node_get(kn_node_get(n, "b"), "a")->text, "2");
	assert_string_equal(kn_node_str(n, ""), "e");
	assert_null(kn_node_get(n, "A"));
	assert_null(kn_node_get(n, "c"));
}

static void test_only_objects_have_members(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	assert_null(kn_node_get(NULL, "a"));
	assert_null(kn_node_get(parse(a, "[{\"a\": 1}]"), "a"));
	assert_null(kn_node_get(parse(a, "\"a\""), "a"));
	assert_null(kn_node_get(parse(a, "{}"), "a"));
	assert_null(kn_node_str(NULL, "a"));
}

static void test_a_string_is_asked_for(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const struct kn_node *n = parse(a, "{\"s\": \"x\", \"n\": 1, \"b\": true, \"o\": {}, \"z\": null}");

	assert_string_equal(kn_node_str(n, "s"), "x");
	assert_null(kn_node_str(n, "n"));
	assert_null(kn_node_str(n, "b"));
	assert_null(kn_node_str(n, "o"));
	assert_null(kn_node_str(n, "z"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_members_are_found_by_name),
		cmocka_unit_test(test_only_objects_have_members),
		cmocka_unit_test(test_a_string_is_asked_for),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
