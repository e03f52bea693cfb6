/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "kubelet/node/node_config.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"

static int make(struct kn_node_reserved *ret, struct kn_arena *a, const char *yaml, struct kn_err *err)
{
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(
		kn_codec_decode(&kc__kubelet_configuration__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	return kn_node_reserved_make(ret, (const kn_config *)m, a, err);
}

static void test_sums(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_reserved r = {0};

	assert_int_equal(
		make(&r, a,
		     "{systemReserved: {cpu: 100m, memory: 1Gi, pid: '100', hugepages-2Mi: 4Mi}, "
		     "kubeReserved: {cpu: '1', memory: 1Mi, ephemeral-storage: 2Gi, hugepages-2Mi: 2Mi, "
		     "hugepages-1Gi: 1Gi}, evictionHard: {memory.available: 100Mi, nodefs.available: 10%, "
		     "nodefs.inodesFree: 5%, imagefs.available: 15%}}",
		     NULL),
		0);
	assert_int_equal(r.cpu_milli, 1100);
	assert_int_equal(r.memory_bytes, (1LL << 30) + (1 << 20) + (100 << 20));
	assert_int_equal(r.ephemeral_bytes, 2LL << 30);
	assert_int_equal(r.pids, 100);
	assert_int_equal(r.n_hugepages, 2);
	assert_string_equal(r.hugepages[0].resource, "hugepages-2Mi");
	assert_int_equal(r.hugepages[0].bytes, 6 << 20);
	assert_true(r.ephemeral_fraction > 0.0999 && r.ephemeral_fraction < 0.1001);
	assert_true(r.memory_fraction == 0);
}

static void test_nothing(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_node_reserved r = {.cpu_milli = 7};

	assert_int_equal(make(&r, a, "{}", NULL), 0);
	assert_int_equal(r.cpu_milli, 0);
	assert_int_equal(r.memory_bytes, 0);
}

static void test_refused(void **state)
{
	static const struct {
		const char *yaml, *why;
	} t[] = {
		{"{systemReserved: {cpu: much}}", "systemReserved: cpu: \"much\" is no quantity"},
		{"{kubeReserved: {memory: -1Gi}}", "kubeReserved: memory: \"-1Gi\" is no quantity"},
		{"{kubeReserved: {gpu: '1'}}", "cannot reserve \"gpu\" resource"},
		{"{evictionHard: {memory.available: 101%}}", "evictionHard: memory.available: \"101%\""},
		{"{evictionHard: {memory.available: -1%}}", "evictionHard: memory.available: \"-1%\""},
		{"{evictionHard: {memory.available: 'x%'}}", "evictionHard: memory.available: \"x%\""},
		{"{evictionHard: {memory.available: '%'}}", "evictionHard: memory.available: \"%\""},
		{"{evictionHard: {memory.available: nan%}}", "evictionHard: memory.available: \"nan%\""},
		{"{evictionHard: {nodefs.available: ''}}", "evictionHard: nodefs.available: \"\""},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_node_reserved r = {.cpu_milli = 7};
		struct kn_err err = KN_ERR_INIT;

		if (make(&r, a, t[i].yaml, &err) != -EINVAL)
			fail_msg("%s", t[i].yaml);
		assert_non_null(strstr(err.msg, t[i].why));
		assert_int_equal(r.cpu_milli, 7); /* untouched */
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sums),
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
