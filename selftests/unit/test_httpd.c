/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP server against libcurl on a thread of its own, and against raw sockets. */
#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <curl/curl.h>
#include <cmocka.h>

#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/httpd/httpd.h"
#include "lib/httpd/tunnel.h"
#include "selftests/harness/test_cert.h"

#define BIG (8u << 20)

struct rig {
	struct kn_loop *loop;
	struct kn_httpd *h;
	struct test_cert ca, server, server2, client, expired, stranger;
	struct kn_httpd_request *waiting, *stream;
	struct kn_timer *timer;
	struct kn_tunnel *tunnel;
	int pair[2], up_fd;
	size_t left, most;
	unsigned closed, handled;
	bool client_done;
};

static void on_closed(void *user)
{
	struct rig *g = user;

	g->closed++;
	g->stream = g->waiting = NULL;
	g->tunnel = kn_tunnel_free(g->tunnel);
}

static void on_later(void *user)
{
	struct rig *g = user;

	if (g->waiting)
		kn_httpd_answer_text(g->waiting, 200, "later\n");
	g->waiting = NULL;
}

static void on_more(void *user)
{
	static const char block[4096] = {'x'};
	struct rig *g = user;

	while (g->left && kn_httpd_stream_room(g->stream) >= sizeof(block)) {
		kn_httpd_stream_write(g->stream, block, sizeof(block));
		g->left -= sizeof(block);
		if (KN_HTTPD_STREAM_ROOM - kn_httpd_stream_room(g->stream) > g->most)
			g->most = KN_HTTPD_STREAM_ROOM - kn_httpd_stream_room(g->stream);
	}
	if (!g->left)
		kn_httpd_stream_end(g->stream);
}

static void add_param(void *user, const char *name, const char *value)
{
	kn_buf_addf(user, "%s=%s;", name, value);
}

static void on_tunnel_done(void *user)
{
	struct rig *g = user;

	kn_httpd_upgrade_close(g->stream);
}

static void on_up(void *user, int fd, const void *early, size_t len)
{
	struct rig *g = user;

	g->tunnel = kn_tunnel_new(g->loop, fd, g->pair[0], KN_NSEC_PER_SEC, on_tunnel_done, g, NULL);
	assert_non_null(g->tunnel);
	assert_int_equal(kn_tunnel_preload(g->tunnel, g->pair[0], early, len), 0);
}

static void answer_echo(struct kn_httpd_request *r)
{
	kn_auto_buf struct kn_buf b = {0};
	size_t len;
	const void *body = kn_httpd_body(r, &len);

	kn_buf_addf(&b, "%s %s %s ", kn_httpd_method(r), kn_httpd_path(r), kn_httpd_target(r));
	kn_httpd_each_param(r, add_param, &b);
	kn_buf_add(&b, body, len);
	kn_httpd_answer(r, 200, "text/plain", b.data, b.len);
}

static void answer_peer(struct kn_httpd_request *r)
{
	const struct kn_httpd_peer *p = kn_httpd_peer(r);
	kn_auto_buf struct kn_buf b = {0};

	kn_buf_addf(&b, "%d %d %s", p->has_cert, p->verified, p->common_name);
	for (size_t i = 0; p->orgs[i]; i++)
		kn_buf_addf(&b, ",%s", p->orgs[i]);
	kn_httpd_answer(r, 200, NULL, b.data, b.len);
}

static void handle(void *user, struct kn_httpd_request *r)
{
	struct rig *g = user;
	const char *path = kn_httpd_path(r);

	g->handled++;
	kn_httpd_on_closed(r, on_closed, g);
	if (!strncmp(path, "/echo", 5)) {
		answer_echo(r);
	} else if (!strcmp(path, "/peer")) {
		answer_peer(r);
	} else if (!strcmp(path, "/later")) {
		g->waiting = r;
		kn_timer_arm(g->timer, 20 * KN_NSEC_PER_MSEC);
	} else if (!strcmp(path, "/never")) {
		g->waiting = r;
	} else if (!strcmp(path, "/stream")) {
		g->stream = r;
		g->left = BIG;
		kn_httpd_stream(r, 200, "text/plain", on_more, g);
	} else if (!strcmp(path, "/quiet")) {
		g->stream = r;
		kn_httpd_stream(r, 200, "text/plain", NULL, NULL);
		kn_httpd_stream_write(r, "a", 1);
	} else if (!strcmp(path, "/upgrade")) {
		g->stream = r;
		kn_httpd_set_header(r, "Upgrade", kn_httpd_header(r, "Upgrade"));
		kn_httpd_upgrade(r, on_up, g);
	} else {
		kn_httpd_answer_text(r, 404, "404 page not found\n");
	}
}

static void start(struct rig *g, bool tls)
{
	struct kn_httpd_tls t = {g->server.cert_pem, g->server.key_pem, g->ca.cert_pem};
	struct kn_httpd_config cfg = {.address = "127.0.0.1", .tls = tls ? &t : NULL, .max_connections = 8};
	struct kn_err err = KN_ERR_INIT;

	if (kn_httpd_new(&g->h, g->loop, &cfg, handle, g, NULL, &err))
		fail_msg("%s", err.msg);
}

static int setup(void **state)
{
	struct rig *g = kn_calloc(1, sizeof(*g));
	static const char *const orgs[] = {"system:masters", "b", NULL};

	signal(SIGPIPE, SIG_IGN);
	assert_int_equal(kn_loop_new(&g->loop, NULL), 0);
	g->timer = kn_timer_new(g->loop, on_later, g);
	g->ca = test_cert_new("ca", NULL, NULL, false, 10);
	g->server = test_cert_new("node", NULL, &g->ca, false, 10);
	g->server2 = test_cert_new("node2", NULL, &g->ca, false, 10);
	g->client = test_cert_new("alice", orgs, &g->ca, true, 10);
	g->expired = test_cert_new("bob", NULL, &g->ca, true, -1);
	g->stranger = test_cert_new("eve", NULL, NULL, true, 10);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;
	struct test_cert *certs[] = {&g->ca, &g->server, &g->server2, &g->client, &g->expired, &g->stranger};

	kn_httpd_free(g->h);
	assert_int_equal(g->closed, g->handled);
	kn_timer_free(g->timer);
	kn_loop_free(g->loop);
	for (size_t i = 0; i < KN_ARRAY_SIZE(certs); i++)
		test_cert_free(certs[i]);
	free(g);
	return 0;
}

/* ---- a curl request on a thread while the loop runs ---- */

struct fetch {
	const char *url, *method, *body;
	const struct test_cert *cert;
	const char *ca;
	long status, timeout;
	struct kn_buf out;
	size_t got;
	CURLcode code;
	int done;
};

static size_t on_data(char *p, size_t size, size_t n, void *user)
{
	struct fetch *f = user;

	f->got += n;
	if (f->out.len < 4096)
		kn_buf_add(&f->out, p, n);
	return n;
}

static void *fetch_thread(void *user)
{
	struct fetch *f = user;
	CURL *c = curl_easy_init();
	char ca[] = "/tmp/kn-test-ca-XXXXXX";

	curl_easy_setopt(c, CURLOPT_URL, f->url);
	curl_easy_setopt(c, CURLOPT_TIMEOUT, f->timeout ? f->timeout : 30L);
	curl_easy_setopt(c, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(c, CURLOPT_WRITEFUNCTION, on_data);
	curl_easy_setopt(c, CURLOPT_WRITEDATA, f);
	if (f->method)
		curl_easy_setopt(c, CURLOPT_CUSTOMREQUEST, f->method);
	if (f->body)
		curl_easy_setopt(c, CURLOPT_POSTFIELDS, f->body);
	if (f->ca) {
		int fd = mkstemp(ca);

		dprintf(fd, "%s", f->ca);
		close(fd);
		curl_easy_setopt(c, CURLOPT_CAINFO, ca);
	}
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYPEER, f->ca ? 1L : 0L);
	curl_easy_setopt(c, CURLOPT_SSL_VERIFYHOST, 0L);
	if (f->cert) {
		char cert[] = "/tmp/kn-test-cert-XXXXXX", key[] = "/tmp/kn-test-key-XXXXXX";
		int a = mkstemp(cert), b = mkstemp(key);

		dprintf(a, "%s", f->cert->cert_pem);
		dprintf(b, "%s", f->cert->key_pem);
		close(a);
		close(b);
		curl_easy_setopt(c, CURLOPT_SSLCERT, cert);
		curl_easy_setopt(c, CURLOPT_SSLKEY, key);
		f->code = curl_easy_perform(c);
		unlink(cert);
		unlink(key);
	} else {
		f->code = curl_easy_perform(c);
	}
	curl_easy_getinfo(c, CURLINFO_RESPONSE_CODE, &f->status);
	curl_easy_cleanup(c);
	if (f->ca)
		unlink(ca);
	__atomic_store_n(&f->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void fetch(struct rig *g, struct fetch *f, const char *scheme, const char *path)
{
	char *url kn_auto_free = kn_sprintf("%s://localhost:%u%s", scheme, kn_httpd_port(g->h), path);
	pthread_t th;

	f->url = url;
	kn_buf_free(&f->out);
	f->done = 0;
	f->got = 0;
	assert_int_equal(pthread_create(&th, NULL, fetch_thread, f), 0);
	while (!__atomic_load_n(&f->done, __ATOMIC_ACQUIRE))
		kn_loop_run_once(g->loop, 5 * KN_NSEC_PER_MSEC);
	pthread_join(th, NULL);
	kn_buf_add(&f->out, "", 0);
}

static void test_plain(void **state)
{
	struct rig *g = *state;
	struct fetch f = {.body = "hello"};

	start(g, false);
	fetch(g, &f, "http", "/echo/a%20b?x=1&x=2+3&y");
	assert_int_equal(f.status, 200);
	assert_string_equal(f.out.data, "POST /echo/a b /echo/a%20b?x=1&x=2+3&y x=1;x=2 3;y=;hello");
	f.body = NULL;
	fetch(g, &f, "http", "/nothing");
	assert_int_equal(f.status, 404);
	assert_string_equal(f.out.data, "404 page not found\n");
	fetch(g, &f, "http", "/later");
	assert_int_equal(f.status, 200);
	assert_string_equal(f.out.data, "later\n");
	kn_buf_free(&f.out);
}

static void test_body_too_big(void **state)
{
	struct rig *g = *state;
	char *body kn_auto_free = kn_calloc(1, 200001);
	struct fetch f = {.body = body};

	memset(body, 'b', 200000);
	start(g, false);
	fetch(g, &f, "http", "/echo");
	assert_int_equal(f.status, 413);
	kn_buf_free(&f.out);
}

static void test_stream(void **state)
{
	struct rig *g = *state;
	struct fetch f = {0};

	start(g, true);
	fetch(g, &f, "https", "/stream");
	assert_int_equal(f.code, CURLE_OK);
	assert_int_equal(f.got, BIG);
	assert_true(g->most <= KN_HTTPD_STREAM_ROOM);
	kn_buf_free(&f.out);
}

static void test_client_cert(void **state)
{
	struct rig *g = *state;
	struct fetch f = {.ca = g->ca.cert_pem};

	start(g, true);
	fetch(g, &f, "https", "/peer");
	assert_string_equal(f.out.data, "0 0 ");
	f.cert = &g->client;
	fetch(g, &f, "https", "/peer");
	assert_string_equal(f.out.data, "1 1 alice,system:masters,b");
	f.cert = &g->expired;
	fetch(g, &f, "https", "/peer");
	assert_string_equal(f.out.data, "1 0 ");
	/* a server's certificate of the same authority is none for a client */
	f.cert = &g->server2;
	fetch(g, &f, "https", "/peer");
	assert_string_equal(f.out.data, "1 0 ");
	kn_buf_free(&f.out);
}

static void test_new_certificate(void **state)
{
	struct rig *g = *state;
	struct test_cert other = test_cert_new("ca2", NULL, NULL, false, 10);
	struct test_cert cert = test_cert_new("node3", NULL, &other, false, 10);
	struct kn_httpd_tls t = {cert.cert_pem, cert.key_pem, NULL};
	struct kn_httpd_tls bad = {cert.cert_pem, g->server.key_pem, NULL};
	struct fetch f = {.ca = g->ca.cert_pem};
	struct kn_err err = KN_ERR_INIT;

	start(g, true);
	fetch(g, &f, "https", "/echo");
	assert_int_equal(f.code, CURLE_OK);
	assert_int_equal(kn_httpd_set_tls(g->h, &bad, &err), -EINVAL);
	fetch(g, &f, "https", "/echo");
	assert_int_equal(f.code, CURLE_OK);
	assert_int_equal(kn_httpd_set_tls(g->h, &t, &err), 0);
	fetch(g, &f, "https", "/echo");
	assert_int_not_equal(f.code, CURLE_OK);
	f.ca = other.cert_pem;
	fetch(g, &f, "https", "/echo");
	assert_int_equal(f.code, CURLE_OK);
	kn_buf_free(&f.out);
	test_cert_free(&other);
	test_cert_free(&cert);
}

/* ---- raw sockets ---- */

static int raw(struct rig *g, const char *text)
{
	struct sockaddr_in sin = {.sin_family = AF_INET, .sin_port = htons(kn_httpd_port(g->h))};
	int fd = socket(AF_INET, SOCK_STREAM, 0), small = 4096;

	setsockopt(fd, SOL_SOCKET, SO_RCVBUF, &small, sizeof(small));
	inet_pton(AF_INET, "127.0.0.1", &sin.sin_addr);
	assert_int_equal(connect(fd, (struct sockaddr *)&sin, sizeof(sin)), 0);
	assert_int_equal(send(fd, text, strlen(text), MSG_NOSIGNAL), strlen(text));
	return fd;
}

static void spin(struct rig *g, int ms)
{
	int64_t end = kn_mono(&kn_clock_system) + ms * KN_NSEC_PER_MSEC;

	while (kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(g->loop, 5 * KN_NSEC_PER_MSEC);
}

/* A client that reads nothing makes the stream wait within its bound, and nobody else. */
static void test_slow_client(void **state)
{
	struct rig *g = *state;
	struct fetch f = {0};
	int fd;

	start(g, false);
	fd = raw(g, "GET /stream HTTP/1.1\r\nHost: x\r\n\r\n");
	spin(g, 200);
	assert_non_null(g->stream);
	assert_true(g->left > BIG / 4);
	assert_true(g->most <= KN_HTTPD_STREAM_ROOM);
	fetch(g, &f, "http", "/echo");
	assert_int_equal(f.status, 200);
	kn_buf_free(&f.out);
	close(fd);
	spin(g, 100);
	assert_int_equal(g->closed, 2);
}

/* Nothing to send, nothing to read: the client's going away is seen all the same. */
static void test_client_leaves(void **state)
{
	struct rig *g = *state;
	int fd, idle = 0;

	start(g, false);
	fd = raw(g, "GET /quiet HTTP/1.1\r\nHost: x\r\n\r\n");
	spin(g, 50);
	assert_non_null(g->stream);
	for (int i = 0; i < 20; i++)
		idle += kn_loop_run_once(g->loop, 5 * KN_NSEC_PER_MSEC) == 0;
	assert_true(idle >= 15); /* it doesn't spin meanwhile */
	close(fd);
	spin(g, 50);
	assert_int_equal(g->closed, 1);
	fd = raw(g, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
	spin(g, 50);
	assert_non_null(g->waiting);
	close(fd);
	spin(g, 50);
	assert_int_equal(g->closed, 2);
	/* and one that stays to the end of the server */
	fd = raw(g, "GET /never HTTP/1.1\r\nHost: x\r\n\r\n");
	spin(g, 50);
	g->h = kn_httpd_free(g->h);
	assert_int_equal(g->closed, 3);
	close(fd);
}

static void test_header_bombs(void **state)
{
	struct rig *g = *state;
	kn_auto_buf struct kn_buf b = {0};
	struct fetch f = {0};
	int fd;

	start(g, false);
	kn_buf_adds(&b, "GET /echo HTTP/1.1\r\nHost: x\r\n");
	for (int i = 0; i < 4000; i++)
		kn_buf_addf(&b, "X-%d: aaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaaa\r\n", i);
	fd = raw(g, "");
	send(fd, b.data, b.len, MSG_NOSIGNAL | MSG_DONTWAIT);
	spin(g, 100);
	assert_int_equal(g->handled, 0);
	close(fd);
	fetch(g, &f, "http", "/echo");
	assert_int_equal(f.status, 200);
	kn_buf_free(&f.out);
}

static void test_connection_limit(void **state)
{
	struct rig *g = *state;
	struct fetch f = {.timeout = 1};
	int fd[12];

	start(g, false);
	for (int i = 0; i < 12; i++)
		fd[i] = raw(g, "");
	spin(g, 50);
	fetch(g, &f, "http", "/echo");
	assert_int_not_equal(f.code, CURLE_OK);
	for (int i = 0; i < 12; i++)
		close(fd[i]);
	spin(g, 50);
	fetch(g, &f, "http", "/echo");
	assert_int_equal(f.code, CURLE_OK);
	kn_buf_free(&f.out);
}

static void *echo_thread(void *user)
{
	int fd = *(int *)user;
	char buf[16384];
	ssize_t n;

	while ((n = recv(fd, buf, sizeof(buf), 0)) > 0)
		for (ssize_t at = 0, m; at < n; at += m)
			if ((m = send(fd, buf + at, (size_t)(n - at), MSG_NOSIGNAL)) <= 0)
				return NULL;
	shutdown(fd, SHUT_WR);
	return NULL;
}

struct gush {
	int fd, done;
	gnutls_session_t tls;
	uint64_t sum_in, sum_out, in;
	char head[256];
};

#define GUSH (4u << 20)

static ssize_t io_send(struct gush *u, const void *p, size_t n)
{
	return u->tls ? gnutls_record_send(u->tls, p, n) : send(u->fd, p, n, MSG_NOSIGNAL);
}

static ssize_t io_recv(struct gush *u, void *p, size_t n)
{
	return u->tls ? gnutls_record_recv(u->tls, p, n) : recv(u->fd, p, n, 0);
}

/* Sends a block, reads a block, so that it works whatever the buffers between hold. */
static void *gush_thread(void *user)
{
	static const char hello[] = "GET /upgrade HTTP/1.1\r\nHost: x\r\nConnection: Upgrade\r\nUpgrade: "
				    "SPDY/3.1\r\n\r\n";
	struct gush *u = user;
	unsigned char buf[8192], back[8192];
	size_t n = 0;
	unsigned seed = 1;

	io_send(u, hello, strlen(hello));
	while (n < sizeof(u->head) - 1 && io_recv(u, u->head + n, 1) == 1)
		if (++n >= 4 && !memcmp(u->head + n - 4, "\r\n\r\n", 4))
			break;
	for (size_t sent = 0; sent < GUSH; sent += sizeof(buf)) {
		size_t got = 0;

		for (size_t i = 0; i < sizeof(buf); i++) {
			buf[i] = (unsigned char)(seed = seed * 1103515245 + 12345);
			u->sum_out = u->sum_out * 31 + buf[i];
		}
		if (io_send(u, buf, sizeof(buf)) != sizeof(buf))
			break;
		while (got < sizeof(back)) {
			ssize_t m = io_recv(u, back, sizeof(back) - got);

			if (m <= 0)
				goto out;
			for (ssize_t i = 0; i < m; i++)
				u->sum_in = u->sum_in * 31 + back[i];
			got += (size_t)m;
		}
		u->in += got;
	}
out:
	if (u->tls)
		gnutls_bye(u->tls, GNUTLS_SHUT_WR);
	shutdown(u->fd, SHUT_WR);
	while (io_recv(u, buf, sizeof(buf)) > 0)
		;
	__atomic_store_n(&u->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void upgrade(struct rig *g, bool tls)
{
	struct gush u = {0};
	gnutls_certificate_credentials_t cred;
	pthread_t a, b;

	start(g, tls);
	assert_int_equal(socketpair(AF_UNIX, SOCK_STREAM, 0, g->pair), 0);
	u.fd = raw(g, "");
	pthread_create(&a, NULL, echo_thread, &g->pair[1]);
	if (tls) {
		int r;

		gnutls_certificate_allocate_credentials(&cred);
		gnutls_init(&u.tls, GNUTLS_CLIENT | GNUTLS_NONBLOCK);
		gnutls_set_default_priority(u.tls);
		gnutls_credentials_set(u.tls, GNUTLS_CRD_CERTIFICATE, cred);
		gnutls_transport_set_int(u.tls, u.fd);
		fcntl(u.fd, F_SETFL, O_NONBLOCK);
		do {
			spin(g, 10);
			r = gnutls_handshake(u.tls);
		} while (r == GNUTLS_E_AGAIN);
		assert_int_equal(r, 0);
		fcntl(u.fd, F_SETFL, 0);
	}
	pthread_create(&b, NULL, gush_thread, &u);
	while (!__atomic_load_n(&u.done, __ATOMIC_ACQUIRE))
		kn_loop_run_once(g->loop, 5 * KN_NSEC_PER_MSEC);
	pthread_join(b, NULL);
	assert_non_null(strstr(u.head, "HTTP/1.1 101 "));
	assert_non_null(strstr(u.head, "Upgrade: SPDY/3.1\r\n"));
	assert_int_equal(u.in, GUSH);
	assert_true(u.sum_in == u.sum_out);
	spin(g, 100);
	assert_int_equal(g->closed, 1);
	close(g->pair[0]);
	pthread_join(a, NULL);
	close(g->pair[1]);
	close(u.fd);
	if (tls) {
		gnutls_deinit(u.tls);
		gnutls_certificate_free_credentials(cred);
	}
}

static void test_upgrade_plain(void **state)
{
	upgrade(*state, false);
}

static void test_upgrade_tls(void **state)
{
	upgrade(*state, true);
}

static void test_bad_config(void **state)
{
	struct rig *g = *state;
	struct kn_httpd_tls t = {g->server.cert_pem, g->server.key_pem, "nonsense"};
	struct kn_httpd_config cfg = {.address = "127.0.0.1", .tls = &t};
	struct kn_httpd *h = NULL;
	struct kn_err err = KN_ERR_INIT;

	assert_int_equal(kn_httpd_new(&h, g->loop, &cfg, handle, g, NULL, &err), -EINVAL);
	cfg.tls = NULL;
	cfg.address = "localhost";
	assert_int_equal(kn_httpd_new(&h, g->loop, &cfg, handle, g, NULL, &err), -EINVAL);
	start(g, false);
	cfg.address = "127.0.0.1";
	cfg.port = kn_httpd_port(g->h);
	assert_int_equal(kn_httpd_new(&h, g->loop, &cfg, handle, g, NULL, &err), -EADDRINUSE);
	assert_null(h);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_plain),	       T(test_body_too_big),	T(test_stream),
		T(test_client_cert),   T(test_new_certificate), T(test_slow_client),
		T(test_client_leaves), T(test_header_bombs),	T(test_connection_limit),
		T(test_upgrade_plain), T(test_upgrade_tls),	T(test_bad_config),
	};

	curl_global_init(CURL_GLOBAL_DEFAULT);
	return cmocka_run_group_tests(tests, NULL, NULL);
}
