/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const char *words(struct kn_arena *a, char **list, size_t n)
{
	const char *s = "";

	for (size_t i = 0; i < n; i++)
		s = kn_arena_printf(a, "%s%s%s", s, i ? " " : "", list[i]);
	return s;
}

#define CLUSTER "ns1.svc.k.test svc.k.test k.test host.test"

static void test_policies(void **state)
{
	static const struct {
		const char *pod, *servers, *searches, *options;
	} t[] = {
		{POD(CTR("")), "10.96.0.10", CLUSTER, "ndots:5"},
		{POD("hostNetwork: true, " CTR("")), "9.9.9.9", "host.test", "rotate"},
		{POD("hostNetwork: true, dnsPolicy: ClusterFirstWithHostNet, " CTR("")), "10.96.0.10",
		 CLUSTER, "ndots:5"},
		{POD("dnsPolicy: Default, " CTR("")), "9.9.9.9", "host.test", "rotate"},
		{POD("dnsPolicy: None, dnsConfig: {nameservers: [1.1.1.1, 1.1.1.1, 1.1.1.2, 1.1.1.3, "
		     "1.1.1.4], "
		     "searches: [a.b]}, " CTR("")),
		 "1.1.1.1 1.1.1.2 1.1.1.3", "a.b", ""},
		{POD("dnsConfig: {options: [{name: ndots, value: '2'}, {name: edns0}]}, " CTR("")),
		 "10.96.0.10", CLUSTER, "ndots:2 edns0"},
	};
	const struct kn_node_ctx n = {
		.cluster_domain = "k.test",
		.cluster_dns = (const char *[]){"10.96.0.10", NULL},
		.host_nameservers = (const char *[]){"9.9.9.9", NULL},
		.host_searches = (const char *[]){"host.test", NULL},
		.host_options = (const char *[]){"rotate", NULL},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_pod *p = pod_make(t[i].pod);
		const Cri__DNSConfig *d = kn_gen_dns(a, &n, p);

		assert_string_equal(words(a, d->servers, d->n_servers), t[i].servers);
		assert_string_equal(words(a, d->searches, d->n_searches), t[i].searches);
		assert_string_equal(words(a, d->options, d->n_options), t[i].options);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_policies)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
