/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/server_route.h"
#include "lib/base/mem.h"

static void test_routes(void **state)
{
	static const struct {
		const char *method, *path;
		enum kn_route route;
		const char *ns, *pod, *uid, *container, *rest;
		bool bad_method;
	} t[] = {
		{"GET", "/healthz", KN_ROUTE_HEALTHZ, "", "", "", "", "", false},
		{"GET", "/healthz/syncloop", KN_ROUTE_HEALTHZ, "", "", "", "", "syncloop", false},
		{"POST", "/healthz", KN_ROUTE_HEALTHZ, "", "", "", "", "", true},
		{"GET", "/healthzz", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"GET", "/pods", KN_ROUTE_PODS, "", "", "", "", NULL, false},
		{"GET", "/pods/", KN_ROUTE_PODS, "", "", "", "", NULL, false},
		{"GET", "/pods/x", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"GET", "/runningpods/", KN_ROUTE_RUNNING_PODS, "", "", "", "", NULL, false},
		{"GET", "/containerLogs/n/p/c", KN_ROUTE_CONTAINER_LOGS, "n", "p", "", "c", NULL, false},
		{"GET", "/containerLogs/n/p", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"GET", "/containerLogs/n/p/u/c", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"POST", "/exec/n/p/c", KN_ROUTE_EXEC, "n", "p", "", "c", NULL, false},
		{"GET", "/exec/n/p/u/c", KN_ROUTE_EXEC, "n", "p", "u", "c", NULL, false},
		{"PUT", "/exec/n/p/c", KN_ROUTE_EXEC, "n", "p", "", "c", NULL, true},
		{"GET", "/exec/n//c", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"POST", "/attach/n/p/c/", KN_ROUTE_ATTACH, "n", "p", "", "c", NULL, false},
		{"POST", "/portForward/n/p", KN_ROUTE_PORT_FORWARD, "n", "p", "", "", NULL, false},
		{"GET", "/portForward/n/p/u", KN_ROUTE_PORT_FORWARD, "n", "p", "u", "", NULL, false},
		{"POST", "/run/n/p/c", KN_ROUTE_RUN, "n", "p", "", "c", NULL, false},
		{"GET", "/run/n/p/c", KN_ROUTE_RUN, "n", "p", "", "c", NULL, true},
		{"GET", "/configz", KN_ROUTE_CONFIGZ, "", "", "", "", NULL, false},
		{"GET", "/stats/summary", KN_ROUTE_STATS_SUMMARY, "", "", "", "", NULL, false},
		{"GET", "/metrics", KN_ROUTE_METRICS, "", "", "", "", NULL, false},
		{"GET", "/metrics/cadvisor", KN_ROUTE_METRICS_CADVISOR, "", "", "", "", NULL, false},
		{"GET", "/metrics/resource", KN_ROUTE_METRICS_RESOURCE, "", "", "", "", NULL, false},
		{"GET", "/metrics/probes", KN_ROUTE_METRICS_PROBES, "", "", "", "", NULL, false},
		{"GET", "/logs/a/b.log", KN_ROUTE_LOGS, "", "", "", "", "a/b.log", false},
		{"GET", "/debug/pprof/profile", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"GET", "/", KN_ROUTE_NONE, "", "", "", "", NULL, false},
		{"GET", "", KN_ROUTE_NONE, "", "", "", "", NULL, false},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_route_match m;

		kn_route_find(t[i].method, t[i].path, &m);
		if (m.route != t[i].route)
			fail_msg("%s: route %d", t[i].path, m.route);
		if (!m.route)
			continue;
		assert_string_equal(m.ns, t[i].ns);
		assert_string_equal(m.pod, t[i].pod);
		assert_string_equal(m.uid, t[i].uid);
		assert_string_equal(m.container, t[i].container);
		assert_int_equal(m.bad_method, t[i].bad_method);
		if (t[i].rest)
			assert_string_equal(m.rest, t[i].rest);
	}
}

/* A name longer than any pod's must not be cut into another one. */
static void test_long_name(void **state)
{
	char path[600] = "/exec/n/", *p = path + strlen(path);
	struct kn_route_match m;

	memset(p, 'a', 253);
	memcpy(p + 253, "/c", 3);
	kn_route_find("GET", path, &m);
	assert_int_equal(m.route, KN_ROUTE_EXEC);
	memset(p, 'a', 254);
	memcpy(p + 254, "/c", 3);
	kn_route_find("GET", path, &m);
	assert_int_equal(m.route, KN_ROUTE_NONE);
}

static void test_permissions(void **state)
{
	static const struct {
		const char *method, *path, *verb, *first, *second;
	} t[] = {
		{"GET", "/stats/summary", "get", "stats", NULL},
		{"GET", "/metrics", "get", "metrics", NULL},
		{"GET", "/metrics/cadvisor", "get", "metrics", NULL},
		{"GET", "/metricsx", "get", "proxy", NULL},
		{"GET", "/logs/", "get", "log", NULL},
		{"POST", "/checkpoint/n/p/c", "create", "checkpoint", NULL},
		{"GET", "/pods", "get", "pods", "proxy"},
		{"GET", "/runningpods/", "get", "pods", "proxy"},
		{"GET", "/healthz/log", "get", "healthz", "proxy"},
		{"GET", "/configz", "get", "configz", "proxy"},
		{"GET", "/flagz", "get", "configz", NULL},
		{"GET", "/statusz", "get", "statusz", NULL},
		{"POST", "/exec/n/p/c", "create", "proxy", NULL},
		{"GET", "/exec/n/p/c", "get", "proxy", NULL},
		{"GET", "/containerLogs/n/p/c", "get", "proxy", NULL},
		{"DELETE", "/x", "delete", "proxy", NULL},
		{"PATCH", "/x", "patch", "proxy", NULL},
		{"PUT", "/x", "update", "proxy", NULL},
		{"TRACE", "/x", "", "proxy", NULL},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_auth_attrs a;

		kn_auth_attrs(t[i].method, t[i].path, &a);
		assert_string_equal(a.verb, t[i].verb);
		assert_string_equal(a.subresource[0], t[i].first);
		if (t[i].second)
			assert_string_equal(a.subresource[1], t[i].second);
		else
			assert_null(a.subresource[1]);
		assert_null(a.subresource[2]);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_routes),
		cmocka_unit_test(test_long_name),
		cmocka_unit_test(test_permissions),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
