/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include "lib/base/flag.h"
#include "lib/base/mem.h"

struct target {
	const char *s;
	bool b;
	int n;
	int64_t d;
	const char **l;
};
static const struct kn_flag flags[] = {
	{"str", KN_FLAG_STRING, offsetof(struct target, s), ""},
	{"yes", KN_FLAG_BOOL, offsetof(struct target, b), ""},
	{"v", KN_FLAG_INT, offsetof(struct target, n), ""},
	{"for", KN_FLAG_DURATION, offsetof(struct target, d), ""},
	{"list", KN_FLAG_LIST, offsetof(struct target, l), ""},
};

static int parse(struct target *t, struct kn_arena *a, struct kn_err *err, const char *x, const char *y)
{
	char *argv[] = {"prog", (char *)x, (char *)y, NULL};

	return kn_flags_parse(flags, KN_ARRAY_SIZE(flags), t, y ? 3 : 2, argv, a, err);
}

static void test_forms(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct target t = {0};

	assert_int_equal(parse(&t, a, NULL, "--str=a=b", "--yes"), 0);
	assert_string_equal(t.s, "a=b");
	assert_true(t.b);
	assert_int_equal(parse(&t, a, NULL, "--str", "x"), 0);
	assert_string_equal(t.s, "x");
	assert_int_equal(parse(&t, a, NULL, "-v=4", "--yes=false"), 0);
	assert_int_equal(t.n, 4);
	assert_false(t.b);
	assert_int_equal(parse(&t, a, NULL, "--list=a,b", NULL), 0);
	assert_string_equal(t.l[1], "b");
	assert_null(t.l[2]);
}

static void test_bad(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	struct target t = {0};

	assert_int_equal(parse(&t, a, &err, "--strr=a", NULL), -EINVAL);
	assert_string_equal(err.msg, "unknown flag: --strr");
	assert_int_equal(parse(&t, a, &err, "--str", NULL), -EINVAL);
	assert_string_equal(err.msg, "flag needs an argument: --str");
	assert_int_equal(parse(&t, a, &err, "--v=x", NULL), -EINVAL);
	assert_string_equal(err.msg, "invalid argument \"x\" for \"--v\" flag");
	assert_int_equal(parse(&t, a, &err, "word", NULL), -EINVAL);
}

static void test_duration(void **state)
{
	int64_t ns = 7;

	assert_int_equal(kn_duration_parse("1m30s", &ns), 0);
	assert_int_equal(ns, 90000000000LL);
	assert_int_equal(kn_duration_parse("1.5ms", &ns), 0);
	assert_int_equal(ns, 1500000);
	assert_int_equal(kn_duration_parse("0", &ns), 0);
	assert_int_equal(ns, 0);
	assert_int_equal(kn_duration_parse("", &ns), -EINVAL);
	assert_int_equal(kn_duration_parse("5", &ns), -EINVAL);
	assert_int_equal(kn_duration_parse("-1s", &ns), -EINVAL);
	assert_int_equal(kn_duration_parse("1d", &ns), -EINVAL);
	assert_int_equal(kn_duration_parse("99999999h", &ns), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_forms),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_duration),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
