/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>
#include "lib/base/mem.h"
#include "cni/addr.h"

static struct kn_cni_addr addr(const char *text)
{
	struct kn_cni_addr a;

	assert_int_equal(kn_cni_addr_parse(text, &a), 0);
	return a;
}

static void test_text(void **state)
{
	static const char *const bad[] = {
		"",	  "10.0.0",	 "10.0.0.1/", "10.0.0.1/33",  "10.0.0.1/08", "::1/129",
		"::1/+3", "10.0.0.1/8/", "1.2.3.4 ",  "fe80::1%eth0", "::1/0001",    "010.0.0.1/8"};
	struct kn_cni_addr a = addr("fd00:0:0::5/64"), kept = a;
	char text[KN_CNI_ADDR_STRLEN];

	assert_string_equal(kn_cni_addr_str(&a, text), "fd00::5");
	assert_string_equal(kn_cni_addr_cidr_str(&a, text), "fd00::5/64");
	assert_int_equal(kn_cni_addr_len(&a), 16);
	a = addr("10.1.2.3");
	assert_string_equal(kn_cni_addr_cidr_str(&a, text), "10.1.2.3/32");
	assert_int_equal(kn_cni_addr_len(&a), 4);
	a = kept;
	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		assert_true(kn_cni_addr_parse(bad[i], &a) < 0);
	assert_memory_equal(&a, &kept, sizeof(a));
}

static void test_cidr_rules(void **state)
{
	static const char *const good[] = {"10.85.0.0/30", "10.0.0.0/8", "fd00:85::/126", "2001:db8::/32"};
	static const char *const bad[] = {"10.85.0.0",	    "10.85.0.1/24", "10.85.0.0/31", "0.0.0.0/8",
					  "127.0.0.0/24",   "224.0.0.0/24", "fe80::/64",    "ff00::/16",
					  "169.254.0.0/24", "fd00::/127",   "::/64",	    "10.0.0.0/7"};
	struct kn_cni_addr a;

	for (size_t i = 0; i < KN_ARRAY_SIZE(good); i++)
		assert_int_equal(kn_cni_cidr_parse(good[i], &a, NULL), 0);
	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		struct kn_err err = KN_ERR_INIT;

		assert_true(kn_cni_cidr_parse(bad[i], &a, &err) < 0);
		assert_non_null(strstr(err.msg, bad[i]));
	}
}

static void assert_next(const struct kn_cni_addr *cidr, const char *from, const char *to)
{
	struct kn_cni_addr a = addr(from), next = kn_cni_cidr_next(cidr, &a), want = addr(to);

	assert_true(kn_cni_addr_same(&next, &want));
	assert_true(kn_cni_cidr_has(cidr, &next));
}

static void test_ranges(void **state)
{
	struct kn_cni_addr v4 = addr("10.85.0.0/29"), v6 = addr("fd00:85::/126"), big = addr("fd00::/48"), a;
	char text[KN_CNI_ADDR_STRLEN];

	a = kn_cni_cidr_gateway(&v4);
	assert_string_equal(kn_cni_addr_cidr_str(&a, text), "10.85.0.1/32");
	assert_int_equal(kn_cni_cidr_pods(&v4), 5);
	assert_int_equal(kn_cni_cidr_pods(&v6), 2);
	assert_true(kn_cni_cidr_pods(&big) == UINT64_MAX);
	assert_next(&v4, "10.85.0.2", "10.85.0.3");
	assert_next(&v4, "10.85.0.6", "10.85.0.2"); /* .7 is the broadcast address */
	assert_next(&v4, "10.85.0.0", "10.85.0.2");
	assert_next(&v4, "10.99.0.0", "10.85.0.2");
	assert_next(&v4, "fd00::1", "10.85.0.2");
	assert_next(&v6, "fd00:85::2", "fd00:85::3");
	assert_next(&v6, "fd00:85::3", "fd00:85::2");
	a = addr("10.85.0.8");
	assert_false(kn_cni_cidr_has(&v4, &a));
	assert_false(kn_cni_cidr_has(&v6, &a));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text),
		cmocka_unit_test(test_cidr_rules),
		cmocka_unit_test(test_ranges),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
