/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "kubelet/node/node_events.h"
#include "lib/base/buf.h"

static void collect(void *user, bool warning, const char *reason, const char *message)
{
	kn_buf_addf(user, "%s%s;", warning ? "!" : "", reason);
	assert_non_null(strstr(message, "n1"));
}

struct status {
	K8s__NodeStatus s;
	K8s__NodeCondition c[2], *list[2];
	K8s__NodeSystemInfo info;
};

static void make(struct status *x, const char *memory, const char *ready, const char *boot)
{
	k8s__node_status__init(&x->s);
	k8s__node_system_info__init(&x->info);
	x->info.bootid = (char *)boot;
	x->s.nodeinfo = &x->info;
	x->s.conditions = x->list;
	x->s.n_conditions = 2;
	for (int i = 0; i < 2; i++) {
		k8s__node_condition__init(&x->c[i]);
		x->list[i] = &x->c[i];
	}
	x->c[0].type = (char *)"MemoryPressure";
	x->c[0].status = (char *)memory;
	x->c[1].type = (char *)"Ready";
	x->c[1].status = (char *)ready;
}

static void expect(const struct status *old, const struct status *new, const char *want)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_node_status_events("n1", old ? &old->s : NULL, &new->s, collect, &b);
	assert_string_equal(b.data ? b.data : "", want);
}

static void test_status(void **state)
{
	struct status first, ready, low, rebooted;

	make(&first, "False", "False", "b1");
	make(&ready, "False", "True", "b1");
	make(&low, "True", "False", "b1");
	make(&rebooted, "False", "True", "b2");
	expect(NULL, &first, "NodeHasSufficientMemory;");
	expect(&first, &first, "");
	expect(&first, &ready, "NodeReady;");
	expect(&ready, &low, "NodeHasInsufficientMemory;NodeNotReady;");
	expect(&ready, &rebooted, "!Rebooted;");
}

static void test_schedulable(void **state)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_node_schedulable_event("n1", false, false, collect, &b);
	kn_node_schedulable_event("n1", false, true, collect, &b);
	kn_node_schedulable_event("n1", true, false, collect, &b);
	assert_string_equal(b.data, "NodeNotSchedulable;NodeSchedulable;");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_status),
		cmocka_unit_test(test_schedulable),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
