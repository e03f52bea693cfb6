// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <errno.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/worker/http_action.h"
#include "selftests/harness/pod_fixture.h"

/* Of a container's readiness probe. */
static int make(const char *get, bool plain, struct kn_http_action *out, struct kn_arena *a,
		struct kn_err *err)
{
	char *yaml kn_auto_free = kn_sprintf(POD("containers: [{name: c, image: i, ports: [{name: web, "
						 "containerPort: 81}], readinessProbe: "
						 "{httpGet: %s}}]"),
					     get);
	struct kn_pod *p = pod_make(yaml);
	const K8s__Container *c = p->obj->spec->containers[0];
	int r = kn_http_action_make(out, a, c->readinessprobe->handler->httpget, c, "10.0.0.1", "probe",
				    plain, err);

	if (!r)
		out->url = kn_arena_strdup(a, out->url);
	kn_pod_unref(p);
	return r;
}

static void url(const char *get, const char *want)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_http_action out;
	struct kn_err err = KN_ERR_INIT;

	if (make(get, false, &out, a, &err))
		fail_msg("%s: %s", get, err.msg);
	assert_string_equal(out.url, want);
}

static void test_url(void **state)
{
	url("{port: 80}", "http://10.0.0.1:80/");
	url("{port: web, path: healthz}", "http://10.0.0.1:81/healthz");
	url("{port: 443, scheme: HTTPS, path: \"/a?b=c%2Fd\"}", "https://10.0.0.1:443/a?b=c%2Fd");
	url("{port: 80, host: \"fd00::1\", path: \"/x y\"}", "http://[fd00::1]:80/x%20y");
	url("{port: 80, host: example.com, path: \"?q#part\"}", "http://example.com:80/?q");
}

static void test_plain(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_http_action out;

	assert_int_equal(make("{port: 443, scheme: HTTPS}", true, &out, a, NULL), 0);
	assert_string_equal(out.url, "http://10.0.0.1:443/");
}

static void test_ports(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	struct kn_http_action out = {0};
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(make("{port: none}", false, &out, a, &err), -EINVAL);
	assert_string_equal(err.msg, "port \"none\" not found");
	assert_int_equal(make("{port: 0}", false, &out, a, &err), -EINVAL);
	assert_int_equal(make("{port: 65536}", false, &out, a, &err), -EINVAL);
	assert_string_equal(err.msg, "invalid port number: 65536");
	assert_null(out.url);
}

/* The headers, each followed by '|'. */
static void headers(const char *list, const char *want)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	char *get kn_auto_free = kn_sprintf("{port: 80, httpHeaders: [%s]}", list);
	struct kn_buf b kn_auto_buf = {0};
	struct kn_http_action out;

	assert_int_equal(make(get, false, &out, a, NULL), 0);
	for (const char **h = out.headers; *h; h++)
		kn_buf_addf(&b, "%s|", *h);
	assert_string_equal(b.data, want);
}

static void test_headers(void **state)
{
	headers("", "User-Agent: kube-probe/1.37|Accept: */*|");
	headers("{name: Host, value: a.b}", "Host: a.b|User-Agent: kube-probe/1.37|Accept: */*|");
	headers("{name: user-agent, value: me}, {name: accept, value: \"\"}", "user-agent: me|accept:|");
	headers("{name: X, value: \"\"}, {name: user-agent, value: m}, {name: Accept, value: a}",
		"X;|user-agent: m|Accept: a|");
	headers("{name: X, value: \"a\\r\\nY: b\"}", "User-Agent: kube-probe/1.37|Accept: */*|");
}

static void test_seconds(void **state)
{
	char buf[32];

	assert_string_equal(kn_action_seconds(buf, 5), "5s");
	assert_string_equal(kn_action_seconds(buf, 90), "1m30s");
	assert_string_equal(kn_action_seconds(buf, 3600), "1h0m0s");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_url),	cmocka_unit_test(test_plain),	cmocka_unit_test(test_ports),
		cmocka_unit_test(test_headers), cmocka_unit_test(test_seconds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
