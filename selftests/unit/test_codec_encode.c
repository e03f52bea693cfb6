// SPDX-License-Identifier: Apache-2.0
/* What only protobuf input can hold: values that no manifest gives. test_codec_decode has the round trip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/k8s/codec.h"
#include "lib/k8s/core.pb-c.h"

static void test_unset_members(void **state)
{
	K8s__Time zero = K8S__TIME__INIT;
	K8s__StringEntry label = K8S__STRING_ENTRY__INIT, *labels[] = {&label};
	K8s__QuantityEntry cpu = K8S__QUANTITY_ENTRY__INIT, *overhead[] = {&cpu};
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__PodSpec spec = K8S__POD_SPEC__INIT;
	K8s__Pod pod = K8S__POD__INIT;
	kn_auto_buf struct kn_buf out = {0};
	struct kn_json_writer *w = kn_json_writer_new(&out, false);

	meta.creationtimestamp = &zero;
	meta.labels = labels;
	meta.n_labels = 1;
	cpu.key = "cpu";
	spec.overhead = overhead;
	spec.n_overhead = 1;
	spec.has_hostnetwork = true;
	pod.metadata = &meta;
	pod.spec = &spec;
	kn_codec_encode(&pod.base, NULL, w);
	kn_json_writer_free(w);
	assert_string_equal(out.data,
			    "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"metadata\":{\"labels\":{\"\":\"\"}},"
			    "\"spec\":{\"hostNetwork\":false,\"overhead\":{\"cpu\":\"0\"}}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unset_members),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
