// SPDX-License-Identifier: Apache-2.0
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <string.h>
#include <cmocka.h>
#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/message.h"

static void unset_is_zero(void **state)
{
	K8s__ContainerStatus a = K8S__CONTAINER_STATUS__INIT, b = K8S__CONTAINER_STATUS__INIT;
	K8s__ContainerState empty = K8S__CONTAINER_STATE__INIT;
	K8s__ContainerStateTerminated end = K8S__CONTAINER_STATE_TERMINATED__INIT;

	assert_true(kn_msg_same(&a, &b));
	assert_true(kn_msg_same(NULL, NULL));
	a.image = (char *)"";
	a.has_ready = true;
	a.laststate = &empty;
	assert_true(kn_msg_same(&a, &b));
	assert_true(kn_msg_same(&b, &a));
	assert_true(kn_msg_same(&a, NULL));
	a.ready = true;
	assert_false(kn_msg_same(&a, &b));
	b.has_ready = b.ready = true;
	assert_true(kn_msg_same(&a, &b));
	end.has_exitcode = true;
	end.exitcode = 3;
	empty.terminated = &end;
	assert_false(kn_msg_same(&a, &b));
}

static void lists_have_an_order(void **state)
{
	K8s__PodIP one = K8S__POD_IP__INIT, two = K8S__POD_IP__INIT;
	K8s__PodIP *x[] = {&one, &two}, *y[] = {&two, &one};

	one.ip = (char *)"10.0.0.1";
	two.ip = (char *)"fd00::1";
	assert_true(kn_msg_list_same((void **)x, 2, (void **)x, 2));
	assert_false(kn_msg_list_same((void **)x, 2, (void **)y, 2));
	assert_false(kn_msg_list_same((void **)x, 2, (void **)x, 1));
}

static void copies_stand_alone(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	K8s__PodIP one = K8S__POD_IP__INIT, *ips[] = {&one};
	K8s__PodStatus s = K8S__POD_STATUS__INIT, *copy;
	char ip[] = "10.0.0.1";

	one.ip = ip;
	s.podips = ips;
	s.n_podips = 1;
	copy = kn_msg_copy(a, &s);
	ip[0] = 'x';
	assert_string_equal(copy->podips[0]->ip, "10.0.0.1");
	assert_null(kn_msg_copy(a, NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(unset_is_zero),
		cmocka_unit_test(lists_have_an_order),
		cmocka_unit_test(copies_stand_alone),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
