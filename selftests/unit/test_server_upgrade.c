/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/server_upgrade.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"

static void test_urls(void **state)
{
	static const struct {
		const char *url, *host;
		int port;
		const char *path;
	} good[] = {
		{"http://127.0.0.1:39157/exec/rA-b_c?x=1", "127.0.0.1", 39157, "/exec/rA-b_c?x=1"},
		{"http://[::1]:80/attach/t", "::1", 80, "/attach/t"},
		{"http://localhost:1234/", "127.0.0.1", 1234, "/"},
		{"http://10.0.0.1/p", "10.0.0.1", 80, "/p"},
	};
	static const char *const bad[] = {
		"",
		"https://127.0.0.1:1/x",
		"http://",
		"http:///x",
		"http://example.org:80/x",
		"http://127.0.0.1:0/x",
		"http://127.0.0.1:65536/x",
		"http://127.0.0.1:/x",
		"http://127.0.0.1:12",
		"http://127.0.0.1:12/x y",
		"http://127.0.0.1:12/x\r\nX: y",
		"http://[::1/x",
		"http://[]/x",
		"http://user@127.0.0.1/x",
	};
	struct kn_stream_url u;

	for (size_t i = 0; i < KN_ARRAY_SIZE(good); i++) {
		assert_int_equal(kn_stream_url_parse(good[i].url, &u, NULL), 0);
		assert_string_equal(u.host, good[i].host);
		assert_int_equal(u.port, good[i].port);
		assert_string_equal(u.path, good[i].path);
	}
	for (size_t i = 0; i < KN_ARRAY_SIZE(bad); i++)
		if (kn_stream_url_parse(bad[i], &u, NULL) != -EINVAL)
			fail_msg("%s", bad[i]);
}

static void on_header(void *user, const char *name, const char *value)
{
	kn_buf_addf(user, "%s=%s;", name, value);
}

static int head(const char *text, struct kn_buf *out)
{
	char *copy kn_auto_free = kn_strdup(text);

	out->len = 0;
	kn_buf_add(out, "", 0);
	return kn_http_head_parse(copy, on_header, out);
}

static void test_heads(void **state)
{
	static const char ok[] =
		"HTTP/1.1 101 Switching Protocols\r\nConnection: Upgrade\r\nUpgrade:SPDY/3.1\r\n\r\nrest";
	kn_auto_buf struct kn_buf b = {0};
	char cut[sizeof(ok)];

	assert_int_equal(kn_http_head_end(ok, sizeof(ok) - 1), sizeof(ok) - 1 - 4);
	for (size_t i = 0; i < sizeof(ok) - 1 - 4; i++)
		assert_int_equal(kn_http_head_end(ok, i), 0);
	memcpy(cut, ok, sizeof(ok) - 5);
	cut[sizeof(ok) - 5] = '\0';
	assert_int_equal(head(cut, &b), 101);
	assert_string_equal(b.data, "Connection=Upgrade;Upgrade=SPDY/3.1;");
	assert_int_equal(head("HTTP/1.0 404 Not Found\r\n\r\n", &b), 404);
	assert_int_equal(head("", &b), -EPROTO);
	assert_int_equal(head("HTTP/2 200\r\n\r\n", &b), -EPROTO);
	assert_int_equal(head("HTTP/1.1 20 OK\r\n\r\n", &b), -EPROTO);
	assert_int_equal(head("HTTP/1.1 999 OK\r\n\r\n", &b), -EPROTO);
	assert_int_equal(head("HTTP/1.1 200 OK\r\nnonsense\r\n\r\n", &b), -EPROTO);
}

static void test_headers_passed_on(void **state)
{
	assert_true(kn_upgrade_forwards("upgrade"));
	assert_true(kn_upgrade_forwards("X-Stream-Protocol-Version"));
	assert_true(kn_upgrade_forwards("sec-websocket-key"));
	assert_false(kn_upgrade_forwards("Authorization")); /* the runtime is not to see it */
	assert_false(kn_upgrade_forwards("Host"));
	assert_false(kn_upgrade_forwards("Connection"));
	assert_true(kn_upgrade_returns("Sec-WebSocket-Accept"));
	assert_false(kn_upgrade_returns("Connection"));
	assert_false(kn_upgrade_returns("Content-Length"));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_urls),
		cmocka_unit_test(test_heads),
		cmocka_unit_test(test_headers_passed_on),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
