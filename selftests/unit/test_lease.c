/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/node/lease.h"

static void test_first(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Lease *l = kn_lease_make(a, "n1", "u1", 40, 1700000000123456789LL, NULL);

	assert_string_equal(l->metadata->name, "n1");
	assert_string_equal(l->metadata->namespace_, "kube-node-lease");
	assert_string_equal(l->spec->holderidentity, "n1");
	assert_int_equal(l->spec->leasedurationseconds, 40);
	assert_int_equal(l->spec->renewtime->seconds, 1700000000);
	assert_int_equal(l->spec->renewtime->nanos, 123456000); /* a MicroTime */
	assert_int_equal(l->metadata->n_ownerreferences, 1);
	assert_string_equal(l->metadata->ownerreferences[0]->uid, "u1");
	assert_string_equal(l->metadata->ownerreferences[0]->kind, "Node");
}

static void test_renewal_keeps_what_is_there(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Lease *old = kn_lease_make(a, "n1", "u1", 40, 1, NULL), *l;

	old->metadata->resourceversion = (char *)"7";
	old->spec->has_leasetransitions = true;
	old->spec->leasetransitions = 3;
	l = kn_lease_make(a, "n1", "u2", 40, 2000000000, old);
	assert_ptr_not_equal(l, old);
	assert_string_equal(l->metadata->resourceversion, "7");
	assert_int_equal(l->spec->leasetransitions, 3);
	assert_int_equal(l->spec->renewtime->seconds, 2);
	assert_int_equal(old->spec->renewtime->seconds, 0);
	assert_string_equal(l->metadata->ownerreferences[0]->uid, "u1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_first),
		cmocka_unit_test(test_renewal_keeps_what_is_there),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
