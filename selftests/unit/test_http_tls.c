/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <arpa/inet.h>
#include <errno.h>
#include <pthread.h>
#include <sys/socket.h>
#include <unistd.h>
#include "lib/base/file.h"
#include "lib/k8s/client.h"
#include "selftests/harness/test_cert.h"

#define MS KN_NSEC_PER_MSEC

/* Answers each request with the name in the client's certificate; a thread a connection. */
struct ctx {
	struct kn_loop *loop;
	struct kn_http *http;
	struct test_cert ca, other_ca, server, alice, bob;
	gnutls_certificate_credentials_t cred;
	pthread_t thread, conn[16];
	int fd, port, n, fds[16];
	int done, status;
	char url[64], path[64], body[64];
	struct kn_err err;
};
struct conn {
	struct ctx *c;
	int fd;
};

static void client_name(gnutls_session_t s, char *name, size_t size)
{
	unsigned n = 0;
	const gnutls_datum_t *list = gnutls_certificate_get_peers(s, &n);
	gnutls_x509_crt_t crt;

	snprintf(name, size, "nobody");
	if (!n)
		return;
	gnutls_x509_crt_init(&crt);
	gnutls_x509_crt_import(crt, list, GNUTLS_X509_FMT_DER);
	gnutls_x509_crt_get_dn_by_oid(crt, GNUTLS_OID_X520_COMMON_NAME, 0, 0, name, &size);
	gnutls_x509_crt_deinit(crt);
}

static void *serve_conn(void *user)
{
	struct conn *c = user;
	char name[64], buf[4096], answer[256];
	gnutls_session_t s;

	gnutls_init(&s, GNUTLS_SERVER);
	gnutls_set_default_priority(s);
	gnutls_credentials_set(s, GNUTLS_CRD_CERTIFICATE, c->c->cred);
	gnutls_certificate_server_set_request(s, GNUTLS_CERT_REQUEST);
	gnutls_transport_set_int(s, c->fd);
	if (gnutls_handshake(s) == 0) {
		client_name(s, name, sizeof(name));
		snprintf(answer, sizeof(answer), "HTTP/1.1 200 OK\r\nContent-Length: %zu\r\n\r\n%s",
			 strlen(name), name);
		while (gnutls_record_recv(s, buf, sizeof(buf)) > 0)
			gnutls_record_send(s, answer, strlen(answer));
	}
	shutdown(c->fd, SHUT_RDWR);
	gnutls_deinit(s);
	free(c);
	return NULL;
}

static void *serve(void *user)
{
	struct ctx *x = user;
	int fd;

	while (x->n < 16 && (fd = accept(x->fd, NULL, NULL)) >= 0) {
		struct conn *c = kn_calloc(1, sizeof(*c));

		*c = (struct conn){x, fd};
		x->fds[x->n] = fd;
		pthread_create(&x->conn[x->n++], NULL, serve_conn, c);
	}
	return NULL;
}

static int setup(void **state)
{
	struct ctx *c = kn_calloc(1, sizeof(*c));
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	gnutls_datum_t cert, key;

	c->ca = test_cert_new("ca", NULL, NULL, false, 10);
	c->other_ca = test_cert_new("other", NULL, NULL, false, 10);
	c->server = test_cert_new("server", NULL, &c->ca, false, 10);
	c->alice = test_cert_new("alice", NULL, &c->ca, true, 10);
	c->bob = test_cert_new("bob", NULL, &c->ca, true, 10);
	cert = (gnutls_datum_t){(unsigned char *)c->server.cert_pem, (unsigned)strlen(c->server.cert_pem)};
	key = (gnutls_datum_t){(unsigned char *)c->server.key_pem, (unsigned)strlen(c->server.key_pem)};
	gnutls_certificate_allocate_credentials(&c->cred);
	assert_int_equal(gnutls_certificate_set_x509_key_mem(c->cred, &cert, &key, GNUTLS_X509_FMT_PEM), 0);
	c->fd = socket(AF_INET, SOCK_STREAM, 0);
	assert_int_equal(bind(c->fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(listen(c->fd, 16), 0);
	getsockname(c->fd, (struct sockaddr *)&a, &len);
	c->port = ntohs(a.sin_port);
	snprintf(c->url, sizeof(c->url), "https://localhost:%d", c->port);
	snprintf(c->path, sizeof(c->path), "/tmp/kn-http-tls-%d.pem", (int)getpid());
	pthread_create(&c->thread, NULL, serve, c);
	assert_int_equal(kn_loop_new(&c->loop, NULL), 0);
	assert_int_equal(kn_http_new(&c->http, c->loop, "test", NULL), 0);
	*state = c;
	return 0;
}

static int teardown(void **state)
{
	struct ctx *c = *state;

	kn_http_free(c->http);
	kn_loop_free(c->loop);
	shutdown(c->fd, SHUT_RDWR);
	pthread_join(c->thread, NULL);
	for (int i = 0; i < c->n; i++) {
		shutdown(c->fds[i], SHUT_RDWR);
		pthread_join(c->conn[i], NULL);
		close(c->fds[i]);
	}
	close(c->fd);
	gnutls_certificate_free_credentials(c->cred);
	test_cert_free(&c->ca);
	test_cert_free(&c->other_ca);
	test_cert_free(&c->server);
	test_cert_free(&c->alice);
	test_cert_free(&c->bob);
	unlink(c->path);
	free(c);
	return 0;
}

static void wait_done(struct ctx *c, int n)
{
	int64_t until = kn_mono(&kn_clock_system) + 10 * KN_NSEC_PER_SEC;

	while (c->done < n && kn_mono(&kn_clock_system) < until)
		kn_loop_run_once(c->loop, 100 * MS);
	assert_int_equal(c->done, n);
}

static void on_done(void *user, const struct kn_http_result *r)
{
	struct ctx *c = user;

	c->done++;
	c->status = r->status;
	c->err = r->err;
	snprintf(c->body, sizeof(c->body), "%s", (const char *)r->body);
}

static void get(struct ctx *c, const char *url, struct kn_http_tls *tls)
{
	static const struct kn_http_ops ops = {.done = on_done};
	struct kn_http_request req = {.url = url, .tls = tls, .timeout_ns = 8000 * MS};

	kn_http_start(c->http, &req, &ops, c);
	wait_done(c, c->done + 1);
}

/* One request with this config: the body, or "" and c->err. */
static const char *ask(struct ctx *c, const char *url, struct kn_http_tls_config cfg)
{
	struct kn_http_tls *t = kn_http_tls_new(&cfg);

	get(c, url, t);
	kn_http_tls_unref(t);
	return c->body;
}

static void test_server_is_checked(void **state)
{
	struct ctx *c = *state;
	struct kn_http_tls_config cfg = {.ca_pem = c->ca.cert_pem};
	char by_address[64];

	assert_string_equal(ask(c, c->url, cfg), "nobody");
	cfg.ca_pem = c->other_ca.cert_pem;
	ask(c, c->url, cfg);
	assert_int_equal(c->err.code, EKEYREJECTED);
	assert_int_equal(c->status, 0);
	cfg.insecure = true;
	assert_string_equal(ask(c, c->url, cfg), "nobody");
	/* Signed by the right one, for another name; and then checked for that name. */
	snprintf(by_address, sizeof(by_address), "https://127.0.0.1:%d", c->port);
	cfg = (struct kn_http_tls_config){.ca_pem = c->ca.cert_pem};
	ask(c, by_address, cfg);
	assert_int_equal(c->err.code, EKEYREJECTED);
	cfg.server_name = "localhost";
	assert_string_equal(ask(c, by_address, cfg), "nobody");
	cfg.server_name = "elsewhere";
	ask(c, c->url, cfg);
	assert_int_equal(c->err.code, EKEYREJECTED);
	cfg = (struct kn_http_tls_config){.ca_pem = "no PEM"};
	ask(c, c->url, cfg);
	assert_true(c->err.code != 0);
	get(c, by_address, NULL);
	assert_string_equal(c->body, "nobody");
}

static void test_client_certificates(void **state)
{
	struct ctx *c = *state;
	struct kn_http_tls_config alice = {.ca_pem = c->ca.cert_pem,
					   .cert_pem = c->alice.cert_pem,
					   .key_pem = c->alice.key_pem},
				  bob = {.ca_pem = c->ca.cert_pem,
					 .cert_pem = c->bob.cert_pem,
					 .key_pem = c->bob.key_pem};
	struct kn_http_tls *t = kn_http_tls_new(&alice);

	get(c, c->url, t);
	get(c, c->url, t);
	assert_string_equal(c->body, "alice");
	assert_int_equal(c->n, 1);
	kn_http_tls_unref(t);
	/* The memfds may get the same numbers: it must be another connection all the same. */
	for (int i = 0; i < 3; i++) {
		assert_string_equal(ask(c, c->url, bob), "bob");
		assert_string_equal(ask(c, c->url, alice), "alice");
	}
	assert_int_equal(c->n, 7);
	bob.key_pem = c->alice.key_pem; /* a pair that is none */
	ask(c, c->url, bob);
	assert_true(c->err.code != 0);
}

static void on_api(void *user, const struct kn_api_result *r)
{
	struct ctx *c = user;

	c->done++;
	c->err = r->err;
	snprintf(c->body, sizeof(c->body), "%.*s", (int)r->len, (const char *)r->body);
}

static const char *who(struct ctx *c, struct kn_client *client)
{
	struct kn_api_request req = {.method = "GET", .path = "/whoami", .timeout_ns = 8000 * MS};

	kn_api_start(client, &req, on_api, c);
	wait_done(c, c->done + 1);
	return c->body;
}

static void write_pair(struct ctx *c, const struct test_cert *t)
{
	kn_auto_buf struct kn_buf b = {0};

	kn_buf_addf(&b, "%s%s", t->cert_pem, t->key_pem);
	assert_int_equal(kn_file_write_atomic(c->path, b.data, b.len, 0600, NULL), 0);
}

static void test_api_client_follows_its_certificate(void **state)
{
	struct ctx *c = *state;
	struct kn_kubeconfig k = {
		.server = c->url, .ca_data = c->ca.cert_pem, .cert_file = c->path, .key_file = c->path};
	struct kn_client_config cfg = {.kubeconfig = &k};
	struct kn_client *client;

	write_pair(c, &c->alice);
	assert_int_equal(kn_client_new(&client, c->loop, c->http, &cfg, NULL, NULL), 0);
	assert_string_equal(who(c, client), "alice");
	kn_client_set_cert(client, c->bob.cert_pem, c->bob.key_pem);
	assert_string_equal(who(c, client), "bob");
	kn_client_set_cert(client, NULL, NULL);
	assert_string_equal(who(c, client), "alice");
	/* A file that changes, or is damaged. */
	write_pair(c, &c->bob);
	usleep(1100 * 1000);
	assert_string_equal(who(c, client), "bob");
	assert_int_equal(kn_file_write_atomic(c->path, "half", 4, 0600, NULL), 0);
	usleep(1100 * 1000);
	assert_string_equal(who(c, client), "bob");
	kn_client_free(client);
}

int main(void)
{
#define T(f) cmocka_unit_test_setup_teardown(f, setup, teardown)
	const struct CMUnitTest tests[] = {
		T(test_server_is_checked),
		T(test_client_certificates),
		T(test_api_client_follows_its_certificate),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
