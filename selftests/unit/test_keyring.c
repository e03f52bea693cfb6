/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "kubelet/worker/keyring.h"
#include "lib/base/mem.h"

static int add(struct kn_arena *a, struct kn_keyring *k, const char *type, const char *key, const char *json)
{
	K8s__BytesEntry e = K8S__BYTES_ENTRY__INIT, *list[] = {&e};
	K8s__Secret s = K8S__SECRET__INIT;

	e.key = (char *)key;
	e.value.data = (uint8_t *)json;
	e.value.len = strlen(json);
	s.type = (char *)type;
	s.data = list;
	s.n_data = 1;
	return kn_keyring_add(a, k, &s, NULL);
}

#define JSON "kubernetes.io/dockerconfigjson", ".dockerconfigjson"
#define OLD "kubernetes.io/dockercfg", ".dockercfg"

static void test_repository(void **state)
{
	static const char *const t[][2] = {
		{"busybox", "docker.io/library/busybox"},
		{"a/b:1", "docker.io/a/b"},
		{"reg:5000/a", "reg:5000/a"},
		{"reg:5000/a:2", "reg:5000/a"},
		{"localhost/a", "localhost/a"},
		{"q.io/a/b@sha256:0", "q.io/a/b"},
	};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++)
		assert_string_equal(kn_image_repository(a, t[i][0]), t[i][1]);
}

/* The users found, in order. */
static void test_find(void **state)
{
	static const char *const t[][2] = {
		{"q.io/a", "host"},	  {"q.io/team/x:1", "team host"},
		{"x.q.io/a", "star"},	  {"x.y.q.io/a", ""},
		{"q.io:5000/a", "port"},  {"busybox", "hub"},
		{"docker.io/l/b", "hub"}, {"other.io/a", ""},
	};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_keyring k = {0};

	/* "team:p:w" and so on in base64 */
	assert_int_equal(
		add(a, &k, JSON,
		    "{\"auths\": {\"https://q.io/v1/\": {\"username\": \"host\", \"password\": \"p\"}, "
		    "\"q.io/team\": {\"auth\": \"dGVhbTpwOnc=\"}, \"*.q.io\": {\"username\": "
		    "\"star\"}, \"q.io:5000\": {\"username\": \"port\"}}}"),
		0);
	assert_int_equal(add(a, &k, OLD, "{\"https://index.docker.io/v1/\": {\"username\": \"hub\"}}"), 0);
	assert_int_equal(k.n, 5);
	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		Cri__AuthConfig **found = kn_keyring_find(a, &k, t[i][0]);
		char *users = kn_arena_strdup(a, "");

		for (; *found; found++)
			users = kn_arena_printf(a, "%s%s%s", users, *users ? " " : "", (*found)->username);
		assert_string_equal(users, t[i][1]);
	}
	assert_string_equal(kn_keyring_find(a, &k, "q.io/team/x")[0]->password, "p:w");
}

static void test_damaged(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_keyring k = {0};

	assert_int_equal(add(a, &k, JSON, "{\"auths\": "), -EINVAL);
	assert_int_equal(add(a, &k, JSON, "{\"auths\": {\"a\": {\"auth\": \"!\"}}}"), -EINVAL);
	assert_int_equal(add(a, &k, JSON, "{\"auths\": {\"a\": {\"username\": \"u\"}, \"b\": 3}}"), -EINVAL);
	assert_int_equal(add(a, &k, JSON, "[]"), 0);
	assert_int_equal(add(a, &k, "Opaque", ".dockercfg", "{\"a\": {}}"), 0);
	assert_int_equal(k.n, 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_repository),
		cmocka_unit_test(test_find),
		cmocka_unit_test(test_damaged),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
