// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <sched.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>
#include <cmocka.h>

#include "lib/base/host.h"

static void test_lower_case(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);
	const char *name = NULL;

	if (unshare(CLONE_NEWUTS) || sethostname("Node-A.Example", 14)) {
		print_message("SKIP: no namespace for another host name\n");
		skip();
	}
	assert_int_equal(kn_host_name(&name, a, NULL), 0);
	assert_string_equal(name, "node-a.example");
}

static void test_no_room(void **state)
{
	struct kn_arena *a kn_auto_arena = kn_arena_new(1);
	const char *name = "before";

	assert_int_equal(kn_host_name(&name, a, NULL), -ENOMEM);
	assert_string_equal(name, "before");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_lower_case),
		cmocka_unit_test(test_no_room),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
