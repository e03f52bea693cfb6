// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/mem.h"
#include "lib/json/node.h"

static int parse(struct kn_arena *a, const char *text, struct kn_node **n, struct kn_err *err)
{
	return kn_json_parse(text, strlen(text), NULL, a, n, err);
}

static void test_values(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;
	const struct kn_node *m;

	assert_int_equal(
		parse(a, "{\"a\": [1, 2.50e3, true, null],\n \"b\": {\"c\": \"x\\u0041\\n\"}\n}", &n, NULL),
		0);
	assert_int_equal(n->type, KN_NODE_OBJECT);
	m = kn_node_get(n, "a");
	assert_int_equal(m->type, KN_NODE_ARRAY);
	assert_int_equal(m->line, 1);
	assert_string_equal(m->child->text, "1");
	assert_string_equal(m->child->next->text, "2.50e3");
	assert_true(m->child->next->next->boolean);
	assert_int_equal(m->child->next->next->next->type, KN_NODE_NULL);
	assert_null(m->child->next->next->next->next);
	m = kn_node_get(n, "b");
	assert_int_equal(m->line, 2);
	assert_string_equal(kn_node_str(m, "c"), "xA\n");
}

static void test_big_number_kept(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n;

	assert_int_equal(parse(a, "123456789012345678901234567890", &n, NULL), 0);
	assert_string_equal(n->text, "123456789012345678901234567890");
}

static void test_doubled_and_nul(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	assert_int_equal(parse(a, "{\"a\":1,\"a\":2}", &n, NULL), 0);
	assert_string_equal(n->child->next->text, "2");
	assert_int_equal(parse(a, "\"a\\u0000b\"", &n, NULL), 0);
	assert_int_equal(n->text_len, 3);
	assert_int_equal(parse(a, "{\n\"a\\u0000b\":1}", &n, &err), -EINVAL);
	assert_string_equal(err.msg, "line 2: a NUL in a member's name");
}

static void test_errors(void **state)
{
	static const char *const bad[] = {"",	  "{",	 "[1,]",     "{\"a\" 1}", "1 2",
					  "{} x", "nul", "\"\xff\"", "[01]",	  "\"\n\""};
	struct kn_node untouched, *n = &untouched;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(parse(a, bad[i], &n, &err), -EINVAL);
		assert_memory_equal(err.msg, "line ", 5);
		assert_ptr_equal(n, &untouched);
	}
}

static void test_error_line(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	assert_int_equal(parse(a, "{\n\"a\": 1,\n\"b\": x}", &n, &err), -EINVAL);
	assert_memory_equal(err.msg, "line 3: ", 8);
}

static void test_depth(void **state)
{
	const size_t len = 1 << 20;
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *text = kn_calloc(1, len);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	memset(text, '[', len);
	assert_int_equal(kn_json_parse(text, len, NULL, a, &n, &err), -EINVAL);
	assert_string_equal(err.msg, "line 1: nested deeper than 128");
	assert_true(kn_arena_used(a) < 64 * 1024);
	/* 128 levels are fine, 129 are not. */
	memset(text + 128, ']', 128);
	assert_int_equal(kn_json_parse(text, 256, NULL, a, &n, NULL), 0);
	memset(text, '[', 129);
	memset(text + 129, ']', 129);
	assert_int_equal(kn_json_parse(text, 258, NULL, a, &n, NULL), -EINVAL);
}

static void test_limits(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_arena struct kn_arena *tiny = kn_arena_new(200);
	struct kn_node_limits lim = {.nodes = 3};
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	assert_int_equal(kn_json_parse("[1,2]", 5, &lim, a, &n, NULL), 0);
	assert_int_equal(kn_json_parse("[1,2,3]", 7, &lim, a, &n, &err), -E2BIG);
	assert_int_equal(parse(tiny, "[1,2,3,4,5,6]", &n, &err), -ENOMEM);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_values),		cmocka_unit_test(test_big_number_kept),
		cmocka_unit_test(test_doubled_and_nul), cmocka_unit_test(test_errors),
		cmocka_unit_test(test_error_line),	cmocka_unit_test(test_depth),
		cmocka_unit_test(test_limits),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
