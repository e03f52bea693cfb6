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
#include "lib/k8s/watch_frame.h"

/* Namespace "a", resourceVersion "7", in an envelope of 33 bytes; around it a WatchEvent of 44. */
#define NAMESPACE                                                                                            \
	"k8s\0\x0a\x0f\x0a\x02v1\x12\x09Namespace\x12\x08\x0a\x06\x0a\x01"                                   \
	"a\x32\x01"                                                                                          \
	"7"
#define FRAME                                                                                                \
	"\0\0\0\x2a\x0a\x05"                                                                                 \
	"ADDED\x12\x21\x0a\x1f" NAMESPACE

static const char json[] = "{\"type\":\"ADDED\",\"object\":{\"apiVersion\":\"v1\",\"kind\":\"Namespace\","
			   "\"metadata\":{\"name\":\"a\",\"resourceVersion\":\"7\"}}}\n";

static void check_event(const struct kn_watch_event *e)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	ProtobufCMessage *msg = NULL;

	assert_int_equal(e->type, KN_WATCH_ADDED);
	assert_int_equal(kn_watch_object(e, &k8s__namespace__descriptor, a, &msg, NULL), 0);
	assert_string_equal(((K8s__Namespace *)msg)->metadata->name, "a");
	assert_string_equal(((K8s__Namespace *)msg)->metadata->resourceversion, "7");
}

/* Three events in pieces of every size. */
static void feed_pieces(const char *text, size_t len, size_t piece)
{
	struct kn_watch_stream *s = kn_watch_stream_new();
	kn_auto_buf struct kn_buf all = {0};
	struct kn_watch_event e;
	int n, events = 0;

	for (int i = 0; i < 3; i++)
		kn_buf_add(&all, text, len);
	for (size_t at = 0; at < all.len; at += piece) {
		kn_watch_feed(s, (uint8_t *)all.data + at, all.len - at < piece ? all.len - at : piece);
		while ((n = kn_watch_next(s, &e, NULL)) > 0) {
			check_event(&e);
			events++;
		}
		assert_int_equal(n, 0);
	}
	assert_int_equal(events, 3);
	kn_watch_stream_free(s);
}

static void test_protobuf(void **state)
{
	for (size_t piece = 1; piece < 100; piece++)
		feed_pieces(FRAME, sizeof(FRAME) - 1, piece);
}

static void test_json(void **state)
{
	for (size_t piece = 1; piece < 400; piece += 3)
		feed_pieces(json, sizeof(json) - 1, piece);
}

static int answer(const char *text, size_t len)
{
	struct kn_watch_stream *s = kn_watch_stream_new();
	struct kn_watch_event e;
	struct kn_err err = KN_ERR_INIT;
	int n;

	kn_watch_feed(s, (const uint8_t *)text, len);
	while ((n = kn_watch_next(s, &e, &err)) > 0)
		;
	if (n < 0)
		assert_int_equal(err.code, -n);
	kn_watch_stream_free(s);
	return n;
}

static void test_damaged(void **state)
{
	assert_int_equal(answer("\1\0\0\1xx", 6), -EMSGSIZE);
	assert_int_equal(answer("\377\377\377\377", 4), -EMSGSIZE);
	assert_int_equal(answer("\0\0\0\0", 4), -EPROTO); /* no type */
	assert_int_equal(answer("\0\0\0\x04\x0a\x02XX", 8), -EPROTO);
	assert_int_equal(answer("\0\0\0\x07\x0a\x05"
				"ADDED",
				11),
			 -EPROTO); /* no object */
	assert_int_equal(answer("\0\0\0\x10", 4), 0);
	assert_int_equal(answer("{\"type\":\"ADDED\"}\n", 17), -EPROTO);
	assert_int_equal(answer("{\"type\":\"ODD\",\"object\":{}}\n", 27), -EPROTO);
	assert_int_equal(answer("{]\n", 3), -EPROTO);
	assert_int_equal(answer("{\"type\":", 8), 0);
}

static void test_any_byte(void **state)
{
	for (size_t i = 0; i < sizeof(FRAME) - 1; i++)
		for (int v = 0; v < 256; v++) {
			struct kn_watch_stream *s = kn_watch_stream_new();
			char copy[] = FRAME;
			struct kn_watch_event e;

			copy[i] = (char)v;
			kn_watch_feed(s, (uint8_t *)copy, sizeof(copy) - 1);
			if (kn_watch_next(s, &e, NULL) > 0) {
				kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
				ProtobufCMessage *msg;

				kn_watch_object(&e, &k8s__namespace__descriptor, a, &msg, NULL);
			}
			kn_watch_stream_free(s);
		}
}

static void test_endless_line(void **state)
{
	struct kn_watch_stream *s = kn_watch_stream_new();
	static uint8_t piece[1 << 20];
	struct kn_watch_event e;
	int n = 0;

	memset(piece, 'x', sizeof(piece));
	kn_watch_feed(s, (const uint8_t *)"{", 1);
	for (int i = 0; i < 17 && !n; i++) {
		kn_watch_feed(s, piece, sizeof(piece));
		n = kn_watch_next(s, &e, NULL);
	}
	assert_int_equal(n, -EMSGSIZE);
	kn_watch_stream_free(s);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_protobuf),     cmocka_unit_test(test_json),
		cmocka_unit_test(test_damaged),	     cmocka_unit_test(test_any_byte),
		cmocka_unit_test(test_endless_line),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
