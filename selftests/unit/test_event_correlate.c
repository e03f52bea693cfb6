// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/status/event_correlate.h"
#include "lib/base/clock.h"

#define NOW (1700000000 * KN_NSEC_PER_SEC)

static struct kn_event_fate say(struct kn_correlator *c, const char *object, const char *message,
				int64_t after_s)
{
	const struct kn_event_key k = {.object = object,
				       .subject = object,
				       .type = "Normal",
				       .reason = "Pulled",
				       .message = message};
	struct kn_event_fate f;

	kn_correlator_decide(c, &k, NOW + after_s * KN_NSEC_PER_SEC, &f);
	return f;
}

static void the_same_is_counted(void **state)
{
	struct kn_correlator *c = kn_correlator_new();
	struct kn_event_fate f = say(c, "a", "x", 0);

	assert_int_equal(f.count, 1);
	assert_null(f.name);
	kn_correlator_named(c, f.key, "a.1");
	f = say(c, "a", "x", 5);
	assert_int_equal(f.count, 2);
	assert_string_equal(f.name, "a.1");
	assert_int_equal(f.first_ns, NOW);
	f = say(c, "a", "y", 6);
	assert_int_equal(f.count, 1);
	assert_null(f.name);
	f = say(c, "b", "x", 6);
	assert_int_equal(f.count, 1);
	kn_correlator_free(c);
}

static void many_alike_become_one(void **state)
{
	struct kn_correlator *c = kn_correlator_new();
	struct kn_event_fate f;
	char text[16];

	for (int i = 0; i < 9; i++) {
		snprintf(text, sizeof(text), "m%d", i);
		assert_false(say(c, "a", text, 0).combined);
	}
	f = say(c, "a", "m9", 1);
	assert_true(f.combined);
	assert_int_equal(f.count, 1);
	f = say(c, "a", "m10", 2);
	assert_true(f.combined);
	assert_int_equal(f.count, 2);
	assert_false(say(c, "a", "m11", 1000).combined); /* long ago */
	kn_correlator_free(c);
}

static void who_talks_much_is_stopped(void **state)
{
	struct kn_correlator *c = kn_correlator_new();
	unsigned heard = 0;

	for (int i = 0; i < 40; i++)
		heard += !say(c, "a", "x", 0).drop;
	assert_int_equal(heard, 25);
	assert_false(say(c, "b", "x", 0).drop);
	assert_true(say(c, "a", "x", 299).drop);
	assert_false(say(c, "a", "x", 700).drop);
	kn_correlator_free(c);
}

static void memory_is_bounded(void **state)
{
	struct kn_correlator *c = kn_correlator_new();
	char object[32];

	for (int i = 0; i < 10000; i++) {
		snprintf(object, sizeof(object), "o%d", i);
		say(c, object, "x", i);
	}
	assert_int_equal(say(c, "o9999", "x", 10000).count, 2); /* the newest is remembered */
	assert_int_equal(say(c, "o0", "x", 10000).count, 1);
	kn_correlator_free(c);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_is_counted),
		cmocka_unit_test(many_alike_become_one),
		cmocka_unit_test(who_talks_much_is_stopped),
		cmocka_unit_test(memory_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
