// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/clock.h"
#include "proxy/config.h"

/* What kubeadm 1.37 writes into the ConfigMap kube-proxy. */
static const char kubeadm[] =
	"apiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
	"kind: KubeProxyConfiguration\n"
	"bindAddress: 0.0.0.0\nbindAddressHardFail: false\n"
	"clientConnection:\n  acceptContentTypes: \"\"\n  burst: 7\n  contentType: \"\"\n"
	"  kubeconfig: /var/lib/kube-proxy/kubeconfig.conf\n  qps: 2.5\n"
	"clusterCIDR: 10.244.0.0/16\nconfigSyncPeriod: 0s\n"
	"conntrack:\n  maxPerCore: null\n  min: null\n  tcpBeLiberal: false\n  udpTimeout: 0s\n"
	"detectLocal:\n  bridgeInterface: \"\"\n  interfaceNamePrefix: \"\"\n"
	"detectLocalMode: \"\"\nenableProfiling: false\nhealthzBindAddress: \"\"\n"
	"hostnameOverride: \"\"\niptables:\n  localhostNodePorts: null\n  masqueradeBit: null\n"
	"  minSyncPeriod: 0s\n  syncPeriod: 0s\nipvs:\n  excludeCIDRs: null\n  strictARP: false\n"
	"logging:\n  flushFrequency: 0\n  options:\n    json:\n      infoBufferSize: \"0\"\n"
	"    text:\n      infoBufferSize: \"0\"\n  verbosity: 3\n"
	"metricsBindAddress: \"\"\nmode: \"\"\nnftables:\n  masqueradeBit: null\n"
	"nodePortAddresses: [10.0.0.0/8, 'fd00::/8']\noomScoreAdj: -998\nportRange: \"\"\n"
	"showHiddenMetricsForVersion: \"\"\nwindowsRunAsService: false\n"
	"winkernel:\n  enableDSR: false\n  forwardHealthCheckVip: false\n";

static int apply(struct kn_proxy_options *o, const char *text, struct kn_arena *a, struct kn_err *err)
{
	return kn_proxy_config_apply(o, "f", text, strlen(text), a, err);
}

static void test_kubeadms_file(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_proxy_options o = {0};
	struct kn_err err = KN_ERR_INIT;

	if (apply(&o, kubeadm, a, &err))
		fail_msg("%s", err.msg);
	assert_string_equal(o.kubeconfig, "/var/lib/kube-proxy/kubeconfig.conf");
	assert_string_equal(o.qps, "2.5");
	assert_int_equal(o.burst, 7);
	assert_int_equal(o.verbosity, 3);
	assert_string_equal(o.node_port_addresses[0], "10.0.0.0/8");
	assert_string_equal(o.node_port_addresses[1], "fd00::/8");
	assert_null(o.node_port_addresses[2]);
	assert_string_equal(o.oom_score_adj, "-998");
}

static void test_bad_files(void **state)
{
	static const struct {
		const char *text, *says;
	} bad[] = {
		{"kind: Pod\n", "no object of kind KubeProxyConfiguration"},
		{"kind: KubeProxyConfiguration\napiVersion: v1\n", "apiVersion must be"},
		{"kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\nmodus: x\n",
		 "line 3: unknown field \"modus\""},
		{"kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\niptables: {a: "
		 "1}\n",
		 "unknown field \"iptables.a\""},
		{"kind: KubeProxyConfiguration\napiVersion: kubeproxy.config.k8s.io/v1alpha1\n"
		 "clientConnection: {burst: many}\n",
		 "clientConnection.burst: invalid value"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		struct kn_arena *a kn_auto_arena = kn_arena_new(0);
		struct kn_proxy_options o = {0};
		struct kn_err err = KN_ERR_INIT;

		assert_int_equal(apply(&o, bad[i].text, a, &err), -EINVAL);
		if (!strstr(err.msg, bad[i].says))
			fail_msg("%s", err.msg);
	}
}

static void test_flags(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	char *argv[] = {"kernlet-proxy", "--kubeconfig=/k",	 "--hostname-override", "n1",
			"--v=2",	 "--proxy-mode=iptables"};
	char *wrong[] = {"kernlet-proxy", "--proxy-mode=userspace"};
	struct kn_proxy_options o;
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_proxy_options_parse(&o, 6, argv, a, &err), 0);
	assert_string_equal(o.kubeconfig, "/k");
	assert_string_equal(o.hostname_override, "n1");
	assert_string_equal(o.healthz_address, "0.0.0.0:10256");
	assert_int_equal(kn_proxy_options_parse(&o, 2, wrong, a, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "mode: Invalid value: \"userspace\""));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_kubeadms_file),
		cmocka_unit_test(test_bad_files),
		cmocka_unit_test(test_flags),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
