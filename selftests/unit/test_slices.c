// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <cmocka.h>

#include "proxy/slices.h"
#include "selftests/prog_tests/proxy_rig.h"

static struct rig_service s;
static int n_skipped;

static void on_skip(void *user, const char *object, const char *value, const char *why)
{
	n_skipped++;
}

/* How many backends the one service has; -1: there is no service. */
static int backends(void)
{
	const K8s__Service *svc = &s.svc;
	const K8s__EndpointSlice *both[] = {&s.slice, &s.slice};
	const struct kn_proxy_want want = {.services = &svc, .n_services = 1, .slices = both, .n_slices = 2};
	const struct kn_slices_in in = {.want = &want, .node_name = "n", .skipped = on_skip};
	struct kn_table *t = kn_slices_table(&in);
	int n = t->n_entries ? (int)t->entries[0].n : -1;

	kn_table_free(t);
	return n;
}

static int fresh(void **state)
{
	static const char *const ips[] = {"10.0.0.1", "10.0.0.2", "10.0.0.3", NULL};

	rig_service(&s, "web", "10.96.0.1", "TCP", 80, 8080, ips);
	n_skipped = 0;
	return 0;
}

static void test_merged_without_doubles(void **state)
{
	assert_int_equal(backends(), 3);
	assert_int_equal(n_skipped, 0);
}

static void test_conditions(void **state)
{
	K8s__EndpointConditions no = K8S__ENDPOINT_CONDITIONS__INIT;

	s.eps[0].conditions = &no; /* all unset: ready */
	assert_int_equal(backends(), 3);
	no.has_ready = 1;
	assert_int_equal(backends(), 2);
	s.eps[1].conditions = s.eps[2].conditions = &no;
	assert_int_equal(backends(), 0);
	no.has_terminating = no.terminating = 1; /* the last resort */
	assert_int_equal(backends(), 3);
	no.has_serving = 1;
	assert_int_equal(backends(), 0);
}

static void test_special_addresses_are_left_out(void **state)
{
	static const char *const bad[] = {"127.0.0.1", "169.254.1.1", "224.0.0.1", "0.0.0.0", "x", "::1"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		s.addrs[0] = (char *)bad[i];
		n_skipped = 0;
		assert_int_equal(backends(), 2);
		assert_int_equal(n_skipped, 2);
	}
}

static void test_port_names_and_protocols(void **state)
{
	s.eport.name = "";
	assert_int_equal(backends(), 3); /* unset and empty are one */
	s.eport.name = "http";
	assert_int_equal(backends(), 0);
	s.port.name = "http";
	assert_int_equal(backends(), 3);
	s.eport.protocol = "UDP";
	assert_int_equal(backends(), 0);
}

static void test_not_ours(void **state)
{
	s.spec.clusterip = "None";
	assert_int_equal(backends(), -1);
	s.spec.clusterip = "10.96.0.1";
	s.spec.type = "ExternalName";
	assert_int_equal(backends(), -1);
	s.spec.type = "ClusterIP";
	s.meta.labels = s.labels;
	s.meta.n_labels = 1;
	s.label.key = "service.kubernetes.io/service-proxy-name";
	assert_int_equal(backends(), -1);
}

static void test_local_policy(void **state)
{
	s.spec.internaltrafficpolicy = "Local";
	assert_int_equal(backends(), 0);
	s.eps[1].nodename = "n";
	assert_int_equal(backends(), 1);
}

static void test_family(void **state)
{
	s.slice.addresstype = "IPv6";
	assert_int_equal(backends(), 0);
	s.slice.addresstype = "FQDN";
	assert_int_equal(backends(), 0);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_merged_without_doubles, fresh),
		cmocka_unit_test_setup(test_conditions, fresh),
		cmocka_unit_test_setup(test_special_addresses_are_left_out, fresh),
		cmocka_unit_test_setup(test_port_names_and_protocols, fresh),
		cmocka_unit_test_setup(test_not_ours, fresh),
		cmocka_unit_test_setup(test_local_policy, fresh),
		cmocka_unit_test_setup(test_family, fresh),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
