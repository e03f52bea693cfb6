/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/json/build.h"

struct fixture {
	struct kn_arena *a;
	struct kn_build b;
	struct kn_err err;
};

static void begin(struct fixture *f, size_t depth, size_t nodes, size_t bytes)
{
	const struct kn_node_limits lim = {.depth = depth, .nodes = nodes};

	f->a = kn_arena_new(bytes);
	f->err = (struct kn_err)KN_ERR_INIT;
	kn_build_init(&f->b, &lim, f->a);
}

static void end(struct fixture *f)
{
	kn_build_free(&f->b);
	kn_arena_free(f->a);
}

static int add(struct fixture *f, enum kn_node_type type)
{
	return kn_build_add(&f->b, type, 7, NULL, &f->err);
}

static void key(struct fixture *f, const char *name)
{
	assert_int_equal(kn_build_key(&f->b, name, strlen(name), 7, &f->err), 0);
}

static void test_a_tree_is_built(void **state)
{
	struct fixture f;
	const struct kn_node *n;

	begin(&f, 0, 0, 0);
	add(&f, KN_NODE_OBJECT);
	key(&f, "a");
	assert_int_equal(kn_build_text(&f.b, KN_NODE_STRING, "x\0y", 3, 3, &f.err), 0);
	key(&f, "l");
	add(&f, KN_NODE_ARRAY);
	assert_int_equal(kn_build_open(&f.b)->type, KN_NODE_ARRAY);
	add(&f, KN_NODE_NULL);
	add(&f, KN_NODE_OBJECT);
	kn_build_close(&f.b);
	kn_build_close(&f.b);
	assert_int_equal(f.b.last_nodes, 3);
	assert_int_equal(f.b.last_height, 2);
	kn_build_close(&f.b);
	assert_null(kn_build_open(&f.b));
	assert_int_equal(f.b.last_nodes, 5);
	assert_int_equal(f.b.last_height, 3);
	n = f.b.root->child;
	assert_string_equal(n->key, "a");
	assert_int_equal(n->line, 3);
	assert_int_equal(n->text_len, 3);
	assert_memory_equal(n->text, "x\0y", 4);
	assert_string_equal(n->next->key, "l");
	assert_null(n->next->child->key);
	assert_int_equal(n->next->child->next->type, KN_NODE_OBJECT);
	assert_null(n->next->next);
	end(&f);
}

static void test_limits(void **state)
{
	struct fixture f;

	begin(&f, 2, 3, 0);
	assert_int_equal(add(&f, KN_NODE_ARRAY), 0);
	assert_int_equal(add(&f, KN_NODE_ARRAY), 0);
	assert_int_equal(add(&f, KN_NODE_ARRAY), -EINVAL);
	assert_string_equal(f.err.msg, "line 7: nested deeper than 2");
	assert_int_equal(add(&f, KN_NODE_NULL), 0); /* a plain value needs no level */
	assert_int_equal(add(&f, KN_NODE_NULL), -E2BIG);
	end(&f);

	begin(&f, 0, 0, 4096);
	add(&f, KN_NODE_ARRAY);
	for (int r = 0, i = 0; !r; i++) {
		assert_true(i < 4096);
		r = add(&f, KN_NODE_NULL);
		assert_true(r == 0 || r == -ENOMEM);
	}
	assert_int_equal(kn_build_text(&f.b, KN_NODE_STRING, "0123456789012345678901234567890123456789", 40,
				       9, &f.err),
			 -ENOMEM);
	assert_non_null(strstr(f.err.msg, "line 9"));
	end(&f);
}

static void test_a_key_holds_no_nul(void **state)
{
	struct fixture f;

	begin(&f, 0, 0, 0);
	assert_int_equal(kn_build_key(&f.b, "a\0b", 3, 4, &f.err), -EINVAL);
	assert_string_equal(f.err.msg, "line 4: a NUL in a member's name");
	end(&f);
}

/* An alias of a tree of 3 nodes and 2 levels, again and again. */
static void test_copies_count(void **state)
{
	struct fixture f;
	const struct kn_node *src;
	size_t nodes, height;

	begin(&f, 3, 11, 0);
	add(&f, KN_NODE_ARRAY);
	add(&f, KN_NODE_ARRAY);
	add(&f, KN_NODE_ARRAY);
	kn_build_close(&f.b);
	kn_build_text(&f.b, KN_NODE_STRING, "t", 1, 1, &f.err);
	kn_build_close(&f.b);
	src = f.b.last;
	nodes = f.b.last_nodes;
	height = f.b.last_height;
	assert_int_equal(nodes, 3);
	assert_int_equal(height, 2);
	for (int i = 0; i < 2; i++)
		assert_int_equal(kn_build_copy(&f.b, src, nodes, height, 20, &f.err), 0);
	assert_int_equal(f.b.nodes, 10);
	assert_int_equal(kn_build_copy(&f.b, src, nodes, height, 20, &f.err), -E2BIG);
	add(&f, KN_NODE_ARRAY);
	assert_int_equal(kn_build_copy(&f.b, src, 0, height, 20, &f.err), -EINVAL); /* too deep here */
	kn_build_close(&f.b);
	kn_build_close(&f.b);
	assert_int_equal(f.b.last_height, 3);
	assert_ptr_not_equal(src->next, src);
	assert_ptr_not_equal(src->next->child, src->child);
	assert_string_equal(src->next->child->next->text, "t");
	assert_int_equal(src->next->line, 20);
	end(&f);
}

static void test_documents_share_the_counters(void **state)
{
	struct fixture f;

	begin(&f, 0, 2, 0);
	assert_int_equal(add(&f, KN_NODE_ARRAY), 0);
	kn_build_restart(&f.b);
	assert_null(kn_build_open(&f.b));
	assert_null(f.b.root);
	assert_int_equal(add(&f, KN_NODE_NULL), 0);
	assert_int_equal(f.b.root->type, KN_NODE_NULL);
	kn_build_restart(&f.b);
	assert_int_equal(add(&f, KN_NODE_NULL), -E2BIG);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_tree_is_built),
		cmocka_unit_test(test_limits),
		cmocka_unit_test(test_a_key_holds_no_nul),
		cmocka_unit_test(test_copies_count),
		cmocka_unit_test(test_documents_share_the_counters),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
