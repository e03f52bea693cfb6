// SPDX-License-Identifier: Apache-2.0
/* What only protobuf input can hold, and kinds that no manifest has. test_codec_decode has the manifests'
 * round trip. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <string.h>
#include <cmocka.h>

#include "lib/k8s/authentication.pb-c.h"
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

static void round_trip(const ProtobufCMessageDescriptor *desc, const char *text)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf out = {0};
	struct kn_err err = KN_ERR_INIT;
	ProtobufCMessage *msg = NULL;
	struct kn_node *node = NULL;
	struct kn_json_writer *w = kn_json_writer_new(&out, false);

	assert_int_equal(kn_json_parse(text, strlen(text), NULL, a, &node, &err), 0);
	if (kn_codec_decode(desc, node, KN_CODEC_STRICT, a, &msg, &err))
		fail_msg("%s", err.msg);
	kn_codec_encode(msg, NULL, w);
	kn_json_writer_free(w);
	assert_string_equal(out.data, text);
}

/* A message that is a plain list in JSON, as the value of a map. */
static void test_extra_values(void **state)
{
	round_trip(&k8s__token_review__descriptor,
		   "{\"apiVersion\":\"authentication.k8s.io/v1\",\"kind\":\"TokenReview\","
		   "\"status\":{\"user\":{\"username\":\"u\",\"groups\":[\"g\"],"
		   "\"extra\":{\"k\":[\"a\",\"b\"],\"empty\":[]}}}}");
}

static void test_ephemeral_container(void **state)
{
	round_trip(&k8s__pod__descriptor,
		   "{\"apiVersion\":\"v1\",\"kind\":\"Pod\",\"spec\":{\"ephemeralContainers\":["
		   "{\"name\":\"e\",\"stdin\":true,\"targetContainerName\":\"c\"}]}}");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_unset_members),
		cmocka_unit_test(test_extra_values),
		cmocka_unit_test(test_ephemeral_container),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
