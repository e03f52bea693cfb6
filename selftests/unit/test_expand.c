/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const char *lookup(void *user, const char *name)
{
	return !strcmp(name, "A") ? "1" : !strcmp(name, "B") ? "$(A)" : !strcmp(name, "E") ? "" : user;
}

static void test_table(void **state)
{
	static const struct {
		const char *in, *out;
	} t[] = {
		{"", ""},	    {"x$(A)y", "x1y"}, {"$$(A)", "$(A)"}, {"$$$(A)", "$1"},
		{"$", "$"},	    {"a$", "a$"},      {"$$", "$"},	  {"$(NO)", "$(NO)"},
		{"$(A", "$(A"},	    {"$A", "$A"},      {"$(B)", "$(A)"},  {"$($(A))", "$($(A))"},
		{"$(A)$(A)", "11"}, {"$(E)", ""},      {"$()", "$()"},	  {"$($$", "$($"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);

		assert_string_equal(kn_expand(a, t[i].in, lookup, NULL), t[i].out);
	}
}

static void test_bounded(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	char *big = kn_arena_alloc(a, 60001), *in = kn_arena_strdup(a, "$(X)$(X)$(X)");

	memset(big, 'x', 60000);
	assert_int_equal(strlen(kn_expand(a, in + 4, lookup, big)), 120000);
	assert_null(kn_expand(a, in, lookup, big));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_table), cmocka_unit_test(test_bounded)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
