/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "cri/client.h"
#include "lib/base/mem.h"

static void expect_target(const char *endpoint, const char *want)
{
	kn_auto_free char *got = NULL;

	assert_int_equal(kn_cri_target(endpoint, &got, NULL), 0);
	assert_string_equal(got, want);
}

static void test_targets(void **state)
{
	expect_target("unix:///run/containerd/containerd.sock", "unix:/run/containerd/containerd.sock");
	expect_target("unix:/run/a.sock", "unix:/run/a.sock");
	expect_target("/run/a.sock", "unix:/run/a.sock");
	expect_target("/run/a b%?#\xc3\xa9", "unix:/run/a%20b%25%3F%23%C3%A9");
}

static void test_bad_targets(void **state)
{
	const char *bad[] = {
		"", "unix:", "unix://", "unix://run/a", "run/a", "tcp://127.0.0.1:80", "npipe:////./pipe/x"};
	char path[200] = "/";
	char *out = NULL;
	struct kn_err err;

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_int_equal(kn_cri_target(bad[i], &out, &err), -EINVAL);
	memset(path + 1, 'a', 107);
	assert_int_equal(kn_cri_target(path, &out, &err), -ENAMETOOLONG);
	assert_null(out);
	path[107] = 0; /* 107 bytes and a NUL just fit */
	assert_int_equal(kn_cri_target(path, &out, &err), 0);
	free(out);
}

static void test_round_trip(void **state)
{
	kn_auto_arena struct kn_arena *arena = kn_arena_new(0);
	Cri__PodSandboxConfig c = CRI__POD_SANDBOX_CONFIG__INIT;
	Cri__LinuxPodSandboxConfig lin = CRI__LINUX_POD_SANDBOX_CONFIG__INIT;
	Cri__StringEntry e = CRI__STRING_ENTRY__INIT, *es[] = {&e};
	const Cri__PodSandboxConfig *got;
	kn_auto_free uint8_t *data = NULL;
	size_t len = 0;

	c.hostname = (char *)"h";
	c.linux = &lin;
	lin.sysctls = es;
	lin.n_sysctls = 1;
	e.key = (char *)"k";
	e.value = (char *)"v";
	data = kn_cri_pack(&c.base, &len);
	/* hostname = 2, linux = 8 { sysctls = 3 { 1: k, 2: v } }: the bytes of a map<string, string>. */
	assert_int_equal(len, 3 + 2 + 8);
	assert_memory_equal(data, "\x12\x01h\x42\x08\x1a\x06\x0a\x01k\x12\x01v", len);
	got = (const void *)kn_cri_unpack(&cri__pod_sandbox_config__descriptor, data, len, arena);
	assert_non_null(got);
	assert_string_equal(got->linux->sysctls[0]->value, "v");
}

/* What a newer runtime adds is skipped. */
static void test_unknown_fields(void **state)
{
	kn_auto_arena struct kn_arena *arena = kn_arena_new(0);
	const uint8_t data[] = "\x0a\x01v\xfa\x7f\x03new\x12\x01n";
	const Cri__VersionResponse *v;

	v = (const void *)kn_cri_unpack(&cri__version_response__descriptor, data, sizeof(data) - 1, arena);
	assert_non_null(v);
	assert_string_equal(v->version, "v");
	assert_string_equal(v->runtime_name, "n");
}

static void test_malformed(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {{"\x0a", 1},
		   {"\x0a\x05v", 3},
		   {"\x0a\xff\xff\xff\xff\x7f", 6},
		   {"\x08\x80", 2},
		   {"\xff\xff\xff", 3}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		kn_auto_arena struct kn_arena *arena = kn_arena_new(0);

		assert_null(kn_cri_unpack(&cri__version_response__descriptor, (const uint8_t *)bad[i].bytes,
					  bad[i].len, arena));
	}
}

/* Two bytes on the wire become a whole structure: the arena's limit stops that. */
static void test_decoded_size_is_bounded(void **state)
{
	kn_auto_arena struct kn_arena *small = kn_arena_new(1024 * 1024);
	kn_auto_arena struct kn_arena *large = kn_arena_new(0);
	const size_t n = 20000;
	kn_auto_free uint8_t *data = kn_calloc(n, 2);

	for (size_t i = 0; i < n; i++)
		data[2 * i] = 0x0a; /* an empty PodSandbox */
	assert_null(kn_cri_unpack(&cri__list_pod_sandbox_response__descriptor, data, 2 * n, small));
	assert_non_null(kn_cri_unpack(&cri__list_pod_sandbox_response__descriptor, data, 2 * n, large));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_targets),	   cmocka_unit_test(test_bad_targets),
		cmocka_unit_test(test_round_trip), cmocka_unit_test(test_unknown_fields),
		cmocka_unit_test(test_malformed),  cmocka_unit_test(test_decoded_size_is_bounded),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
