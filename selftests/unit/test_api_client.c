/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include "lib/base/file.h"
#include "lib/k8s/client.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"
#include "selftests/harness/canned_http.h"

#define MS KN_NSEC_PER_MSEC
#define HEAD(status, n) "HTTP/1.1 " status "\r\nContent-Type: application/json\r\nContent-Length: " #n "\r\n"
#define EMPTY(status) HEAD(status, 0) "\r\n"

struct ctx {
	struct canned_http server;
	struct kn_kubeconfig kubeconfig;
	struct kn_loop *loop;
	struct kn_http *http;
	struct kn_client *client;
	struct kn_arena *kept;
	const K8s__ConfigMap *map;
	char url[64], dir[32], path[64];
	int done, status, free_in_done;
	int64_t retry_after;
	char reason[64], streamed[64];
	struct kn_err err;
};

static int setup(void **state)
{
	struct ctx *c = kn_calloc(1, sizeof(*c));

	canned_start(&c->server);
	snprintf(c->url, sizeof(c->url), "http://127.0.0.1:%d/prefix/", c->server.port);
	strcpy(c->dir, "/tmp/kn-api-client-XXXXXX");
	assert_non_null(mkdtemp(c->dir));
	snprintf(c->path, sizeof(c->path), "%s/file", c->dir);
	c->kubeconfig.server = c->url;
	assert_int_equal(kn_loop_new(&c->loop, NULL), 0);
	assert_int_equal(kn_http_new(&c->http, c->loop, "kernlet-test", NULL), 0);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct ctx *c = *state;

	kn_client_free(c->client);
	kn_http_free(c->http);
	kn_loop_free(c->loop);
	canned_stop(&c->server);
	kn_arena_free(c->kept);
	unlink(c->path);
	rmdir(c->dir);
	free(c);
	return 0;
}

static void connect_with(struct ctx *c, struct kn_client_config cfg)
{
	cfg.kubeconfig = &c->kubeconfig;
	assert_int_equal(kn_client_new(&c->client, c->loop, c->http, &cfg, NULL, NULL), 0);
}

static void on_done(void *user, const struct kn_api_result *r)
{
	struct ctx *c = user;

	c->done++;
	c->status = r->status;
	c->err = r->err;
	c->retry_after = r->retry_after_s;
	snprintf(c->reason, sizeof(c->reason), "%s", r->reason);
	kn_arena_free(c->kept);
	c->kept = NULL;
	c->map = NULL;
	if (r->obj) {
		c->map = (const K8s__ConfigMap *)(const void *)r->obj;
		c->kept = kn_steal(*r->arena);
	}
	if (c->free_in_done)
		c->client = kn_client_free(c->client);
}

static void wait_done(struct ctx *c, int n)
{
	int64_t until = kn_mono(&kn_clock_system) + 10 * KN_NSEC_PER_SEC;

	while (c->done < n && kn_mono(&kn_clock_system) < until)
		kn_loop_run_once(c->loop, 100 * MS);
	assert_int_equal(c->done, n);
}

static void call(struct ctx *c, struct kn_api_request req)
{
	int n = c->done + 1;

	if (!req.method)
		req.method = "GET";
	if (!req.path)
		req.path = "/api/v1/namespaces/x/configmaps/y";
	kn_api_start(c->client, &req, on_done, c);
	assert_int_equal(c->done, n - 1);
	wait_done(c, n);
}

static bool asked(const struct ctx *c, int i, const char *part)
{
	return strstr(c->server.asked[i], part) != NULL;
}

static const struct kn_api_request get_map = {.answer = &k8s__config_map__descriptor};

#define MAP "{\"kind\":\"ConfigMap\",\"apiVersion\":\"v1\",\"metadata\":{\"name\":\"y\"},\"new\":1}"

static void test_json_answers(void **state)
{
	struct ctx *c = *state;

	assert_int_equal(strlen(MAP), 70);
	c->server.answers[0] = HEAD("200 OK", 70) "\r\n" MAP;
	c->server.answers[1] =
		HEAD("404 N", 63) "\r\n"
				  "{\"kind\":\"Status\",\"message\":\"no y\",\"reason\":\"NotFound\","
				  "\"code\":4}";
	c->server.answers[2] = HEAD("200 OK", 37) "\r\n{\"kind\":\"Status\",\"status\":\"Success\"}  ";
	c->server.answers[3] = HEAD("200 OK", 4) "\r\n{no}";
	connect_with(c, (struct kn_client_config){0});
	call(c, (struct kn_api_request){.answer = &k8s__config_map__descriptor, .query = "a=b"});
	assert_int_equal(c->err.code, 0);
	assert_string_equal(c->map->metadata->name, "y");
	assert_true(asked(c, 0, "GET /prefix/api/v1/namespaces/x/configmaps/y?a=b HTTP/1.1\r\n"));
	assert_true(asked(c, 0, "Accept: application/vnd.kubernetes.protobuf,application/json\r\n"));
	call(c, get_map);
	assert_int_equal(c->err.code, ENOENT);
	assert_string_equal(c->err.msg, "no y");
	assert_string_equal(c->reason, "NotFound");
	assert_null(c->map);
	call(c, get_map);
	assert_int_equal(c->err.code, 0);
	assert_null(c->map);
	call(c, get_map);
	assert_int_not_equal(c->err.code, 0);
	assert_int_equal(c->status, 200);
	assert_int_equal(kn_client_stats(c->client)->requests, 4);
	assert_int_equal(kn_client_stats(c->client)->errors, 2);
}

static void test_protobuf_both_ways(void **state)
{
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__ConfigMap map = K8S__CONFIG_MAP__INIT;
	kn_auto_buf struct kn_buf body = {0}, answer = {0};
	struct ctx *c = *state;

	meta.name = "proto";
	map.metadata = &meta;
	assert_int_equal(kn_envelope_encode(&map.base, &body, NULL), 0);
	kn_buf_addf(&answer, "HTTP/1.1 201 C\r\nContent-Type: %s\r\nContent-Length: %zu\r\n\r\n",
		    KN_PROTOBUF_TYPE, body.len);
	kn_buf_add(&answer, body.data, body.len);
	c->server.answers[0] = answer.data;
	c->server.lens[0] = answer.len;
	connect_with(c, (struct kn_client_config){0});
	call(c, (struct kn_api_request){
			.method = "POST", .body = &map.base, .answer = &k8s__config_map__descriptor});
	assert_int_equal(c->err.code, 0);
	assert_string_equal(c->map->metadata->name, "proto");
	assert_true(asked(c, 0, "Content-Type: application/vnd.kubernetes.protobuf\r\n"));
	assert_true(asked(c, 0, "\r\n\r\nk8s"));
}

static void test_json_client(void **state)
{
	K8s__ConfigMap map = K8S__CONFIG_MAP__INIT;
	struct ctx *c = *state;

	c->server.answers[0] = c->server.answers[1] = EMPTY("200 OK");
	connect_with(c, (struct kn_client_config){.json = true});
	call(c, (struct kn_api_request){.method = "PUT", .body = &map.base});
	assert_true(asked(c, 0, "Accept: application/json\r\n"));
	assert_true(asked(c, 0, "Content-Type: application/json\r\n"));
	assert_true(asked(c, 0, "\"kind\":\"ConfigMap\""));
	call(c, (struct kn_api_request){.method = "PATCH",
					.raw = "{}",
					.raw_len = 2,
					.content_type = "application/merge-patch+json"});
	assert_true(asked(c, 1, "Content-Type: application/merge-patch+json\r\n"));
	assert_true(asked(c, 1, "\r\n\r\n{}"));
}

static void test_throttling_is_obeyed(void **state)
{
	struct ctx *c = *state;
	int64_t t;

	c->server.answers[0] = HEAD("429 T", 0) "Retry-After: 1\r\n\r\n";
	c->server.answers[1] = HEAD("503 T", 0) "Retry-After: 0\r\n\r\n";
	c->server.answers[2] = EMPTY("200 OK");
	c->server.answers[3] = EMPTY("503 Gone");
	c->server.answers[4] = HEAD("429 T", 0) "Retry-After: 60\r\n\r\n";
	connect_with(c, (struct kn_client_config){0});
	t = kn_mono(&kn_clock_system);
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->status, 200);
	assert_int_equal(c->server.n, 3);
	assert_true(kn_mono(&kn_clock_system) - t >= 990 * MS);
	/* Nothing said of trying again; and nothing that fits into the time. */
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->status, 503);
	assert_int_equal(c->err.code, EAGAIN);
	call(c, (struct kn_api_request){.timeout_ns = 5000 * MS});
	assert_int_equal(c->err.code, EAGAIN);
	assert_int_equal(c->retry_after, 60);
	assert_int_equal(c->server.n, 5);
}

static void test_rate_limit(void **state)
{
	struct ctx *c = *state;
	int64_t t;

	for (int i = 0; i < 8; i++)
		c->server.answers[i] = EMPTY("200 OK");
	connect_with(c, (struct kn_client_config){.qps = 10, .burst = 2});
	t = kn_mono(&kn_clock_system);
	for (int i = 0; i < 4; i++)
		call(c, (struct kn_api_request){0});
	assert_true(kn_mono(&kn_clock_system) - t >= 150 * MS);
	call(c, (struct kn_api_request){.no_limit = true});
	call(c, (struct kn_api_request){.timeout_ns = 20 * MS});
	assert_int_equal(c->err.code, ETIMEDOUT);
	assert_int_equal(c->status, 0);
	assert_true(kn_client_stats(c->client)->throttled >= 2);
}

static void test_token_file_is_read_again(void **state)
{
	struct ctx *c = *state;

	c->kubeconfig.token_file = c->path;
	c->server.answers[0] = c->server.answers[2] = EMPTY("200 OK");
	c->server.answers[1] = c->server.answers[3] = c->server.answers[4] = EMPTY("401 U");
	connect_with(c, (struct kn_client_config){0});
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->err.code, ENOENT);
	assert_int_equal(kn_file_write_atomic(c->path, " one\n", 5, 0600, NULL), 0);
	call(c, (struct kn_api_request){0});
	assert_true(asked(c, 0, "Authorization: Bearer one\r\n"));
	/* Within the minute the old one is used, and dropped when refused. */
	assert_int_equal(kn_file_write_atomic(c->path, "two", 3, 0600, NULL), 0);
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->status, 200);
	assert_true(asked(c, 1, "Bearer one\r\n"));
	assert_true(asked(c, 2, "Bearer two\r\n"));
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->err.code, EACCES);
	assert_int_equal(c->server.n, 5);
}

static void test_exec_plugin(void **state)
{
	static const char *args[] = {
		"-c",
		"n=$(cat $COUNT 2>/dev/null || echo 0); n=$((n+1)); echo $n >$COUNT\n"
		"case \"$KUBERNETES_EXEC_INFO\" in *'\"interactive\":false'*) ;; *) exit 3;; esac\n"
		"[ $n = 3 ] && exit 9\n"
		"echo '{\"apiVersion\":\"client.authentication.k8s.io/v1\",\"kind\":\"ExecCredential\","
		"\"status\":{\"token\":\"t'$n'\"}}'",
		NULL};
	struct ctx *c = *state;
	char count[80];
	const char *env[] = {count, NULL};

	snprintf(count, sizeof(count), "COUNT=%s", c->path);
	c->kubeconfig.exec_command = "sh";
	c->kubeconfig.exec_args = args;
	c->kubeconfig.exec_env = env;
	c->kubeconfig.exec_api_version = "client.authentication.k8s.io/v1";
	c->server.answers[0] = c->server.answers[1] = c->server.answers[3] = EMPTY("200 OK");
	c->server.answers[2] = c->server.answers[4] = EMPTY("401 U");
	connect_with(c, (struct kn_client_config){0});
	call(c, (struct kn_api_request){0});
	call(c, (struct kn_api_request){0});
	assert_true(asked(c, 0, "Bearer t1\r\n"));
	assert_true(asked(c, 1, "Bearer t1\r\n"));
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->status, 200);
	assert_true(asked(c, 3, "Bearer t2\r\n"));
	/* The third run fails: so does the call, with the plugin's reason. */
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->err.code, EIO);
	assert_non_null(strstr(c->err.msg, "exit status 9"));
}

static void on_data(void *user, const uint8_t *data, size_t len)
{
	struct ctx *c = user;

	snprintf(c->streamed + strlen(c->streamed), 32, "%.*s", (int)len, (const char *)data);
}

static void test_stream_and_cut(void **state)
{
	struct kn_api_request req = {.method = "GET", .path = "/w", .query = "watch=1"};
	struct ctx *c = *state;

	c->server.answers[0] = HEAD("200 OK", 5) "\r\nhello";
	c->server.answers[1] = HEAD("410 Gone", 4) "\r\ngone";
	connect_with(c, (struct kn_client_config){0});
	kn_api_stream(c->client, &req, on_data, on_done, c);
	wait_done(c, 1);
	assert_int_equal(c->err.code, 0);
	assert_string_equal(c->streamed, "hello");
	kn_api_stream(c->client, &req, on_data, on_done, c);
	wait_done(c, 2);
	assert_int_equal(c->err.code, EKEYEXPIRED);
	assert_string_equal(c->err.msg, "HTTP status 410: gone");
	assert_string_equal(c->streamed, "hello");
	/* answers[2] is NULL: the connection is cut. A stream is not tried again, a GET is. */
	kn_api_stream(c->client, &req, on_data, on_done, c);
	wait_done(c, 3);
	assert_int_equal(c->err.code, ECONNRESET);
}

static void test_get_survives_a_cut(void **state)
{
	struct ctx *c = *state;

	c->server.answers[1] = EMPTY("200 OK");
	connect_with(c, (struct kn_client_config){0});
	call(c, (struct kn_api_request){0});
	assert_int_equal(c->status, 200);
	assert_int_equal(c->server.n, 2);
	call(c, (struct kn_api_request){.method = "POST"});
	assert_int_equal(c->err.code, ECONNRESET);
}

static void test_cancel_and_free(void **state)
{
	struct kn_api_request req = {.method = "GET", .path = "/x"};
	struct ctx *c = *state;

	c->server.answers[0] = EMPTY("200 OK");
	connect_with(c, (struct kn_client_config){0});
	kn_api_cancel(kn_api_start(c->client, &req, on_done, c));
	kn_api_cancel(NULL);
	kn_loop_run_once(c->loop, 10 * MS);
	assert_int_equal(c->done, 0);
	kn_api_start(c->client, &req, on_done, c);
	kn_api_start(c->client, &req, on_done, c);
	c->free_in_done = 1;
	wait_done(c, 1);
	kn_loop_run_once(c->loop, 10 * MS);
	assert_int_equal(c->done, 1);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_json_answers),	      T(test_protobuf_both_ways), T(test_json_client),
		T(test_throttling_is_obeyed), T(test_rate_limit),	  T(test_token_file_is_read_again),
		T(test_exec_plugin),	      T(test_stream_and_cut),	  T(test_get_survives_a_cut),
		T(test_cancel_and_free),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
