// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/pb_wire.h"

/* What `kubectl create namespace a --dry-run` would send: made by hand from the format's description. */
static const char by_hand[] = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x05\x0a\x03\x0a\x01"
			      "a\x1a\x00\x22\x00";

static void test_encode(void **state)
{
	K8s__Namespace ns = K8S__NAMESPACE__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	kn_auto_buf struct kn_buf out = {0};

	meta.name = "a";
	ns.metadata = &meta;
	assert_int_equal(kn_envelope_encode(&ns.base, &out, NULL), 0);
	assert_int_equal(out.len, sizeof(by_hand) - 1 - 4); /* without the two empty strings */
	assert_memory_equal(out.data, by_hand, out.len);
	assert_int_equal(kn_envelope_encode(&meta.base, &out, NULL), -ENOTSUP);
}

static void test_decode(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	const char *api = NULL, *kind = NULL;
	ProtobufCMessage *msg = NULL;

	assert_int_equal(kn_envelope_decode(by_hand, sizeof(by_hand) - 1, &k8s__namespace__descriptor, a,
					    &msg, &api, &kind, &err),
			 0);
	assert_string_equal(api, "v1");
	assert_string_equal(kind, "Namespace");
	assert_string_equal(((K8s__Namespace *)msg)->metadata->name, "a");

	msg = NULL;
	api = kind = NULL;
	assert_int_equal(kn_envelope_decode(by_hand, sizeof(by_hand) - 1, &k8s__pod__descriptor, a, &msg,
					    &api, &kind, &err),
			 -EINVAL);
	assert_string_equal(err.msg, "v1 Namespace instead of v1 Pod");
	assert_null(msg);
	assert_null(api);
	assert_int_equal(kn_envelope_decode(by_hand, sizeof(by_hand) - 1, NULL, a, NULL, NULL, &kind, NULL),
			 0);
	assert_string_equal(kind, "Namespace");
}

/* Cut anywhere or with any byte changed: an answer or an error, no more. */
static void test_damaged(void **state)
{
	char copy[sizeof(by_hand)];

	for (size_t n = 0; n < sizeof(by_hand) - 1; n++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
		ProtobufCMessage *msg = NULL;
		int r = kn_envelope_decode(by_hand, n, &k8s__namespace__descriptor, a, &msg, NULL, NULL,
					   NULL);

		assert_true(r == 0 ? msg != NULL : msg == NULL);
		if (n < 4)
			assert_int_equal(r, -EPROTO);
	}
	for (size_t i = 0; i < sizeof(by_hand) - 1; i++)
		for (int v = 0; v < 256; v++) {
			kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
			ProtobufCMessage *msg = NULL;

			memcpy(copy, by_hand, sizeof(copy));
			copy[i] = (char)v;
			kn_envelope_decode(copy, sizeof(copy) - 1, &k8s__namespace__descriptor, a, &msg, NULL,
					   NULL, NULL);
		}
}

/* Upstream compresses nothing; an encoding that we'd not undo must not be read as if it were none. */
static void test_encoding_refused(void **state)
{
	static const char gzip[] = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x1a\x04gzip";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);

	assert_int_equal(kn_envelope_decode(gzip, sizeof(gzip) - 1, NULL, a, NULL, NULL, NULL, NULL),
			 -EPROTO);
}

static void test_no_object(void **state)
{
	static const char empty[] = "k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	ProtobufCMessage *msg = NULL;

	assert_int_equal(kn_envelope_decode(empty, sizeof(empty) - 1, &k8s__namespace__descriptor, a, &msg,
					    NULL, NULL, NULL),
			 0);
	assert_null(((K8s__Namespace *)msg)->metadata);
}

/* managedFields go, fields that the schema doesn't know stay: a PUT gives them back. */
static void test_managed_fields(void **state)
{
	static const uint8_t in[] = {
		0x0a, 12,			      /* metadata */
		0x0a, 1,    'n',		      /* name */
		0x8a, 0x01, 4,	 0x0a, 2,   'm', 'f', /* managedFields */
		0x32, 0,			      /* resourceVersion */
		0xf2, 0x3f, 2,	 'x',  'y',	      /* 1022: of a later release */
	};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	ProtobufCMessage *msg = NULL;
	const K8s__Pod *pod;

	assert_int_equal(kn_pb_unpack(&k8s__pod__descriptor, in, sizeof(in), a, &msg, NULL), 0);
	pod = (K8s__Pod *)msg;
	assert_string_equal(pod->metadata->name, "n");
	assert_string_equal(pod->metadata->resourceversion, "");
	assert_int_equal(pod->metadata->base.n_unknown_fields, 0);
	assert_int_equal(pod->base.n_unknown_fields, 1);
}

/* Two bytes a container on the wire are hundreds in memory: the arena's limit is an answer. */
static void test_bound(void **state)
{
	uint8_t in[6 + 4000] = {0x12, 0xa0, 0x1f};
	kn_auto_arena struct kn_arena *a = kn_arena_new(64 << 10);
	ProtobufCMessage *msg = NULL;

	for (size_t i = 3; i + 1 < 3 + 4000; i += 2)
		in[i] = 0x12; /* spec.containers, of length 0 */
	assert_int_equal(kn_pb_unpack(&k8s__pod__descriptor, in, 3 + 4000, a, &msg, NULL), -EPROTO);
	assert_null(msg);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_encode),	  cmocka_unit_test(test_decode),
		cmocka_unit_test(test_damaged),	  cmocka_unit_test(test_encoding_refused),
		cmocka_unit_test(test_no_object), cmocka_unit_test(test_managed_fields),
		cmocka_unit_test(test_bound),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
