/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include "kubelet/config/options.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

static void test_defaults_are_the_stock_ones(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_options o;
	char *argv[] = {"kernlet", NULL};

	assert_int_equal(kn_options_parse(&o, 1, argv, a, NULL), 0);
	assert_string_equal(o.root_dir, "/var/lib/kubelet");
	assert_string_equal(o.pod_logs_dir, "/var/log/pods");
	assert_string_equal(o.cgroup_driver, "cgroupfs");
	assert_true(o.fail_cgroup_v1);
	assert_true(o.cgroups_per_qos);
	assert_true(o.file_check_ns == 20 * KN_NSEC_PER_SEC);
	assert_non_null(o.node_name);
}

static void test_untouched_on_failure(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_options o = {.root_dir = "x"};
	struct kn_err err = KN_ERR_INIT;
	char *argv[] = {"kernlet", "--root-dir=/y", "--nonsense", NULL};

	assert_int_equal(kn_options_parse(&o, 3, argv, a, &err), -EINVAL);
	assert_string_equal(o.root_dir, "x");
	assert_string_equal(err.msg, "unknown flag: --nonsense");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_defaults_are_the_stock_ones),
		cmocka_unit_test(test_untouched_on_failure),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
