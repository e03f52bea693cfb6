// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"

static int parse(struct kn_arena *a, const char *text, struct kn_node **n, struct kn_err *err)
{
	return kn_yaml_parse(text, strlen(text), NULL, a, n, err);
}

static void test_block(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;
	const struct kn_node *m;

	assert_int_equal(parse(a, "a: yes\nb:\n- 0644\n- 'no'\n- x: |\n    text\n80: c\non: d\n", &n, NULL),
			 0);
	assert_true(kn_node_get(n, "a")->boolean);
	m = kn_node_get(n, "b");
	assert_int_equal(m->line, 3);
	assert_string_equal(m->child->text, "420");
	assert_int_equal(m->child->next->type, KN_NODE_STRING);
	assert_string_equal(kn_node_str(m->child->next->next, "x"), "text\n");
	assert_string_equal(kn_node_str(n, "80"), "c");
	assert_string_equal(kn_node_str(n, "true"), "d");
}

static void test_documents(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;

	assert_int_equal(parse(a, "---\n# nothing\n---\na: 1\n---\n---\nb: 2\n...\n", &n, NULL), 0);
	assert_non_null(kn_node_get(n, "a"));
	assert_int_equal(n->next->line, 7);
	assert_non_null(kn_node_get(n->next, "b"));
	assert_null(n->next->next);
	assert_int_equal(parse(a, "# nothing\n", &n, NULL), 0);
	assert_null(n);
	assert_int_equal(parse(a, "", &n, NULL), 0);
	assert_null(n);
}

static void test_json_text(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;

	assert_int_equal(parse(a, "\n\t{\t\"a\": \"\\ud83d\\ude00\\/\"}", &n, NULL), 0);
	assert_string_equal(kn_node_str(n, "a"), "\xf0\x9f\x98\x80/");
	assert_int_equal(parse(a, "{a: b, c: [1, 2]}", &n, NULL), 0);
	assert_string_equal(kn_node_str(n, "a"), "b");
}

static void test_aliases(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;
	const struct kn_node *b, *c;

	assert_int_equal(parse(a, "a: &x {k: [1, 2]}\nb: *x\nc: *x\nd: 1\n", &n, NULL), 0);
	b = kn_node_get(n, "b");
	c = kn_node_get(n, "c");
	assert_string_equal(kn_node_get(b, "k")->child->next->text, "2");
	assert_null(kn_node_get(b, "k")->child->next->next);
	assert_ptr_not_equal(b->child, c->child); /* copies: one may be changed without the other */
	assert_int_equal(b->line, 2);
	assert_string_equal(c->next->key, "d");
}

static void test_bad(void **state)
{
	static const struct {
		const char *text, *msg;
	} bad[] = {
		{"a: &x\n  b: *x\n", "line 2: anchor \"x\" contains itself"},
		{"a: *x\n", "line 1: no anchor \"x\""},
		{"a: &x 1\n---\nb: *x\n", "line 3: no anchor \"x\""},
		{"a: &x {}\nb:\n  <<: *x\n", "line 3: merge keys (<<) are not supported"},
		{"[a]: 1\n", "line 1: a collection cannot name a member"},
		{"~: 1\n", "line 1: null cannot name a member"},
		{"a: .inf\n", "line 1: \".inf\" is not a value of JSON"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_node untouched, *n = &untouched;
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(parse(a, bad[i].text, &n, &err), -EINVAL);
		assert_string_equal(err.msg, bad[i].msg);
		assert_ptr_equal(n, &untouched);
	}
}

static void test_syntax_line(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	assert_int_equal(parse(a, "a: 1\nb:\n  c: 2\n d: 3\n", &n, &err), -EINVAL);
	assert_memory_equal(err.msg, "line 4: ", 8);
	assert_int_equal(parse(a, "a: \xff\n", &n, &err), -EINVAL);
	assert_memory_equal(err.msg, "line 1: ", 8);
}

/* Nine levels of nine aliases each would be 387 million values. */
static void test_alias_bomb(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf text = {0};
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	kn_buf_adds(&text, "a0: &a0 [x, x, x, x, x, x, x, x, x]\n");
	for (int i = 1; i < 9; i++) {
		kn_buf_addf(&text, "a%d: &a%d [", i, i);
		for (int k = 0; k < 9; k++)
			kn_buf_addf(&text, "%s*a%d", k ? ", " : "", i - 1);
		kn_buf_adds(&text, "]\n");
	}
	assert_int_equal(kn_yaml_parse(text.data, text.len, NULL, a, &n, &err), -E2BIG);
	assert_true(kn_arena_used(a) < (16 << 20));
}

/* Aliases must not build what could not be written out: each level adds one. */
static void test_alias_depth(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf text = {0};
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n;

	kn_buf_adds(&text, "- &a0 []\n");
	for (int i = 1; i < 200; i++)
		kn_buf_addf(&text, "- &a%d [*a%d]\n", i, i - 1);
	assert_int_equal(kn_yaml_parse(text.data, text.len, NULL, a, &n, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "nested deeper than 128"));
}

static void refuse_filled(const char *unit, const char *what)
{
	const size_t len = 1 << 20, n = strlen(unit);
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_free char *text = kn_calloc(1, len);
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *node;

	for (size_t i = 0; i + n <= len; i += n)
		memcpy(text + i, unit, n);
	assert_true(kn_yaml_parse(text, len / n * n, NULL, a, &node, &err) < 0);
	assert_non_null(strstr(err.msg, what));
	assert_true(kn_arena_used(a) < 1 << 20);
}

static void test_deep(void **state)
{
	refuse_filled("[", "nested deeper than 128");
	refuse_filled("{a: ", "nested deeper than 128");
	refuse_filled("- ", "nested deeper than 128");
	refuse_filled("%TAG !a! x\n", "directives");
	refuse_filled("- &a\n", "anchors");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_block),	   cmocka_unit_test(test_documents),
		cmocka_unit_test(test_json_text),  cmocka_unit_test(test_aliases),
		cmocka_unit_test(test_bad),	   cmocka_unit_test(test_syntax_line),
		cmocka_unit_test(test_alias_bomb), cmocka_unit_test(test_alias_depth),
		cmocka_unit_test(test_deep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
