/* SPDX-License-Identifier: Apache-2.0 */
/* One rig for a program of tests with real sockets; to be included once, behind cmocka.h. */
#ifndef KN_SELFTESTS_SOCK_TESTS_H
#define KN_SELFTESTS_SOCK_TESTS_H

#include "selftests/prog_tests/proxy_rig.h"

static struct rig rig;
static const char *lacks;
static struct rig_service svc[RIG_MAX];

/* First in each test: what the machine lacks is skipped. */
#define NEED()                                                                                               \
	do {                                                                                                 \
		if (lacks) {                                                                                 \
			print_message("SKIP: %s\n", lacks);                                                  \
			skip();                                                                              \
		}                                                                                            \
	} while (0)

static void set(size_t n)
{
	struct kn_err err = KN_ERR_INIT;

	if (rig_set(&rig, svc, n, &err))
		fail_msg("%s", err.msg);
}

static int down(void **state)
{
	rig_down(&rig);
	return 0;
}

#endif
