/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_value.h"

struct fixture {
	struct kn_arena *a;
	struct kn_err err;
	struct kn_decoder d;
	const struct kn_node *n;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	f->a = kn_arena_new(0);
	f->d = (struct kn_decoder){.arena = f->a, .err = &f->err};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_arena_free(f->a);
	free(f);
	return 0;
}

static const struct kn_node *node(struct fixture *f, const char *json)
{
	struct kn_node *n;

	f->err = (struct kn_err)KN_ERR_INIT;
	assert_int_equal(kn_json_parse(json, strlen(json), NULL, f->a, &n, NULL), 0);
	return n;
}

static void test_errors_say_where(void **state)
{
	struct fixture *f = *state;
	const struct kn_decode_at spec = {.name = "spec"}, list = {.up = &spec, .name = "containers"},
				  one = {.up = &list, .index = 2}, env = {.up = &one, .name = "env"},
				  key = {.up = &env, .key = "a.b"};
	char *s;

	assert_int_equal(kn_decode_string(&f->d, node(f, "\n\n 7"), &key, &s), -EINVAL);
	assert_string_equal(f->err.msg, "line 3: spec.containers[2].env[a.b]: expected string, got number");
	assert_int_equal(kn_decode_string(&f->d, node(f, "{}"), NULL, &s), -EINVAL);
	assert_string_equal(f->err.msg, "line 1: expected string, got object");
}

static void test_integers(void **state)
{
	struct fixture *f = *state;
	int64_t v = 0;

	assert_int_equal(kn_decode_int(&f->d, node(f, "-2147483648"), NULL, INT32_MIN, INT32_MAX, &v), 0);
	assert_true(v == INT32_MIN);
	assert_int_equal(kn_decode_int(&f->d, node(f, "2147483648"), NULL, INT32_MIN, INT32_MAX, &v),
			 -ERANGE);
	assert_non_null(strstr(f->err.msg, "32 bits"));
	assert_int_equal(kn_decode_int(&f->d, node(f, "9223372036854775807"), NULL, INT64_MIN, INT64_MAX, &v),
			 0);
	assert_true(v == INT64_MAX);
	assert_int_equal(kn_decode_int(&f->d, node(f, "9223372036854775808"), NULL, INT64_MIN, INT64_MAX, &v),
			 -ERANGE);
	assert_non_null(strstr(f->err.msg, "64 bits"));
	assert_int_equal(kn_decode_int(&f->d, node(f, "1.5"), NULL, INT64_MIN, INT64_MAX, &v), -EINVAL);
	assert_int_equal(kn_decode_int(&f->d, node(f, "\"5\""), NULL, INT64_MIN, INT64_MAX, &v), -EINVAL);
	assert_int_equal(kn_decode_int(&f->d, node(f, "5e1"), NULL, INT64_MIN, INT64_MAX, &v), 0);
	assert_int_equal(v, 50);
}

static void test_strings_and_bytes(void **state)
{
	struct fixture *f = *state;
	ProtobufCBinaryData b = {0};
	char *s = NULL;

	assert_int_equal(kn_decode_string(&f->d, node(f, "\"a\\u0000b\""), NULL, &s), -EINVAL);
	assert_int_equal(kn_decode_bytes(&f->d, node(f, "\"AAH/\""), NULL, &b), 0);
	assert_int_equal(b.len, 3);
	assert_memory_equal(b.data, "\0\1\xff", 3);
	assert_int_equal(kn_decode_bytes(&f->d, node(f, "\"\""), NULL, &b), 0);
	assert_int_equal(b.len, 0);
	assert_int_equal(kn_decode_bytes(&f->d, node(f, "\"A\""), NULL, &b), -EINVAL);
	assert_int_equal(kn_decode_bytes(&f->d, node(f, "[1]"), NULL, &b), -EINVAL);
}

static void test_quantities(void **state)
{
	static const char *const bad[] = {"\"\"", "\"1 Gi\"", "\"abc\"", "true", "\"1\\u00002\""};
	struct fixture *f = *state;
	K8s__Quantity q = K8S__QUANTITY__INIT;

	assert_int_equal(kn_decode_quantity(&f->d, node(f, "\" 128Mi\\n\""), NULL, &q), 0);
	assert_string_equal(q.string, "128Mi");
	assert_int_equal(kn_decode_quantity(&f->d, node(f, "1.5"), NULL, &q), 0);
	assert_string_equal(q.string, "1.5");
	assert_int_equal(kn_decode_quantity(&f->d, node(f, "\"9E30\""), NULL, &q), 0); /* large is no error */
	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_int_equal(kn_decode_quantity(&f->d, node(f, bad[i]), NULL, &q), -EINVAL);
}

static void test_times_and_durations(void **state)
{
	struct fixture *f = *state;
	K8s__Duration v = K8S__DURATION__INIT;
	K8s__Time t = K8S__TIME__INIT;

	assert_int_equal(kn_decode_time(&f->d, node(f, "\"1970-01-01T01:00:01+01:00\""), NULL, &t), 0);
	assert_int_equal(t.seconds, 1);
	assert_true(t.has_seconds);
	assert_false(t.has_nanos);
	assert_int_equal(kn_decode_time(&f->d, node(f, "\"1970-01-01\""), NULL, &t), -EINVAL);
	assert_int_equal(kn_decode_time(&f->d, node(f, "12"), NULL, &t), -EINVAL);
	assert_int_equal(kn_decode_time(&f->d, node(f, "\"1970-01-01T00:00:00Z\\u0000\""), NULL, &t),
			 -EINVAL);
	assert_int_equal(kn_decode_duration(&f->d, node(f, "\"1h0m1.5s\""), NULL, &v), 0);
	assert_true(v.duration == 3601500000000LL);
	assert_int_equal(kn_decode_duration(&f->d, node(f, "\"1\""), NULL, &v), -EINVAL);
	assert_int_equal(kn_decode_duration(&f->d, node(f, "60"), NULL, &v), -EINVAL);
}

static void test_int_or_string(void **state)
{
	struct fixture *f = *state;
	K8s__IntOrString v = K8S__INT_OR_STRING__INIT, w = K8S__INT_OR_STRING__INIT;

	assert_int_equal(kn_decode_int_or_string(&f->d, node(f, "8080"), NULL, &v), 0);
	assert_int_equal(v.type, 0);
	assert_int_equal(v.intval, 8080);
	assert_int_equal(kn_decode_int_or_string(&f->d, node(f, "\"http\""), NULL, &w), 0);
	assert_int_equal(w.type, 1);
	assert_string_equal(w.strval, "http");
	assert_int_equal(kn_decode_int_or_string(&f->d, node(f, "3000000000"), NULL, &v), -ERANGE);
	assert_int_equal(kn_decode_int_or_string(&f->d, node(f, "null"), NULL, &v), -EINVAL);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_errors_say_where),    T(test_integers),
		T(test_strings_and_bytes),   T(test_quantities),
		T(test_times_and_durations), T(test_int_or_string),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
