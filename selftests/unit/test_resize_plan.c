// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/worker/resize.h"
#include "selftests/harness/pod_fixture.h"

static void wanted(const char *container, const char *given, const char *text, enum kn_resize want)
{
	char *yaml kn_auto_free = kn_sprintf(POD("containers: [{name: c, image: i, %s}]"), container);
	struct kn_pod *p = pod_make(yaml);
	char got[KN_RESOURCES_TEXT];

	kn_resources_text(p->obj->spec->containers[0], got);
	assert_string_equal(got, text);
	assert_int_equal(kn_resize_wanted(p->obj->spec->containers[0], given), want);
	kn_pod_unref(p);
}

static void test_wanted(void **state)
{
	static const char r[] = "resources: {requests: {cpu: 100m, memory: 1Mi}, limits: {cpu: 1}}";
	static const char t[] = "cpu=100/1000 memory=1048576/-1";

	wanted(r, t, t, KN_RESIZE_NONE);
	wanted(r, "", t, KN_RESIZE_NONE);
	wanted(r, "cpu=100/-1 memory=1048576/-1", t, KN_RESIZE_UPDATE);
	wanted(r, "cpu=100/1000 memory=1048576/2097152", t, KN_RESIZE_UPDATE);
	wanted("resources: {requests: {cpu: 0.1, memory: 1024Ki}, limits: {cpu: 1000m}}", t, t,
	       KN_RESIZE_NONE);
}

static void test_policy(void **state)
{
	static const char r[] = "resources: {requests: {cpu: 100m, memory: 1Mi}}, resizePolicy: "
				"[{resourceName: memory, restartPolicy: RestartContainer}, "
				"{resourceName: cpu, restartPolicy: NotRequired}]";
	static const char t[] = "cpu=100/-1 memory=1048576/-1";

	wanted(r, "cpu=200/-1 memory=1048576/-1", t, KN_RESIZE_UPDATE);
	wanted(r, "cpu=100/-1 memory=1048577/-1", t, KN_RESIZE_RESTART);
	wanted(r, "cpu=1000/-1 memory=1048577/-1", t, KN_RESIZE_RESTART);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_wanted),
		cmocka_unit_test(test_policy),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
