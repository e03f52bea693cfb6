// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/object_list.h"

static void two_pods(struct kn_buf *out, const char *second)
{
	K8s__PodList list = K8S__POD_LIST__INIT;
	K8s__Pod a = K8S__POD__INIT, b = K8S__POD__INIT, *pods[] = {&a, &b};
	K8s__ObjectMeta am = K8S__OBJECT_META__INIT, bm = K8S__OBJECT_META__INIT;
	K8s__ListMeta meta = K8S__LIST_META__INIT;

	am.name = (char *)"a";
	am.namespace_ = (char *)"ns";
	bm.name = (char *)second;
	a.metadata = &am;
	b.metadata = &bm;
	list.items = pods;
	list.n_items = 2;
	list.metadata = &meta;
	meta.resourceversion = (char *)"7";
	meta.continue_ = (char *)"more";
	assert_int_equal(kn_envelope_encode(&list.base, out, NULL), 0);
}

static int read_list(const void *data, size_t len, struct kn_map *map, struct kn_list_meta *meta,
		     struct kn_err *err)
{
	return kn_object_list_read(data, len, &k8s__pod_list__descriptor, &k8s__pod__descriptor, map, meta,
				   err);
}

static void check_two(struct kn_map *map, struct kn_list_meta *meta)
{
	struct kn_object *a = kn_map_get(map, "ns/a"), *b = kn_map_get(map, "/b");

	assert_non_null(a);
	assert_non_null(b);
	assert_ptr_not_equal(a->arena, b->arena); /* each goes on its own */
	assert_string_equal(meta->rv, "7");
	assert_string_equal(meta->token, "more");
	free(meta->rv);
	free(meta->token);
	kn_object_map_free(map);
}

static void test_protobuf(void **state)
{
	struct kn_map *map = kn_map_new();
	kn_auto_buf struct kn_buf body = {0};
	struct kn_list_meta meta;

	two_pods(&body, "b");
	assert_int_equal(read_list(body.data, body.len, map, &meta, NULL), 0);
	check_two(map, &meta);
}

static void test_json(void **state)
{
	static const char json[] =
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"7\","
		"\"continue\":\"more\"},\"items\":[{\"metadata\":{\"name\":\"a\",\"namespace\":\"ns\"},"
		"\"spec\":{\"later\":true}},{\"metadata\":{\"name\":\"b\"}}]}";
	struct kn_map *map = kn_map_new();
	struct kn_list_meta meta;

	assert_int_equal(read_list(json, sizeof(json) - 1, map, &meta, NULL), 0);
	check_two(map, &meta);
}

static void refuse(const void *data, size_t len, const char *what)
{
	struct kn_map *map = kn_map_new();
	struct kn_list_meta meta = {0};
	struct kn_err err = KN_ERR_INIT;

	assert_true(read_list(data, len, map, &meta, &err) < 0);
	if (!strstr(err.msg, what))
		fail_msg("'%s' says nothing of '%s'", err.msg, what);
	assert_null(meta.rv);
	kn_object_map_free(map);
}

static void test_refused(void **state)
{
	static const char service[] = "k8s\0\x0a\x11\x0a\x02v1\x12\x0bServiceList\x12\x05\x0a\x03\x12\x01"
				      "7";
	static const char no_rv[] = "k8s\0\x0a\x0d\x0a\x02v1\x12\x07PodList\x12\x02\x0a\x00";
	kn_auto_buf struct kn_buf body = {0};

	two_pods(&body, "");
	refuse(body.data, body.len, "without a name");
	refuse(service, sizeof(service) - 1, "not a PodList");
	refuse(no_rv, sizeof(no_rv) - 1, "no resourceVersion");
	refuse("{}", 2, "not a PodList");
	refuse("", 0, "line 1");
}

/* Cut at each byte: an error, never half a list as if it were whole. */
static void test_cut(void **state)
{
	kn_auto_buf struct kn_buf body = {0};

	two_pods(&body, "b");
	for (size_t n = 0; n < body.len; n++) {
		struct kn_map *map = kn_map_new();
		struct kn_list_meta meta = {0};

		assert_true(read_list(body.data, n, map, &meta, NULL) < 0);
		kn_object_map_free(map);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protobuf),
		cmocka_unit_test(test_json),
		cmocka_unit_test(test_refused),
		cmocka_unit_test(test_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
