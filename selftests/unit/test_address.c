// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "proxy/address.h"

static struct kn_addr addr(const char *text)
{
	struct kn_addr a;

	assert_int_equal(kn_addr_parse(text, &a), 0);
	return a;
}

static void test_text_and_back(void **state)
{
	static const char *const good[] = {"10.0.0.1", "0.0.0.0", "255.255.255.255", "fd00::1", "::", "::1"};
	static const char *const bad[] = {"",  "10.0.0",     "10.0.0.256", "::ffff:10.0.0.1",
					  "x", "10.0.0.1/8", "[::1]"};
	struct kn_addr a;
	char buf[KN_ADDR_STRLEN];

	for (size_t i = 0; i < sizeof(good) / sizeof(*good); i++) {
		a = addr(good[i]);
		assert_string_equal(kn_addr_text(&a, buf), good[i]);
	}
	for (size_t i = 0; i < sizeof(bad) / sizeof(*bad); i++)
		assert_int_equal(kn_addr_parse(bad[i], &a), -EINVAL);
}

static void test_any(void **state)
{
	struct kn_addr a, b = addr("0.0.0.0"), c = addr("::");

	kn_addr_any(true, &a);
	assert_memory_equal(&a, &b, sizeof(a));
	kn_addr_any(false, &a);
	assert_memory_equal(&a, &c, sizeof(a));
}

static void test_cidr(void **state)
{
	static const struct {
		const char *addr, *cidr;
		bool in;
	} cases[] = {
		{"10.1.2.3", "10.0.0.0/8", true},
		{"11.1.2.3", "10.0.0.0/8", false},
		{"10.1.2.3", "0.0.0.0/0", true},
		{"10.1.2.3", "10.1.2.3/32", true},
		{"10.1.2.2", "10.1.2.3/32", false},
		{"10.1.2.127", "10.1.2.0/25", true},
		{"10.1.2.128", "10.1.2.0/25", false},
		{"fd00::1", "fd00::/8", true},
		{"fe00::1", "fd00::/8", false},
		{"fd00::1:0:0:1", "fd00::1:0:0:0/80", true},
		{"fd00::1", "::/0", true},
		{"10.1.2.3", "::/0", false},
		{"fd00::1", "0.0.0.0/0", false},
		{"10.1.2.3", "10.0.0.0", false},
		{"10.1.2.3", "10.0.0.0/33", false},
		{"10.1.2.3", "10.0.0.0/", false},
		{"10.1.2.3", "10.0.0.0/8x", false},
		{"10.1.2.3", "10.0.0.0/-1", false},
	};

	for (size_t i = 0; i < sizeof(cases) / sizeof(*cases); i++) {
		struct kn_addr a = addr(cases[i].addr);

		if (kn_addr_in_cidr(&a, cases[i].cidr) != cases[i].in)
			fail_msg("%s in %s", cases[i].addr, cases[i].cidr);
	}
}

static void test_special(void **state)
{
	static const char *const special[] = {
		"0.0.0.0", "127.0.0.1", "127.255.0.1", "169.254.3.4", "224.0.0.1",
		"::",	   "::1",	"fe80::1",     "ff02::1"};
	struct kn_addr a;

	for (size_t i = 0; i < sizeof(special) / sizeof(*special); i++) {
		a = addr(special[i]);
		assert_non_null(kn_addr_special(&a));
	}
	a = addr("10.0.0.1");
	assert_null(kn_addr_special(&a));
	a = addr("fd00::1");
	assert_null(kn_addr_special(&a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_and_back),
		cmocka_unit_test(test_any),
		cmocka_unit_test(test_cidr),
		cmocka_unit_test(test_special),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
