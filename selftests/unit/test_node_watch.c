// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <cmocka.h>

#include "proxy/node_watch.h"

static void test_eligible(void **state)
{
	K8s__Node node = K8S__NODE__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__NodeSpec spec = K8S__NODE_SPEC__INIT;
	K8s__Taint taint = K8S__TAINT__INIT, *taints[] = {&taint};
	K8s__Time time = K8S__TIME__INIT;

	assert_true(kn_node_eligible(&node));
	node.metadata = &meta;
	node.spec = &spec;
	spec.taints = taints;
	spec.n_taints = 1;
	taint.key = "node.kubernetes.io/unschedulable"; /* cordoned, yet its endpoints serve on */
	assert_true(kn_node_eligible(&node));
	taint.key = "ToBeDeletedByClusterAutoscaler";
	assert_false(kn_node_eligible(&node));
	spec.n_taints = 0;
	assert_true(kn_node_eligible(&node));
	meta.deletiontimestamp = &time;
	assert_false(kn_node_eligible(&node));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_eligible)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
