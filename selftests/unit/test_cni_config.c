/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "cni/cni.h"
#include "cni/config.h"

#define HEAD "{\"cniVersion\":\"1.1.0\",\"name\":\"n\",\"type\":\"kernlet-cni\""
#define CIDRS ",\"podCIDRs\":[\"10.85.0.0/24\",\"fd00:85::/64\"]"

static int parse(const char *text, struct kn_arena *a, struct kn_cni_conf *c, struct kn_err *err)
{
	return kn_cni_conf_parse(text, strlen(text), a, c, err);
}

static void test_good(void **state)
{
	static const char text[] =
		HEAD CIDRS ",\"mtu\":1400,\"dataDir\":\"/d\",\"capabilities\":{},\"cni.dev/attachments\":[],"
			   "\"cni.dev/valid-attachments\":[{\"containerID\":\"a.b\",\"ifname\":\"eth0\"}],"
			   "\"prevResult\":{\"ips\":[]}}";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_cni_conf c = {0};
	struct kn_cni_addr pod;

	assert_int_equal(parse(text, a, &c, NULL), 0);
	assert_string_equal(c.version, "1.1.0");
	assert_string_equal(c.name, "n");
	assert_string_equal(c.data_dir, "/d");
	assert_int_equal(c.mtu, 1400);
	assert_int_equal(c.n_cidrs, 2);
	assert_true(c.has_valid);
	assert_int_equal(c.n_valid, 1);
	assert_string_equal(c.valid[0].container_id, "a.b");
	assert_string_equal(c.valid[0].ifname, "eth0");
	assert_non_null(c.prev_result);
	assert_int_equal(kn_cni_addr_parse("fd00:85::9", &pod), 0);
	assert_ptr_equal(kn_cni_conf_cidr(&c, &pod), &c.cidrs[1]);
	assert_int_equal(kn_cni_addr_parse("10.86.0.1", &pod), 0);
	assert_null(kn_cni_conf_cidr(&c, &pod));
}

static void test_defaults(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_cni_conf c = {0};

	assert_int_equal(parse(HEAD CIDRS ",\"prevResult\":null}", a, &c, NULL), 0);
	assert_string_equal(c.data_dir, KN_CNI_DATA_DIR);
	assert_int_equal(c.mtu, 0);
	assert_false(c.has_valid);
	assert_null(c.prev_result);
	/* An empty list is a list: GC then removes everything. */
	assert_int_equal(parse(HEAD CIDRS ",\"cni.dev/valid-attachments\":null}", a, &c, NULL), 0);
	assert_true(c.has_valid);
	assert_int_equal(c.n_valid, 0);
}

static void test_bad(void **state)
{
	static const struct {
		int code;
		const char *text, *names; /* what the message must name */
	} table[] = {
		{KN_CNI_DECODE, "", "network configuration"},
		{KN_CNI_DECODE, "{", "network configuration"},
		{KN_CNI_DECODE, "[]", "no object"},
		{KN_CNI_CONFIG, "{}", "cniVersion"},
		{KN_CNI_CONFIG, "{\"cniVersion\":1}", "cniVersion"},
		{KN_CNI_VERSION, "{\"cniVersion\":\"0.2.0\"}", "0.2.0"},
		{KN_CNI_CONFIG, "{\"cniVersion\":\"1.0.0\",\"name\":\"../x\",\"type\":\"t\"}", "name"},
		{KN_CNI_CONFIG, "{\"cniVersion\":\"1.0.0\",\"name\":\"a\\u0000b\",\"type\":\"t\"}", "name"},
		{KN_CNI_CONFIG, "{\"cniVersion\":\"1.0.0\",\"name\":\"x\",\"type\":\"../t\"}", "type"},
		{KN_CNI_UNSUPPORTED, HEAD CIDRS ",\"bridge\":\"br0\"}", "\"bridge\": br0"},
		{KN_CNI_DECODE, HEAD CIDRS CIDRS "}", "podCIDRs"},
		{KN_CNI_CONFIG, HEAD "}", "podCIDRs"},
		{KN_CNI_CONFIG, HEAD ",\"podCIDRs\":[]}", "podCIDRs"},
		{KN_CNI_CONFIG, HEAD ",\"podCIDRs\":[7]}", "podCIDRs"},
		{KN_CNI_CONFIG, HEAD ",\"podCIDRs\":[\"10.0.0.1/24\"]}", "host bits"},
		{KN_CNI_CONFIG, HEAD ",\"podCIDRs\":[\"10.0.0.0/24\",\"10.1.0.0/24\"]}", "one family"},
		{KN_CNI_CONFIG, HEAD ",\"podCIDRs\":[\"10.0.0.0/24\",\"fd00::/64\",\"fd01::/64\"]}",
		 "more than two"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"mtu\":1279}", "mtu"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"mtu\":-1}", "mtu"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"mtu\":65536}", "mtu"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"mtu\":1e4}", "mtu"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"dataDir\":\"x\"}", "dataDir"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"cni.dev/valid-attachments\":{}}", "valid-attachments"},
		{KN_CNI_CONFIG, HEAD CIDRS ",\"cni.dev/valid-attachments\":[{\"containerID\":\"a\"}]}",
		 "valid-attachments"},
		{KN_CNI_CONFIG,
		 HEAD CIDRS ",\"cni.dev/valid-attachments\":[{\"containerID\":\"/\",\"ifname\":\"e\"}]}",
		 "valid-attachments"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_cni_conf c = {0};
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(parse(table[i].text, a, &c, &err), table[i].code);
		assert_null(c.name);
		if (!strstr(err.msg, table[i].names))
			fail_msg("\"%s\" doesn't name %s", err.msg, table[i].names);
	}
}

static void test_versions(void **state)
{
	assert_int_equal(kn_cni_version_index("0.3.0"), -1);
	assert_true(kn_cni_version_since("1.1.0", "1.0.0"));
	assert_true(kn_cni_version_since("0.4.0", "0.4.0"));
	assert_false(kn_cni_version_since("0.3.1", "0.4.0"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_defaults),
		cmocka_unit_test(test_bad),
		cmocka_unit_test(test_versions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
