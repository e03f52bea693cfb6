/* SPDX-License-Identifier: Apache-2.0 */
/* In a network namespace of the test's own; needs root. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "proxy/local_addrs.h"

struct fixture {
	struct kn_loop *loop;
	unsigned told;
	char text[300]; /* "10.0.0.1 fd00::1", sorted */
};

static int by_text(const void *a, const void *b)
{
	return strcmp(a, b);
}

static void on_change(void *user, const struct kn_addr *addrs, size_t n)
{
	char list[16][INET6_ADDRSTRLEN];
	struct fixture *f = user;
	size_t len = 0;

	f->told++;
	assert_true(n <= 16);
	for (size_t i = 0; i < n; i++) {
		bool v4 = !addrs[i].w[0] && !addrs[i].w[1] && addrs[i].w[2] == htonl(0xffff);

		inet_ntop(v4 ? AF_INET : AF_INET6, v4 ? &addrs[i].w[3] : (const void *)&addrs[i], list[i],
			  sizeof(list[i]));
	}
	qsort(list, n, sizeof(list[0]), by_text);
	f->text[0] = 0;
	for (size_t i = 0; i < n; i++)
		len += snprintf(f->text + len, sizeof(f->text) - len, "%s%s", i ? " " : "", list[i]);
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	*state = f;
	return kn_loop_new(&f->loop, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_loop_free(f->loop);
	free(f);
	return 0;
}

static void ip(const char *command)
{
	kn_auto_free char *all = kn_sprintf("ip %s", command);

	assert_int_equal(system(all), 0);
}

static void wait_for(struct fixture *f, const char *text)
{
	int64_t end = kn_mono(&kn_clock_system) + 5 * KN_NSEC_PER_SEC;

	while (strcmp(f->text, text) != 0 && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_string_equal(f->text, text);
}

static void test_addresses_come_and_go(void **state)
{
	struct fixture *f = *state;
	struct kn_local_addrs *l = NULL;
	unsigned told;

	assert_int_equal(kn_local_addrs_new(&l, f->loop, NULL, on_change, f, NULL), 0);
	assert_int_equal(f->told, 1); /* before it returns */
	assert_string_equal(f->text, "");
	ip("addr add 192.0.2.1/24 dev a0 && ip addr add fd00::1/64 dev a0 nodad && ip addr add "
	   "169.254.1.1/16 "
	   "dev a0");
	wait_for(f, "192.0.2.1 fd00::1"); /* no loopback, nothing link-local */
	ip("addr del 192.0.2.1/24 dev a0");
	wait_for(f, "fd00::1");
	ip("addr add 192.0.2.2/32 dev lo");
	wait_for(f, "192.0.2.2 fd00::1"); /* wherever it is */
	told = f->told;
	for (int i = 0; i < 4; i++)
		kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_int_equal(f->told, told);
	ip("addr del 192.0.2.2/32 dev lo && ip addr flush dev a0");
	wait_for(f, "");
	assert_null(kn_local_addrs_free(l));
	assert_null(kn_local_addrs_free(NULL));
}

static void test_chosen_ones(void **state)
{
	static const char *const cidrs[] = {"192.0.2.0/25", "fd00:1::/32", NULL};
	struct kn_local_addrs *l = (void *)1;
	struct fixture *f = *state;

	ip("addr add 192.0.2.1/32 dev a0 && ip addr add 192.0.2.129/32 dev a0 && ip addr add fd00:1::1/128 "
	   "dev a0 "
	   "nodad && ip addr add fd00:2::1/128 dev a0 nodad");
	assert_int_equal(kn_local_addrs_new(&l, NULL, cidrs, on_change, f, NULL), 0);
	assert_null(l); /* once, without a loop */
	assert_string_equal(f->text, "192.0.2.1 fd00:1::1");
	ip("addr flush dev a0");
}

static void test_cookies(void **state)
{
	uint64_t here = 0, again = 0, there = 0;
	struct kn_err err = KN_ERR_INIT;

	if (kn_netns_cookie(&here, &err))
		skip(); /* before Linux 5.14 */
	assert_int_equal(kn_netns_cookie(&again, NULL), 0);
	assert_true(here == again && here);
	assert_int_equal(unshare(CLONE_NEWNET), 0); /* the last test: nobody needs the old one */
	assert_int_equal(kn_netns_cookie(&there, NULL), 0);
	assert_true(here != there);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_addresses_come_and_go),
		T(test_chosen_ones),
		T(test_cookies),
	};

	if (geteuid() || unshare(CLONE_NEWNET) ||
	    system("ip link add a0 type veth peer name b0 && ip link set lo "
		   "up && ip link set a0 up && ip link set b0 up")) {
		puts("skip local_addrs: needs root and network namespaces");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
