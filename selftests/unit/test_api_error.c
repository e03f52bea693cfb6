/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <string.h>
#include "lib/k8s/api_error.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"

static void test_errno(void **state)
{
	static const struct {
		int status;
		const char *reason;
		int err;
	} rows[] = {
		{404, "NotFound", ENOENT},
		{409, "AlreadyExists", EEXIST},
		{409, "Conflict", ESTALE},
		{401, "", EACCES},
		{403, "Forbidden", EACCES},
		{410, "Gone", EKEYEXPIRED},
		{504, "Timeout", EAGAIN},
		{410, "Expired", EKEYEXPIRED},
		{422, "Invalid", EINVAL},
		{400, "BadRequest", EINVAL},
		{429, "", EAGAIN},
		{503, "", EAGAIN},
		{500, "", EIO},
		{502, "", EIO},
		{302, "", EPROTO},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(rows); i++)
		assert_int_equal(kn_api_errno(rows[i].status, rows[i].reason), rows[i].err);
}

struct seen {
	const char *reason;
	int64_t after;
	struct kn_err err;
};

static struct seen see(struct kn_arena *a, int status, const void *body, size_t len)
{
	struct seen s = {.after = -1};

	kn_api_error(status, body, len, a, &s.reason, &s.after, &s.err);
	return s;
}

static void test_status_in_both_encodings(void **state)
{
	static const char json[] = "{\"kind\":\"Status\",\"apiVersion\":\"v1\",\"message\":\"m\",\"reason\":"
				   "\"AlreadyExists\",\"details\":{\"retryAfterSeconds\":3,\"name\":\"x\"}}";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf b = {0};
	K8s__Status st = K8S__STATUS__INIT;
	struct seen s = see(a, 409, json, strlen(json));

	assert_int_equal(s.err.code, EEXIST);
	assert_string_equal(s.err.msg, "m");
	assert_string_equal(s.reason, "AlreadyExists");
	assert_int_equal(s.after, 3);
	st.reason = "Conflict";
	st.message = "later";
	assert_int_equal(kn_envelope_encode(&st.base, &b, NULL), 0);
	s = see(a, 409, b.data, b.len);
	assert_int_equal(s.err.code, ESTALE);
	assert_string_equal(s.err.msg, "later");
	assert_int_equal(s.after, -1);
}

static void test_other_bodies(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct seen s = see(a, 502, "<html>\n<secret>", 15);

	assert_int_equal(s.err.code, EIO);
	assert_string_equal(s.err.msg, "HTTP status 502: <html>");
	assert_string_equal(s.reason, "InternalError");
	s = see(a, 404, "", 0);
	assert_string_equal(s.err.msg, "HTTP status 404");
	assert_string_equal(s.reason, "NotFound");
	s = see(a, 403, "{\"kind\":\"Pod\"}", 14);
	assert_int_equal(s.err.code, EACCES);
	s = see(a, 500, "k8s\0\xff\xff\xff", 7);
	assert_int_equal(s.err.code, EIO);
}

static void test_decode(void **state)
{
	static const char status[] = "{\"kind\":\"Status\",\"status\":\"Success\"}",
			  pod[] = "{\"kind\":\"Pod\"}";
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	ProtobufCMessage *none = NULL, *msg = NULL, **untouched = &none;

	msg = (ProtobufCMessage *)(void *)&none;
	assert_int_equal(kn_api_decode(status, strlen(status), &k8s__pod__descriptor, a, &msg, NULL), 0);
	assert_null(msg);
	assert_int_equal(kn_api_decode(pod, strlen(pod), &k8s__pod__descriptor, a, &msg, NULL), 0);
	assert_ptr_equal(msg->descriptor, &k8s__pod__descriptor);
	assert_true(kn_api_decode(pod, strlen(pod), &k8s__node__descriptor, a, untouched, NULL) < 0);
	assert_true(kn_api_decode("", 0, &k8s__node__descriptor, a, untouched, NULL) < 0);
	assert_true(kn_api_decode("k8s\0\x0a\xff", 6, &k8s__node__descriptor, a, untouched, NULL) < 0);
	assert_null(none);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_errno),
		cmocka_unit_test(test_status_in_both_encodings),
		cmocka_unit_test(test_other_bodies),
		cmocka_unit_test(test_decode),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
