/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/pb_wire.h"

#define READER(text) ((struct kn_pb_reader){(const uint8_t *)(text), sizeof(text) - 1})

static void test_each_wire_type(void **state)
{
	struct kn_pb_reader r = READER("\x08\x96\x01" /* 1: varint 150 */
				       "\x12\x03"
				       "abc"			/* 2: bytes */
				       "\x19\1\2\3\4\5\6\7\x08" /* 3: 64 bits */
				       "\x25\1\2\3\4"		/* 4: 32 bits */
				       "\x12\x00"		/* 2: no bytes */
				       "\x28\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01"
				       "\x80\x01\x05"); /* 16: varint 5 */
	struct kn_pb_field f;

	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_int_equal(f.id, 1);
	assert_int_equal(f.value, 150);
	assert_null(f.data);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_int_equal(f.len, 3);
	assert_memory_equal(f.data, "abc", 3);
	assert_int_equal(r.p - f.start, 5);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_int_equal(f.id, 3);
	assert_int_equal(r.p - f.start, 9);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_int_equal(r.p - f.start, 5);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_non_null(f.data); /* empty, but a field of bytes */
	assert_int_equal(f.len, 0);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_true(f.value == UINT64_MAX);
	assert_int_equal(kn_pb_next(&r, &f), 1);
	assert_int_equal(f.id, 16);
	assert_int_equal(kn_pb_next(&r, &f), 0);
}

static void test_damage(void **state)
{
	static const struct {
		const char *bytes;
		size_t len;
	} bad[] = {
		{"\x08", 1},						  /* no value */
		{"\x08\x80", 2},					  /* a varint cut off */
		{"\x08\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 12}, /* too long a one */
		{"\x12\x05"
		 "abc",
		 5},						      /* fewer bytes than told */
		{"\x12\xff\xff\xff\xff\xff\xff\xff\xff\xff\x01", 11}, /* a length near 2^64 */
		{"\x19\1\2\3", 4},
		{"\x25\1\2\3", 4},
		{"\x0b\x0c", 2},		     /* a group */
		{"\x0e", 1},			     /* no such type */
		{"\x00\x01", 2},		     /* field 0 */
		{"\xf8\xff\xff\xff\xff\x01\x00", 7}, /* a field's number beyond the largest */
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++) {
		kn_auto_free uint8_t *copy = kn_calloc(1, bad[i].len);
		struct kn_pb_reader r = {copy, bad[i].len};
		struct kn_pb_field f;

		memcpy(copy, bad[i].bytes, bad[i].len); /* its own, for who watches the borders */
		assert_int_equal(kn_pb_next(&r, &f), -EPROTO);
	}
}

/* A pod with the bytes of a managedFields entry, which the .proto leaves out, in its metadata. */
static void test_managed_fields_are_dropped(void **state)
{
	static const char pod[] = "\x0a\x0e"		 /* metadata */
				  "\x0a\x01p"		 /*   name */
				  "\x8a\x01\x04junk"	 /*   managedFields */
				  "\x2a\x02u1"		 /*   uid */
				  "\x12\x05\x52\x03n-1"; /* spec.nodeName */
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_err err = KN_ERR_INIT;
	ProtobufCMessage *m = NULL;
	const K8s__Pod *p;

	assert_int_equal(
		kn_pb_unpack(&k8s__pod__descriptor, (const uint8_t *)pod, sizeof(pod) - 1, a, &m, &err), 0);
	p = (const K8s__Pod *)m;
	assert_string_equal(p->metadata->name, "p");
	assert_string_equal(p->metadata->uid, "u1");
	assert_string_equal(p->spec->nodename, "n-1");
	assert_int_equal(p->metadata->base.n_unknown_fields, 0);
}

static void test_unpack_fails_whole(void **state)
{
	static const char damaged[] = "\x0a\x03\x0a\x05p", wrong[] = "\x0a\x03\x0a\x01\xff\x12\x7f";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0), *small = kn_arena_new(64);
	kn_auto_free char *big = kn_calloc(1, 1000);
	struct kn_err err = KN_ERR_INIT;
	ProtobufCMessage *m = NULL;

	assert_int_equal(kn_pb_unpack(&k8s__pod__descriptor, (const uint8_t *)damaged, sizeof(damaged) - 1, a,
				      &m, &err),
			 -EPROTO);
	assert_string_equal(err.msg, "Pod: damaged protobuf");
	assert_int_equal(
		kn_pb_unpack(&k8s__pod__descriptor, (const uint8_t *)wrong, sizeof(wrong) - 1, a, &m, NULL),
		-EPROTO);
	memcpy(big, "\x0a\xe5\x07", 3); /* one string of 997 bytes */
	assert_int_equal(
		kn_pb_unpack(&k8s__list_meta__descriptor, (const uint8_t *)big, 1000, small, &m, &err),
		-EPROTO);
	assert_null(m);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_each_wire_type),
		cmocka_unit_test(test_damage),
		cmocka_unit_test(test_managed_fields_are_dropped),
		cmocka_unit_test(test_unpack_fails_whole),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
