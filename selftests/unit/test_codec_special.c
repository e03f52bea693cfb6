/* SPDX-License-Identifier: Apache-2.0 */
/* The tables name fields and messages by text: each must be one that the schemas have, or have not. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"
#include "lib/k8s/kubeletconfig.pb-c.h"
#include "lib/k8s/meta.pb-c.h"

static const ProtobufCFieldDescriptor *field(const ProtobufCMessageDescriptor *d, const char *name)
{
	const ProtobufCFieldDescriptor *f = protobuf_c_message_descriptor_get_field_by_name(d, name);

	assert_non_null(f);
	return f;
}

static void test_specials(void **state)
{
	assert_int_equal(kn_special_of(&k8s__quantity__descriptor), KN_SPECIAL_QUANTITY);
	assert_int_equal(kn_special_of(&k8s__time__descriptor), KN_SPECIAL_TIME);
	assert_int_equal(kn_special_of(&k8s__micro_time__descriptor), KN_SPECIAL_MICRO_TIME);
	assert_int_equal(kn_special_of(&k8s__int_or_string__descriptor), KN_SPECIAL_INT_OR_STRING);
	assert_int_equal(kn_special_of(&k8s__string_entry__descriptor), KN_SPECIAL_ENTRY);
	assert_int_equal(kn_special_of(&kc__bool_entry__descriptor), KN_SPECIAL_ENTRY);
	assert_int_equal(kn_special_of(&k8s__extra_value__descriptor), KN_SPECIAL_LIST);
	assert_int_equal(kn_special_of(&k8s__pod__descriptor), KN_SPECIAL_NONE);
	assert_int_equal(kn_special_of(NULL), KN_SPECIAL_NONE);
}

static void test_inlined(void **state)
{
	const ProtobufCMessageDescriptor *eph = &k8s__ephemeral_container__descriptor;

	assert_true(
		kn_codec_inlined(&k8s__volume__descriptor, field(&k8s__volume__descriptor, "volumeSource")));
	assert_true(kn_codec_inlined(&k8s__probe__descriptor, field(&k8s__probe__descriptor, "handler")));
	assert_true(kn_codec_inlined(eph, field(eph, "ephemeralContainerCommon")));
	assert_true(kn_codec_inlined(&k8s__secret_key_selector__descriptor,
				     field(&k8s__secret_key_selector__descriptor, "localObjectReference")));
	assert_true(kn_codec_inlined(&k8s__config_map_env_source__descriptor,
				     field(&k8s__config_map_env_source__descriptor, "localObjectReference")));
	assert_false(kn_codec_inlined(&k8s__volume__descriptor, field(&k8s__volume__descriptor, "name")));
	assert_false(kn_codec_inlined(&k8s__pod__descriptor, field(&k8s__pod__descriptor, "spec")));
}

/* What is skipped must not be what is decoded. */
static void test_ignored_fields_are_not_in_the_schema(void **state)
{
	static const struct {
		const ProtobufCMessageDescriptor *d;
		const char *name;
	} ignored[] = {
		{&k8s__object_meta__descriptor, "managedFields"},
		{&k8s__pod_spec__descriptor, "topologySpreadConstraints"},
		{&k8s__affinity__descriptor, "podAffinity"},
		{&k8s__volume_source__descriptor, "awsElasticBlockStore"},
		{&k8s__volume_source__descriptor, "gitRepo"},
		{&k8s__security_context__descriptor, "windowsOptions"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(ignored); i++) {
		assert_true(kn_codec_ignored(ignored[i].d, ignored[i].name));
		assert_null(protobuf_c_message_descriptor_get_field_by_name(ignored[i].d, ignored[i].name));
	}
	assert_false(kn_codec_ignored(&k8s__pod_spec__descriptor, "managedFields")); /* of another type */
	assert_false(kn_codec_ignored(&k8s__pod_spec__descriptor, "containers"));
	assert_false(kn_codec_ignored(&k8s__pod_spec__descriptor, "contianers"));
}

static void test_kinds(void **state)
{
	const char *api = "untouched", *kind = "untouched";

	assert_false(kn_codec_type_meta(&k8s__pod_spec__descriptor, &api, &kind));
	assert_string_equal(api, "untouched");
	assert_true(kn_codec_type_meta(&k8s__pod__descriptor, &api, &kind));
	assert_string_equal(api, "v1");
	assert_string_equal(kind, "Pod");
	assert_true(kn_codec_type_meta(&k8s__endpoint_slice__descriptor, &api, &kind));
	assert_string_equal(api, "discovery.k8s.io/v1");
	assert_string_equal(kind, "EndpointSlice");
	assert_true(kn_codec_type_meta(&kc__kubelet_configuration__descriptor, &api, &kind));
	assert_string_equal(api, "kubelet.config.k8s.io/v1beta1");
	assert_string_equal(kind, "KubeletConfiguration");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_specials),
		cmocka_unit_test(test_inlined),
		cmocka_unit_test(test_ignored_fields_are_not_in_the_schema),
		cmocka_unit_test(test_kinds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
