/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "cri/cri.h"
#include "lib/base/mem.h"

/* Each row's descriptors and path are of the method's own name: a line copied and half changed shows here. */
static void test_rows_agree_with_themselves(void **state)
{
	for (int m = 0; m < KN_CRI_METHOD_COUNT; m++) {
		const struct kn_cri_method_info *i = kn_cri_method((enum kn_cri_method)m);
		bool image = strstr(i->name, "Image") !=
			     NULL; /* so are those of the image service called, and no other */
		char want[96];

		snprintf(want, sizeof(want), "cri.%sRequest", i->name);
		assert_string_equal(i->request->name, want);
		snprintf(want, sizeof(want), "cri.%sResponse", i->name);
		assert_string_equal(i->response->name, want);
		snprintf(want, sizeof(want), "/runtime.v1.%sService/%s", image ? "Image" : "Runtime",
			 i->name);
		assert_string_equal(i->path, want);
		for (int o = 0; o < m; o++)
			assert_string_not_equal(i->name, kn_cri_method((enum kn_cri_method)o)->name);
	}
}

static void test_order(void **state)
{
	assert_string_equal(kn_cri_method(KN_CRI_VERSION)->name, "Version");
	assert_string_equal(kn_cri_method(KN_CRI_RUN_POD_SANDBOX)->name, "RunPodSandbox");
	assert_string_equal(kn_cri_method(KN_CRI_STOP_CONTAINER)->name, "StopContainer");
	assert_string_equal(kn_cri_method(KN_CRI_EXEC_SYNC)->name, "ExecSync");
	assert_string_equal(kn_cri_method(KN_CRI_PULL_IMAGE)->path, "/runtime.v1.ImageService/PullImage");
	assert_string_equal(kn_cri_method(KN_CRI_IMAGE_FS_INFO)->name, "ImageFsInfo");
}

/* Levels below a message; fails on a cycle: protobuf-c's decoder recurses without a limit of its own. */
static unsigned depth_of(const ProtobufCMessageDescriptor *d, unsigned level)
{
	unsigned deepest = level;

	if (level > 16)
		fail_msg("%s: nested too deep, or in itself", d->name);
	for (unsigned i = 0; i < d->n_fields; i++) {
		const ProtobufCFieldDescriptor *f = &d->fields[i];
		unsigned below =
			f->type == PROTOBUF_C_TYPE_MESSAGE ? depth_of(f->descriptor, level + 1) : level;

		if (below > deepest)
			deepest = below;
	}
	return deepest;
}

static void test_schema_has_no_cycle(void **state)
{
	unsigned deepest = 0;

	for (int m = 0; m < KN_CRI_METHOD_COUNT; m++) {
		unsigned n = depth_of(kn_cri_method((enum kn_cri_method)m)->response, 0);

		depth_of(kn_cri_method((enum kn_cri_method)m)->request, 0);
		if (n > deepest)
			deepest = n;
	}
	depth_of(&cri__container_event_response__descriptor, 0);
	assert_true(deepest >= 4); /* the walk does go down */
}

/* Numbers as upstream has them: these are easily got wrong, being out of order there. */
static void test_field_numbers(void **state)
{
	static const struct {
		const ProtobufCMessageDescriptor *d;
		const char *field;
		uint32_t id;
	} want[] = {
		{&cri__linux_container_security_context__descriptor, "run_as_group", 12},
		{&cri__linux_container_security_context__descriptor, "supplemental_groups_policy", 17},
		{&cri__linux_container_security_context__descriptor, "seccomp", 15},
		{&cri__linux_sandbox_security_context__descriptor, "seccomp", 9},
		{&cri__linux_sandbox_security_context__descriptor, "supplemental_groups_policy", 11},
		{&cri__namespace__descriptor, "options", 2},
		{&cri__image_spec__descriptor, "user_specified_image", 18},
		{&cri__container_config__descriptor, "stop_signal", 18},
		{&cri__container_status__descriptor, "image_id", 17},
		{&cri__linux_container_resources__descriptor, "memory_swap_limit_in_bytes", 10},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(want); i++) {
		const ProtobufCFieldDescriptor *f =
			protobuf_c_message_descriptor_get_field_by_name(want[i].d, want[i].field);

		assert_non_null(f);
		assert_int_equal(f->id, want[i].id);
	}
	assert_int_equal(CRI__SIGNAL__SIGTERM, 23);
	assert_int_equal(CRI__NAMESPACE_MODE__NODE, 2);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_rows_agree_with_themselves),
		cmocka_unit_test(test_order),
		cmocka_unit_test(test_schema_has_no_cycle),
		cmocka_unit_test(test_field_numbers),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
