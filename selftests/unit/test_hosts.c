/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const char *const ips[] = {"10.0.0.2", "fd00::2", NULL};

#define HEAD                                                                                                 \
	"# Kubernetes-managed hosts file.\n127.0.0.1\tlocalhost\n::1\tlocalhost ip6-localhost "              \
	"ip6-loopback\n"                                                                                     \
	"fe00::0\tip6-localnet\nfe00::0\tip6-mcastprefix\nfe00::1\tip6-allnodes\nfe00::2\tip6-allrouters\n"

static void test_content(void **state)
{
	static const struct {
		const char *pod, *text;
	} t[] = {
		{POD(CTR("")), HEAD "10.0.0.2\tp\nfd00::2\tp\n"},
		{POD("hostname: h, subdomain: s, " CTR("")),
		 HEAD "10.0.0.2\th.s.ns1.svc.example.org\th\nfd00::2\th.s.ns1.svc.example.org\th\n"},
		{POD("hostAliases: [{ip: 1.2.3.4, hostnames: [a, b]}], " CTR("")),
		 HEAD "10.0.0.2\tp\nfd00::2\tp\n\n# Entries added by HostAliases.\n1.2.3.4\ta\tb\n"},
		{POD("hostNetwork: true, " CTR("")),
		 "# Kubernetes-managed hosts file (host network).\n127.0.0.1 x\n"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_pod *p = pod_make(t[i].pod);

		assert_string_equal(kn_gen_etc_hosts(a, p, ips, "example.org", "127.0.0.1 x\n"), t[i].text);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_content)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
