// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <string.h>
#include "tools/doctor.h"
#include "tools/doctor_io.h"

static const struct kc_facts good = {
	.kernel = "6.12.4-amd64",
	.btf = KC_YES,
	.bpffs = KC_YES,
	.sock_addr = KC_YES,
	.ringbuf = KC_YES,
	.swap = KC_NO,
	.runtime_socket = KC_YES,
	.kubelet_writable = KC_YES,
	.jit = 1,
	.ip_forward = 1,
	.cgroup2 = true,
	.cgroup2_path = "/sys/fs/cgroup",
	.cgroup2_controllers = "cpu memory pids",
	.caps = ~0ULL,
	.containerd = "containerd x v2.1.5 abc",
	.runc = "runc version 1.3.3",
	.runtime_endpoint = "unix:///x",
	.mem_total_kb = 4000000,
	.mem_available_kb = 2000000,
};

static struct kc_check find(const struct kc_facts *f, const char *name)
{
	struct kc_check checks[KC_MAX_CHECKS];
	size_t n = kc_evaluate(f, checks);

	for (size_t i = 0; i < n; i++)
		if (!strcmp(checks[i].name, name))
			return checks[i];
	fail_msg("no check %s", name);
	return checks[0];
}

static void test_a_good_machine_has_no_complaints(void **state)
{
	struct kc_check checks[KC_MAX_CHECKS];
	size_t n = kc_evaluate(&good, checks);

	assert_in_range(n, 15, KC_MAX_CHECKS);
	for (size_t i = 0; i < n; i++) {
		assert_string_equal(kc_verdict_name(checks[i].status), "ok");
		assert_null(checks[i].cost);
		assert_null(checks[i].mend);
		assert_true(checks[i].found[0]);
	}
}

static void test_an_unknown_machine_is_not_called_good(void **state)
{
	struct kc_facts f = {.btf = -1,
			     .bpffs = -1,
			     .sock_addr = -1,
			     .ringbuf = -1,
			     .swap = -1,
			     .runtime_socket = -1,
			     .kubelet_writable = -1,
			     .jit = -1,
			     .ip_forward = -1,
			     .mem_available_kb = -1};
	struct kc_check checks[KC_MAX_CHECKS];
	size_t n = kc_evaluate(&f, checks);

	for (size_t i = 0; i < n; i++) {
		assert_int_not_equal(checks[i].status, KC_OK);
		assert_non_null(checks[i].cost);
		assert_non_null(checks[i].mend);
	}
}

static void test_kernel_versions(void **state)
{
	static const struct {
		const char *release;
		enum kc_verdict v;
	} cases[] = {{"5.15.0-1", KC_FAIL}, {"6.0.9", KC_FAIL}, {"6.1.0-18-amd64", KC_OK},
		     {"6.18.44", KC_OK},    {"7.0", KC_OK},	{"", KC_FAIL}};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kc_facts f = good;

		strcpy(f.kernel, cases[i].release);
		assert_int_equal(find(&f, "kernel").status, cases[i].v);
	}
}

static void test_runtime_versions(void **state)
{
	static const struct {
		const char *text, *check;
		enum kc_verdict v;
	} cases[] = {
		{"runc version 1.1.5+ds1", "runc", KC_WARN},
		{"runc version 1.2.7", "runc", KC_WARN},
		{"runc version 1.2.8", "runc", KC_OK},
		{"runc version 1.3.0", "runc", KC_WARN},
		{"runc version 1.3.3", "runc", KC_OK},
		{"runc version 1.4.0", "runc", KC_OK},
		{"", "runc", KC_WARN},
		{"containerd github.com/containerd/containerd 1.6.20~ds1", "containerd", KC_WARN},
		{"containerd c v1.7.32", "containerd", KC_WARN},
		{"containerd c v1.7.33", "containerd", KC_OK},
		{"containerd c v2.0.0", "containerd", KC_OK},
		{"", "containerd", KC_WARN},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(cases[0]); i++) {
		struct kc_facts f = good;

		strcpy(strcmp(cases[i].check, "runc") ? f.containerd : f.runc, cases[i].text);
		assert_int_equal(find(&f, cases[i].check).status, cases[i].v);
	}
}

static void test_cgroup_modes(void **state)
{
	struct kc_facts f = good;

	f.cgroup_v1 = true;
	assert_int_equal(find(&f, "cgroup-mode").status, KC_WARN);
	assert_non_null(strstr(find(&f, "cgroup-mode").found, "hybrid"));
	assert_non_null(strstr(find(&f, "cgroup-mode").cost, "failCgroupV1"));
	f.cgroup2 = false;
	assert_string_equal(find(&f, "cgroup-mode").found, "v1");
	assert_int_equal(find(&f, "cgroup2").status, KC_FAIL);
	f.cgroup_v1 = false;
	assert_int_equal(find(&f, "cgroup-mode").status, KC_FAIL);
}

static void test_capabilities(void **state)
{
	struct kc_facts f = good;

	f.caps = ~(1ULL << 24); /* CAP_SYS_RESOURCE */
	assert_int_equal(find(&f, "CAP_SYS_RESOURCE").status, KC_WARN);
	assert_int_equal(find(&f, "CAP_SYS_ADMIN").status, KC_OK);
	f.caps = 0;
	assert_int_equal(find(&f, "CAP_SYS_ADMIN").status, KC_FAIL);
	assert_int_equal(find(&f, "CAP_BPF").status, KC_WARN);
}

static void test_version_in_text(void **state)
{
	int v[3] = {9, 9, 9};

	assert_false(kc_version("no number 12 here", v));
	assert_int_equal(v[0], 9);
	assert_true(kc_version("x86 build 7 v1.2.3-rc4", v));
	assert_int_equal(kc_version_cmp(v, (const int[]){1, 2, 3}), 0);
	assert_true(kc_version("1.4", v));
	assert_int_equal(kc_version_cmp(v, (const int[]){1, 4, 0}), 0);
}

static void test_first_line(void **state)
{
	char line[16] = "x";

	kc_first_line((char *const[]){"printf", "one\\ntwo\\n", NULL}, line, sizeof(line));
	assert_string_equal(line, "one");
	kc_first_line((char *const[]){"/nonexistent/program", NULL}, line, sizeof(line));
	assert_string_equal(line, "");
	/* Without end, and longer than there is room. */
	kc_first_line((char *const[]){"yes", "0123456789abcdefghij", NULL}, line, sizeof(line));
	assert_string_equal(line, "0123456789abcde");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_good_machine_has_no_complaints),
		cmocka_unit_test(test_an_unknown_machine_is_not_called_good),
		cmocka_unit_test(test_kernel_versions),
		cmocka_unit_test(test_runtime_versions),
		cmocka_unit_test(test_cgroup_modes),
		cmocka_unit_test(test_capabilities),
		cmocka_unit_test(test_version_in_text),
		cmocka_unit_test(test_first_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
