/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "cni/cni.h"
#include "cni/result.h"

#define GOLDEN_IFS(mtu)                                                                                      \
	"\"interfaces\":[{\"name\":\"kn0123456789a\",\"mac\":\"02:00:00:00:00:01\"" mtu "},"                 \
	"{\"name\":\"eth0\",\"mac\":\"02:00:00:00:00:02\"" mtu ",\"sandbox\":\"/run/netns/x\"}],"
#define GOLDEN_IPS(v4, v6)                                                                                   \
	"\"ips\":[{" v4 "\"interface\":1,\"address\":\"10.85.0.2/32\",\"gateway\":\"10.85.0.1\"},"           \
	"{" v6 "\"interface\":1,\"address\":\"fd00:85::2/128\",\"gateway\":\"fd00:85::1\"}],"
#define GOLDEN_REST                                                                                          \
	"\"routes\":[{\"dst\":\"0.0.0.0/0\",\"gw\":\"10.85.0.1\"},{\"dst\":\"::/"                            \
	"0\",\"gw\":\"fd00:85::1\"}],"                                                                       \
	"\"dns\":{}}\n"

static struct kn_cni_link link_fixture(void)
{
	struct kn_cni_link l = {.host = "kn0123456789a",
				.pod = "eth0",
				.host_mac = {2, 0, 0, 0, 0, 1},
				.pod_mac = {2, 0, 0, 0, 0, 2},
				.n = 2};

	assert_int_equal(kn_cni_addr_parse("10.85.0.2", &l.addrs[0]), 0);
	assert_int_equal(kn_cni_addr_parse("fd00:85::2", &l.addrs[1]), 0);
	assert_int_equal(kn_cni_addr_parse("10.85.0.1", &l.gateways[0]), 0);
	assert_int_equal(kn_cni_addr_parse("fd00:85::1", &l.gateways[1]), 0);
	return l;
}

static void test_add(void **state)
{
	static const struct {
		const char *version, *golden;
	} table[] = {
		{"0.4.0", "{\"cniVersion\":\"0.4.0\"," GOLDEN_IFS("")
				  GOLDEN_IPS("\"version\":\"4\",", "\"version\":\"6\",") GOLDEN_REST},
		{"1.0.0", "{\"cniVersion\":\"1.0.0\"," GOLDEN_IFS("") GOLDEN_IPS("", "") GOLDEN_REST},
		{"1.1.0",
		 "{\"cniVersion\":\"1.1.0\"," GOLDEN_IFS(",\"mtu\":1400") GOLDEN_IPS("", "") GOLDEN_REST},
	};
	struct kn_cni_link l = link_fixture();

	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		kn_auto_buf struct kn_buf out = {0};

		kn_cni_result_write(&out, table[i].version, &l, "/run/netns/x", 1400);
		assert_string_equal(out.data, table[i].golden);
	}
}

static void test_error_and_version(void **state)
{
	kn_auto_buf struct kn_buf out = {0}, unknown = {0}, versions = {0};

	kn_cni_error_write(&out, "0.4.0", KN_CNI_AGAIN, "no \"x\"", "d");
	assert_string_equal(
		out.data,
		"{\"cniVersion\":\"0.4.0\",\"code\":11,\"msg\":\"no \\\"x\\\"\",\"details\":\"d\"}\n");
	kn_cni_error_write(&unknown, NULL, KN_CNI_DECODE, "m", NULL);
	assert_string_equal(unknown.data, "{\"cniVersion\":\"1.1.0\",\"code\":6,\"msg\":\"m\"}\n");
	kn_cni_version_write(&versions, "0.3.1");
	assert_string_equal(versions.data,
			    "{\"cniVersion\":\"0.3.1\",\"supportedVersions\":[\"0.3.1\",\"0.4.0\","
			    "\"1.0.0\",\"1.1.0\"]}\n");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_add),
		cmocka_unit_test(test_error_and_version),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
