/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include "kubelet/node/node_info.h"
#include "lib/base/buf.h"

static void test_resolv(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_ctx n = {0};

	assert_int_equal(kn_resolv_parse("# c\nnameserver 1.2.3.4\nsearch old\nsearch a.b  c.d\r\n"
					 "options ndots:2 edns0\nnameserver ::1\njunk x\nnameserver\n",
					 a, &n, NULL),
			 0);
	assert_string_equal(n.host_nameservers[0], "1.2.3.4");
	assert_string_equal(n.host_nameservers[1], "::1");
	assert_null(n.host_nameservers[2]);
	assert_string_equal(n.host_searches[0], "a.b");
	assert_string_equal(n.host_searches[1], "c.d");
	assert_null(n.host_searches[2]);
	assert_string_equal(n.host_options[1], "edns0");
}

static void test_too_many(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf b = {0};
	struct kn_node_ctx n = {0};

	for (int i = 0; i < 65; i++)
		kn_buf_addf(&b, "nameserver 10.0.0.%d\n", i);
	assert_int_equal(kn_resolv_parse(b.data, a, &n, NULL), -EINVAL);
	assert_null(n.host_nameservers);
}

static void test_missing_file_is_an_error(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_options o = {.node_name = "n", .resolv_conf = "/nonexistent", .cgroup_driver = "systemd"};
	struct kn_err err = KN_ERR_INIT;
	struct kn_node_ctx n = {0};

	assert_int_equal(kn_node_info(&n, &o, a, &err), -ENOENT);
	o.resolv_conf = "";
	assert_int_equal(kn_node_info(&n, &o, a, NULL), 0);
	assert_true(n.systemd_driver);
	assert_true(n.cpu_milli >= 1000 && n.memory_bytes > (1 << 20));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_resolv),
		cmocka_unit_test(test_too_many),
		cmocka_unit_test(test_missing_file_is_an_error),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
