/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/base/mem.h"
#include "lib/http/http.h"

#define MS KN_NSEC_PER_MSEC

/* A server on a thread of its own; the path says what it does. One thread a connection, joined at the end. */
struct server {
	int fd, port;
	pthread_t thread, conn[64];
	int n, conns[64];
	char last[8192]; /* the last request's head and body; read after the answer was */
};
struct conn {
	struct server *s;
	int fd;
};

static void say(int fd, const char *text)
{
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), (ssize_t)strlen(text));
}

static void big(int fd, int kib)
{
	char block[1024], head[128];

	memset(block, 'b', sizeof(block));
	snprintf(head, sizeof(head), "HTTP/1.1 200 OK\r\nContent-Length: %d\r\n\r\n", kib * 1024);
	say(fd, head);
	for (int i = 0; i < kib; i++)
		if (send(fd, block, sizeof(block), MSG_NOSIGNAL) < 0)
			return;
}

/* False: the connection ends. */
static bool answer(int fd, const char *path, const struct server *s)
{
	char line[256];

	if (strcmp(path, "/ok") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Type: text/plain\r\nContent-Length: 5\r\n\r\nhello");
	} else if (strcmp(path, "/busy") == 0) {
		say(fd, "HTTP/1.1 429 Slow\r\nRetry-After: 7\r\nContent-Length: 4\r\n\r\nbusy");
	} else if (strcmp(path, "/never") == 0) {
		recv(fd, line, 1, 0); /* until the client leaves */
		return false;
	} else if (strcmp(path, "/drip") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
		recv(fd, line, 1, 0);
		return false;
	} else if (strcmp(path, "/cut") == 0) {
		say(fd, "HTTP/1.1 200 OK\r\nContent-Length: 100\r\n\r\nabc");
		return false;
	} else if (strcmp(path, "/garbage") == 0) {
		say(fd, "this is no HTTP\r\n\r\n");
		return false;
	} else if (strcmp(path, "/big") == 0) {
		big(fd, 256);
	} else if (strcmp(path, "/loop") == 0) {
		say(fd, "HTTP/1.1 302 F\r\nLocation: /loop\r\nContent-Length: 0\r\n\r\n");
	} else if (strcmp(path, "/once") == 0) {
		say(fd, "HTTP/1.1 302 F\r\nLocation: /ok\r\nContent-Length: 3\r\n\r\nold");
	} else if (strcmp(path, "/away") == 0) {
		snprintf(line, sizeof(line),
			 "HTTP/1.1 302 F\r\nLocation: http://localhost:%d/ok\r\nContent-Length: 0\r\n\r\n",
			 s->port);
		say(fd, line);
	}
	return true;
}

static void *serve_conn(void *user)
{
	struct conn *c = user;
	struct server *s = c->s;
	bool more = true;

	while (more) {
		char buf[8192] = "", path[64] = "";
		size_t len = 0, body = 0;
		char *end, *cl;

		do {
			ssize_t n = recv(c->fd, buf + len, sizeof(buf) - 1 - len, 0);

			if (n <= 0)
				goto out;
			len += (size_t)n;
			end = strstr(buf, "\r\n\r\n");
			cl = strcasestr(buf, "Content-Length:");
			body = cl ? strtoul(cl + 15, NULL, 10) : 0;
		} while (!end || len < (size_t)(end + 4 - buf) + body);
		memcpy(s->last, buf, sizeof(buf));
		sscanf(buf, "%*s %63s", path);
		more = answer(c->fd, path, s);
	}
out:
	shutdown(c->fd, SHUT_RDWR);
	free(c);
	return NULL;
}

static void *serve(void *user)
{
	struct server *s = user;

	while (s->n < 64) {
		int fd = accept(s->fd, NULL, NULL);
		struct conn *c;

		if (fd < 0)
			break;
		c = kn_calloc(1, sizeof(*c));
		c->s = s;
		c->fd = fd;
		s->conns[s->n] = fd;
		pthread_create(&s->conn[s->n++], NULL, serve_conn, c);
	}
	return NULL;
}

struct ctx {
	struct server server;
	struct kn_loop *loop;
	struct kn_http *http;
	struct kn_http_call *call;
	int done, status, chunks;
	size_t len, streamed;
	int64_t retry_after;
	bool truncated, cancel_in_data, start_in_data;
	char body[64], type[64];
	struct kn_err err;
};

static int setup(void **state)
{
	struct ctx *c = kn_calloc(1, sizeof(*c));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	c->server.fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(c->server.fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(c->server.fd, 64), 0);
	getsockname(c->server.fd, (struct sockaddr *)&a, &len);
	c->server.port = ntohs(a.sin_port);
	pthread_create(&c->server.thread, NULL, serve, &c->server);
	assert_int_equal(kn_loop_new(&c->loop, NULL), 0);
	assert_int_equal(kn_http_new(&c->http, c->loop, "kernlet-test/1", NULL), 0);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct ctx *c = *state;

	kn_http_free(c->http);
	kn_loop_free(c->loop);
	shutdown(c->server.fd, SHUT_RDWR);
	pthread_join(c->server.thread, NULL);
	for (int i = 0; i < c->server.n; i++) {
		shutdown(c->server.conns[i], SHUT_RDWR);
		pthread_join(c->server.conn[i], NULL);
		close(c->server.conns[i]);
	}
	close(c->server.fd);
	free(c);
	return 0;
}

static void on_done(void *user, const struct kn_http_result *r)
{
	struct ctx *c = user;

	c->done++;
	c->status = r->status;
	c->len = r->len;
	c->retry_after = r->retry_after_s;
	c->truncated = r->truncated;
	snprintf(c->body, sizeof(c->body), "%s", (const char *)r->body);
	snprintf(c->type, sizeof(c->type), "%s", r->content_type);
	c->err = r->err;
}

static void start(struct ctx *c, const char *path, struct kn_http_request *req, const struct kn_http_ops *ops)
{
	char url[128];

	snprintf(url, sizeof(url), "http://127.0.0.1:%d%s", c->server.port, path);
	if (!req->url)
		req->url = url;
	c->call = kn_http_start(c->http, req, ops, c);
	req->url = NULL;
}

static void wait_done(struct ctx *c, int n)
{
	int64_t until = kn_mono(&kn_clock_system) + 10 * KN_NSEC_PER_SEC;

	while (c->done < n && kn_mono(&kn_clock_system) < until)
		kn_loop_run_once(c->loop, 100 * MS);
	assert_int_equal(c->done, n);
}

static const struct kn_http_ops plain = {.done = on_done};

static void get(struct ctx *c, const char *path, struct kn_http_request req)
{
	int n = c->done + 1;

	start(c, path, &req, &plain);
	assert_int_equal(c->done, n - 1);
	wait_done(c, n);
}

static void test_answer(void **state)
{
	struct ctx *c = *state;

	get(c, "/ok", (struct kn_http_request){.timeout_ns = 5000 * MS});
	assert_int_equal(c->err.code, 0);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "hello");
	assert_string_equal(c->type, "text/plain");
	assert_int_equal(c->retry_after, -1);
	assert_non_null(strstr(c->server.last, "User-Agent: kernlet-test/1\r\n"));
	get(c, "/busy", (struct kn_http_request){0});
	assert_int_equal(c->status, 429);
	assert_int_equal(c->err.code, 0);
	assert_int_equal(c->retry_after, 7);
	assert_string_equal(c->body, "busy");
	assert_int_equal(c->server.n, 1); /* one connection for both */
}

static void test_request_is_sent_as_given(void **state)
{
	const char *headers[] = {"Content-Type: text/x", "X-A: 1", "Accept:", "X-Empty;", NULL};
	const char *evil[] = {"X-A: 1\r\nX-B: 2", NULL};
	struct ctx *c = *state;

	get(c, "/ok",
	    (struct kn_http_request){.method = "PATCH", .headers = headers, .body = "data", .body_len = 4});
	assert_int_equal(c->status, 200);
	assert_memory_equal(c->server.last, "PATCH /ok HTTP/1.1\r\n", 20);
	assert_non_null(strstr(c->server.last, "Content-Type: text/x\r\n"));
	assert_non_null(strstr(c->server.last, "X-A: 1\r\n"));
	assert_non_null(strstr(c->server.last, "X-Empty:\r\n"));
	assert_null(strstr(c->server.last, "Accept:"));
	assert_null(strstr(c->server.last, "Expect:"));
	assert_non_null(strstr(c->server.last, "\r\n\r\ndata"));
	get(c, "/ok", (struct kn_http_request){.method = "DELETE"});
	assert_memory_equal(c->server.last, "DELETE /ok HTTP/1.1\r\n", 21);
	assert_null(strstr(c->server.last, "Content-Type"));
	get(c, "/ok", (struct kn_http_request){.headers = evil});
	assert_int_equal(c->status, 0);
	assert_int_equal(c->err.code, EINVAL);
}

static void test_timeouts(void **state)
{
	struct ctx *c = *state;

	get(c, "/never", (struct kn_http_request){.timeout_ns = 50 * MS});
	assert_int_equal(c->err.code, ETIMEDOUT);
	assert_int_equal(c->status, 0);
	get(c, "/drip", (struct kn_http_request){.idle_ns = 50 * MS});
	assert_int_equal(c->err.code, ETIMEDOUT);
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "abc");
}

static void test_broken_answers(void **state)
{
	struct ctx *c = *state;

	get(c, "/cut", (struct kn_http_request){0});
	assert_int_equal(c->err.code, ECONNRESET);
	assert_string_equal(c->body, "abc");
	get(c, "/garbage", (struct kn_http_request){0});
	assert_true(c->err.code == EPROTO || c->err.code == EINVAL);
	get(c, "", (struct kn_http_request){.url = "http://127.0.0.1:1/"});
	assert_int_equal(c->err.code, ECONNREFUSED);
	assert_string_equal(c->err.msg, "connect: Connection refused");
	get(c, "", (struct kn_http_request){.url = "ftp://127.0.0.1/"});
	assert_int_equal(c->err.code, EINVAL);
	get(c, "/ok", (struct kn_http_request){0});
	assert_int_equal(c->status, 200);
}

static void test_bounds(void **state)
{
	struct ctx *c = *state;

	get(c, "/big", (struct kn_http_request){0});
	assert_int_equal(c->len, 256 * 1024);
	get(c, "/big", (struct kn_http_request){.max_body = 256 * 1024});
	assert_int_equal(c->err.code, 0);
	get(c, "/big", (struct kn_http_request){.max_body = 256 * 1024 - 1});
	assert_int_equal(c->err.code, EMSGSIZE);
	get(c, "/big", (struct kn_http_request){.max_body = 10000, .truncate = true, .fresh = true});
	assert_int_equal(c->err.code, 0);
	assert_int_equal(c->len, 10000);
	assert_true(c->truncated);
}

static void test_redirects(void **state)
{
	struct ctx *c = *state;

	get(c, "/once", (struct kn_http_request){0});
	assert_int_equal(c->status, 302);
	get(c, "/once",
	    (struct kn_http_request){.method = "POST", .body = "x", .body_len = 1, .redirects = 1});
	assert_int_equal(c->status, 200);
	assert_string_equal(c->body, "hello");
	assert_memory_equal(c->server.last, "GET /ok ", 8);
	get(c, "/loop", (struct kn_http_request){.redirects = 10});
	assert_int_equal(c->err.code, ELOOP);
	get(c, "/away", (struct kn_http_request){.redirects = 10});
	assert_int_equal(c->err.code, 0);
	assert_int_equal(c->status, 302);
}

static void on_data(void *user, const uint8_t *data, size_t len)
{
	struct ctx *c = user;

	c->chunks++;
	c->streamed += len;
	if (c->start_in_data && c->chunks == 1) {
		struct kn_http_request req = {0};
		struct kn_http_call *first = c->call;

		start(c, "/ok", &req, &plain);
		c->call = first;
	}
	if (c->cancel_in_data)
		kn_http_cancel(c->call);
}

static void test_stream(void **state)
{
	static const struct kn_http_ops ops = {.data = on_data, .done = on_done};
	struct kn_http_request req = {0};
	struct ctx *c = *state;

	start(c, "/big", &req, &ops);
	wait_done(c, 1);
	assert_int_equal(c->streamed, 256 * 1024);
	assert_int_equal(c->len, 0);
	/* Not of an error's answer: that is collected. */
	c->chunks = 0;
	start(c, "/busy", &req, &ops);
	wait_done(c, 2);
	assert_int_equal(c->chunks, 0);
	assert_string_equal(c->body, "busy");
	/* Cancelled and started from inside: one call is answered, the other never. */
	c->cancel_in_data = c->start_in_data = true;
	start(c, "/big", &req, &ops);
	wait_done(c, 3);
	assert_string_equal(c->body, "hello");
	assert_int_equal(c->chunks, 1);
	for (int i = 0; i < 5; i++)
		kn_loop_run_once(c->loop, 10 * MS);
	assert_int_equal(c->done, 3);
}

static void test_cancel_and_many(void **state)
{
	struct kn_http_request req = {0};
	struct ctx *c = *state;

	start(c, "/never", &req, &plain);
	kn_http_cancel(c->call);
	start(c, "/never", &req, &plain);
	for (int i = 0; i < 5; i++)
		kn_loop_run_once(c->loop, 10 * MS);
	kn_http_cancel(c->call);
	kn_http_cancel(NULL);
	assert_int_equal(c->done, 0);
	for (int i = 0; i < 20; i++)
		start(c, "/ok", &req, &plain);
	wait_done(c, 20);
	/* Freed with a call on its way. */
	start(c, "/never", &req, &plain);
	kn_loop_run_once(c->loop, 10 * MS);
}

static void test_fresh_and_dropped(void **state)
{
	struct ctx *c = *state;

	get(c, "/ok", (struct kn_http_request){.fresh = true});
	get(c, "/ok", (struct kn_http_request){.fresh = true});
	assert_int_equal(c->server.n, 2);
	get(c, "/ok", (struct kn_http_request){0});
	get(c, "/ok", (struct kn_http_request){0});
	assert_int_equal(c->server.n, 3);
	kn_http_drop_idle(c->http);
	get(c, "/ok", (struct kn_http_request){0});
	assert_int_equal(c->server.n, 4);
}

static void test_connect_to(void **state)
{
	char url[64];
	struct ctx *c = *state;

	snprintf(url, sizeof(url), "http://pod.invalid:%d/ok", c->server.port);
	get(c, "", (struct kn_http_request){.url = url, .connect_to = "127.0.0.1"});
	assert_int_equal(c->status, 200);
	assert_non_null(strstr(c->server.last, "Host: pod.invalid:"));
	get(c, "", (struct kn_http_request){.url = url, .unix_socket = "/nonexistent/socket"});
	assert_true(c->err.code == ENOENT || c->err.code == ECONNREFUSED);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_answer),	    T(test_request_is_sent_as_given),
		T(test_timeouts),   T(test_broken_answers),
		T(test_bounds),	    T(test_redirects),
		T(test_stream),	    T(test_cancel_and_many),
		T(test_connect_to), T(test_fresh_and_dropped),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
