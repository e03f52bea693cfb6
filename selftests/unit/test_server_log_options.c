/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/server_log_options.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define NOW (1750000000 * KN_NSEC_PER_SEC)

/* query: "a=b&c=d", nothing escaped */
static int parse(const char *query, struct kn_log_options *o)
{
	char *copy kn_auto_free = kn_strdup(query), *save = NULL, *p;

	kn_log_options_init(o);
	for (p = strtok_r(copy, "&", &save); p; p = strtok_r(NULL, "&", &save)) {
		char *v = strchr(p, '=');

		if (v)
			*v++ = '\0';
		kn_log_options_param(o, p, v ? v : "");
	}
	return kn_log_options_finish(o, NOW);
}

static void test_good(void **state)
{
	struct kn_log_options o;

	assert_int_equal(parse("", &o), 200);
	assert_false(o.follow || o.previous || o.timestamps);
	assert_true(o.out && o.err);
	assert_int_equal(o.tail, -1);
	assert_int_equal(o.limit, -1);
	assert_int_equal(o.since_ns, 0);
	assert_int_equal(parse("follow=true&timestamps&previous=1&tailLines=0&limitBytes=7&other=x", &o),
			 200);
	assert_true(o.follow && o.previous && o.timestamps);
	assert_int_equal(o.tail, 0);
	assert_int_equal(o.limit, 7);
	assert_int_equal(parse("follow=False&previous=0&tailLines=all", &o), 200);
	assert_false(o.follow || o.previous);
	assert_int_equal(o.tail, -1);
	assert_int_equal(parse("sinceSeconds=5", &o), 200);
	assert_true(o.since_ns == NOW - 5 * KN_NSEC_PER_SEC);
	assert_int_equal(parse("sinceSeconds=9000000000000000000", &o), 200);
	assert_int_equal(o.since_ns, 0);
	assert_int_equal(parse("sinceTime=2024-01-02T03:04:05Z", &o), 200);
	assert_true(o.since_ns == 1704164645 * KN_NSEC_PER_SEC);
	assert_int_equal(parse("sinceTime=2024-01-02T03:04:05%2B01:00", &o), 400); /* it comes decoded */
	assert_int_equal(parse("sinceTime=2024-01-02T04:04:05+01:00", &o), 200);
	assert_true(o.since_ns == 1704164645 * KN_NSEC_PER_SEC);
	assert_int_equal(parse("stream=Stderr", &o), 200);
	assert_true(o.err && !o.out);
	assert_int_equal(parse("stream=Stdout", &o), 200);
	assert_true(o.out && !o.err);
	assert_int_equal(parse("stream=All&tailLines=3", &o), 200);
}

static void test_bad(void **state)
{
	static const char *const no_number[] = {
		"tailLines=x",	  "tailLines=",	      "tailLines=1x",
		"limitBytes=1.5", "sinceSeconds=abc", "sinceTime=yesterday",
		"stream=stdout",  "tailLines= 1",     "tailLines=99999999999999999999",
	};
	static const char *const invalid[] = {
		"tailLines=-1",
		"limitBytes=0",
		"limitBytes=-5",
		"sinceSeconds=0",
		"sinceSeconds=-3",
		"sinceSeconds=1&sinceTime=2024-01-02T03:04:05Z",
		"stream=Stdout&tailLines=3",
	};
	struct kn_log_options o;

	for (size_t i = 0; i < KN_ARRAY_SIZE(no_number); i++)
		if (parse(no_number[i], &o) != 400)
			fail_msg("%s", no_number[i]);
	for (size_t i = 0; i < KN_ARRAY_SIZE(invalid); i++)
		if (parse(invalid[i], &o) != 422)
			fail_msg("%s", invalid[i]);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
