/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "lib/base/mem.h"
#include "cni/prev.h"

#define IFS                                                                                                  \
	"\"interfaces\":[{\"name\":\"eth0\"},{\"name\":\"eth0\",\"sandbox\":\"/"                             \
	"s\"},{\"name\":\"x\",\"sandbox\":\"/s\"}]"

static int parse(const char *text, struct kn_cni_prev *p, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node *n = NULL;

	assert_int_equal(kn_json_parse(text, strlen(text), NULL, a, &n, NULL), 0);
	return kn_cni_prev_parse(n, "eth0", p, err);
}

/* Only the pod's interface counts, and only routes by its gateways. */
static void test_good(void **state)
{
	struct kn_cni_prev p = {0};
	char text[KN_CNI_ADDR_STRLEN];

	assert_int_equal(
		parse("{" IFS
		      ",\"ips\":[{\"interface\":1,\"address\":\"10.0.0.2/32\",\"gateway\":\"10.0.0.1\"},"
		      "{\"interface\":2,\"address\":\"10.9.0.2/24\"}],\"routes\":[{\"dst\":\"0.0.0.0/0\","
		      "\"gw\":\"10.0.0.1\"},{\"dst\":\"10.9.0.0/16\",\"gw\":\"10.9.0.1\"}]}",
		      &p, NULL),
		0);
	assert_int_equal(p.n_ips, 1);
	assert_string_equal(kn_cni_addr_cidr_str(&p.ips[0], text), "10.0.0.2/32");
	assert_int_equal(p.n_routes, 1);
	assert_string_equal(kn_cni_addr_cidr_str(&p.routes[0].dst, text), "0.0.0.0/0");
	assert_string_equal(kn_cni_addr_str(&p.routes[0].gw, text), "10.0.0.1");
}

static void test_bad(void **state)
{
	static const char *const bad[] = {
		"[]",
		"{}",
		"{\"interfaces\":[{\"name\":\"eth0\"}]}",
		"{" IFS "}",
		"{" IFS ",\"ips\":[{\"interface\":0,\"address\":\"10.0.0.2/32\"}]}",
		"{" IFS ",\"ips\":[{\"interface\":1,\"address\":\"10.0.0.2/x\"}]}",
		"{" IFS ",\"ips\":[{\"interface\":1,\"address\":\"10.0.0.2/32\"}],\"routes\":[{\"dst\":1}]}",
	};
	struct kn_cni_prev p = {.n_ips = 7};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(parse(bad[i], &p, &err), -EINVAL);
		assert_non_null(strstr(err.msg, "prevResult"));
	}
	assert_int_equal(p.n_ips, 7);
	assert_int_equal(kn_cni_prev_parse(NULL, "eth0", &p, NULL), -EINVAL);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_good),
		cmocka_unit_test(test_bad),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
