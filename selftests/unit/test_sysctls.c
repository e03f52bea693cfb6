/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/pod/admission.h"
#include "selftests/harness/pod_fixture.h"

#define SYSCTL(name, more) POD("securityContext: {sysctls: [{name: " name ", value: '1'}]}, " more CTR(""))

/* message NULL: let in. */
static void expect(const char *yaml, const char *message)
{
	char reason[64] = "", text[256] = "";
	struct kn_pod *p = pod_make(yaml);

	assert_int_equal(kn_sysctls_allowed(p, reason, text), !message);
	assert_string_equal(reason, message ? "SysctlForbidden" : "");
	assert_string_equal(text, message ? message : "");
	kn_pod_unref(p);
}

static void test_safe_ones(void **state)
{
	expect(POD(CTR("")), NULL);
	expect(SYSCTL("kernel.shm_rmid_forced", ""), NULL);
	expect(SYSCTL("net.ipv4.tcp_syncookies", ""), NULL);
	expect(SYSCTL("net/ipv4/ip_unprivileged_port_start", ""), NULL);
	/* The namespace that the one does not share is nothing to the other. */
	expect(SYSCTL("kernel.shm_rmid_forced", "hostNetwork: true, "), NULL);
	expect(SYSCTL("net.ipv4.tcp_rmem", "hostIPC: true, "), NULL);
}

static void test_others(void **state)
{
	expect(SYSCTL("kernel.msgmax", ""), "forbidden sysctl: \"kernel.msgmax\" not allowlisted");
	expect(SYSCTL("net/ipv4/ip_forward", ""),
	       "forbidden sysctl: \"net.ipv4.ip_forward\" not allowlisted");
	expect(SYSCTL("net.ipv4.tcp_syncookies2", ""),
	       "forbidden sysctl: \"net.ipv4.tcp_syncookies2\" not allowlisted");
	expect(POD("securityContext: {sysctls: [{name: net.ipv4.tcp_wmem, value: '1'}, {name: vm.swappiness, "
		   "value: '1'}]}, " CTR("")),
	       "forbidden sysctl: \"vm.swappiness\" not allowlisted");
}

static void test_the_hosts_own(void **state)
{
	expect(SYSCTL("net.ipv4.tcp_syncookies", "hostNetwork: true, "),
	       "forbidden sysctl: \"net.ipv4.tcp_syncookies\" not allowed with host net enabled");
	expect(SYSCTL("kernel.shm_rmid_forced", "hostIPC: true, "),
	       "forbidden sysctl: \"kernel.shm_rmid_forced\" not allowed with host ipc enabled");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_safe_ones),
		cmocka_unit_test(test_others),
		cmocka_unit_test(test_the_hosts_own),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
