/* SPDX-License-Identifier: Apache-2.0 */
/* Who is let in: the real client against an API server of two endpoints, and requests of every kind. */
#include <setjmp.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

#include "kubelet/server/auth.h"
#include "kubelet/server/auth_cache.h"
#include "lib/base/buf.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "selftests/harness/test_cert.h"

struct rig {
	struct kn_loop *loop;
	struct kn_http *http;
	struct kn_httpd *api, *front;
	struct kn_client *client;
	struct kn_kubeconfig kubeconfig;
	struct kn_auth *auth;
	struct kn_auth_check *check;
	struct kn_httpd_request *asking;
	struct test_cert ca, server, alice, stranger;
	char *api_url, *url;
	unsigned tokens, reviews;
	bool api_broken, api_silent;
	struct kn_buf last_review;
	int status;
	struct kn_buf body;
	bool done;
};

/* ---- the API server: token "good" is bob's; stats are bob's and alice's, the rest is nobody's ---- */

static bool body_has(struct kn_httpd_request *r, const char *text)
{
	size_t len;
	const void *body = kn_httpd_body(r, &len);

	return memmem(body, len, text, strlen(text)) != NULL;
}

static void on_api(void *user, struct kn_httpd_request *r)
{
	static const char bob[] =
		"{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\",\"metadata\":{},"
		"\"status\":{\"authenticated\":true,\"user\":{\"username\":\"bob\",\"uid\":\"7\","
		"\"groups\":[\"devs\"],\"extra\":{\"k\":[\"v\"]}}}}";
	static const char nobody[] = "{\"kind\":\"TokenReview\",\"apiVersion\":\"authentication.k8s.io/v1\","
				     "\"metadata\":{},\"status\":{\"error\":\"no\"}}";
	struct rig *g = user;
	char answer[256];
	const void *body;
	size_t len;

	if (g->api_silent)
		return;
	if (g->api_broken) {
		kn_httpd_answer(r, 500, "application/json", "{}", 2);
	} else if (strstr(kn_httpd_path(r), "tokenreviews")) {
		const char *text = body_has(r, "\"token\":\"good\"") ? bob : nobody;

		g->tokens++;
		kn_httpd_answer(r, 201, "application/json", text, strlen(text));
	} else {
		bool yes = body_has(r, "\"subresource\":\"stats\"") &&
			   (body_has(r, "\"user\":\"bob\"") || body_has(r, "\"user\":\"alice\""));

		g->reviews++;
		body = kn_httpd_body(r, &len);
		g->last_review.len = 0;
		kn_buf_add(&g->last_review, body, len);
		snprintf(answer, sizeof(answer),
			 "{\"kind\":\"SubjectAccessReview\",\"apiVersion\":\"authorization.k8s.io/v1\","
			 "\"metadata\":{},\"status\":{\"allowed\":%s}}",
			 yes ? "true" : "false");
		kn_httpd_answer(r, 201, "application/json", answer, strlen(answer));
	}
}

/* ---- the server that asks ---- */

static void on_auth(void *user, int status, const char *text)
{
	struct rig *g = user;
	struct kn_httpd_request *r = g->asking;

	g->check = NULL;
	g->asking = NULL;
	kn_httpd_on_closed(r, NULL, NULL);
	kn_httpd_answer_text(r, status, "%s", text);
}

static void on_closed(void *user)
{
	struct rig *g = user;

	kn_auth_cancel(g->check);
	g->check = NULL;
	g->asking = NULL;
}

static void on_front(void *user, struct kn_httpd_request *r)
{
	struct rig *g = user;
	struct kn_auth_check *c;

	g->asking = r;
	kn_httpd_on_closed(r, on_closed, g);
	c = kn_auth_start(g->auth, r, on_auth, g);
	if (c)
		g->check = c;
}

static void on_done(void *user, const struct kn_http_result *r)
{
	struct rig *g = user;

	g->done = true;
	g->status = r->status;
	g->body.len = 0;
	kn_buf_add(&g->body, r->body, r->len);
	kn_buf_add(&g->body, "", 0);
}

static void ask_as(struct rig *g, const char *path, const char *token, const struct test_cert *cert,
		   const char *name, int64_t timeout_ns)
{
	char *url kn_auto_free = kn_sprintf("%s%s", g->url, path);
	char *header kn_auto_free = kn_sprintf("Authorization: %s", token ? token : "");
	const char *headers[] = {header, NULL};
	struct kn_http_tls_config tc = {
		.ca_pem = g->ca.cert_pem,
		.server_name = "localhost",
		.cert_pem = cert ? cert->cert_pem : NULL,
		.key_pem = cert ? cert->key_pem : NULL,
	};
	struct kn_http_tls *tls = kn_http_tls_new(&tc);
	struct kn_http_request req = {.method = name ? name : "GET",
				      .url = url,
				      .tls = tls,
				      .headers = token ? headers : NULL,
				      .timeout_ns = timeout_ns,
				      .fresh = true};
	static const struct kn_http_ops ops = {.done = on_done};

	g->done = false;
	kn_http_start(g->http, &req, &ops, g);
	while (!g->done)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	kn_http_tls_unref(tls);
}

static void ask(struct rig *g, const char *path, const char *token, const struct test_cert *cert)
{
	ask_as(g, path, token, cert, NULL, 20 * KN_NSEC_PER_SEC);
}

static void configure(struct rig *g, const struct kn_auth_config *cfg)
{
	kn_auth_free(g->auth);
	g->auth = kn_auth_new(g->loop, g->client, cfg, NULL);
}

static int setup(void **state)
{
	static const char *const orgs[] = {"admins", NULL};
	struct rig *g = kn_calloc(1, sizeof(*g));
	struct kn_httpd_tls tls;
	struct kn_httpd_config plain = {.address = "127.0.0.1"};
	struct kn_httpd_config secure = {.address = "127.0.0.1", .tls = &tls};
	struct kn_client_config cc = {.kubeconfig = &g->kubeconfig, .json = true};

	signal(SIGPIPE, SIG_IGN);
	g->ca = test_cert_new("ca", NULL, NULL, false, 10);
	g->server = test_cert_new("localhost", NULL, &g->ca, false, 10);
	g->alice = test_cert_new("alice", orgs, &g->ca, true, 10);
	g->stranger = test_cert_new("alice", orgs, NULL, true, 10);
	tls = (struct kn_httpd_tls){g->server.cert_pem, g->server.key_pem, g->ca.cert_pem};
	assert_int_equal(kn_loop_new(&g->loop, NULL), 0);
	assert_int_equal(kn_http_new(&g->http, g->loop, "test", NULL), 0);
	assert_int_equal(kn_httpd_new(&g->api, g->loop, &plain, on_api, g, NULL, NULL), 0);
	assert_int_equal(kn_httpd_new(&g->front, g->loop, &secure, on_front, g, NULL, NULL), 0);
	g->api_url = kn_sprintf("http://127.0.0.1:%u", kn_httpd_port(g->api));
	g->url = kn_sprintf("https://127.0.0.1:%u", kn_httpd_port(g->front));
	g->kubeconfig = (struct kn_kubeconfig){.server = g->api_url, .ns = "default"};
	assert_int_equal(kn_client_new(&g->client, g->loop, g->http, &cc, NULL, NULL), 0);
	*state = g;
	return 0;
}

static int teardown(void **state)
{
	struct rig *g = *state;

	kn_httpd_free(g->front);
	kn_auth_free(g->auth);
	kn_client_free(g->client);
	kn_http_free(g->http);
	kn_httpd_free(g->api);
	kn_loop_free(g->loop);
	test_cert_free(&g->ca);
	test_cert_free(&g->server);
	test_cert_free(&g->alice);
	test_cert_free(&g->stranger);
	kn_buf_free(&g->body);
	kn_buf_free(&g->last_review);
	free(g->api_url);
	free(g->url);
	free(g);
	return 0;
}

static const struct kn_auth_config stock = {.x509 = true, .token_webhook = true, .node_name = "n1"};

static void test_nobody(void **state)
{
	struct rig *g = *state;

	configure(g, &stock);
	ask(g, "/stats/summary", NULL, NULL);
	assert_int_equal(g->status, 401);
	assert_string_equal(g->body.data, "Unauthorized");
	ask(g, "/stats/summary", "Basic Z29vZA==", NULL);
	assert_int_equal(g->status, 401);
	assert_int_equal(g->tokens + g->reviews, 0);
}

static void test_token(void **state)
{
	struct rig *g = *state;

	configure(g, &stock);
	ask(g, "/stats/summary", "Bearer good", NULL);
	assert_int_equal(g->status, 200);
	assert_non_null(strstr(g->last_review.data, "\"groups\":[\"devs\",\"system:authenticated\"]"));
	assert_non_null(strstr(g->last_review.data, "\"name\":\"n1\""));
	assert_non_null(strstr(g->last_review.data, "\"resource\":\"nodes\""));
	assert_non_null(strstr(g->last_review.data, "\"verb\":\"get\""));
	assert_non_null(strstr(g->last_review.data, "\"extra\":{\"k\":[\"v\"]}"));
	ask(g, "/stats/summary", "bearer good", NULL); /* both answers are known by now */
	assert_int_equal(g->status, 200);
	assert_int_equal(g->tokens, 1);
	assert_int_equal(g->reviews, 1);
	ask(g, "/stats/summary", "Bearer bad", NULL);
	assert_int_equal(g->status, 401);
	ask(g, "/stats/summary", "Bearer bad", NULL);
	assert_int_equal(g->tokens, 2);
}

static void test_forbidden(void **state)
{
	struct rig *g = *state;

	configure(g, &stock);
	ask(g, "/exec/n/p/c", "Bearer good", NULL);
	assert_int_equal(g->status, 403);
	assert_string_equal(g->body.data,
			    "Forbidden (user=bob, verb=get, resource=nodes, subresource(s)=[proxy])\n");
	assert_int_equal(g->reviews, 1);
	ask(g, "/pods", "Bearer good", NULL); /* pods, then the proxy that is known */
	assert_int_equal(g->status, 403);
	assert_string_equal(g->body.data,
			    "Forbidden (user=bob, verb=get, resource=nodes, subresource(s)=[pods proxy])\n");
	assert_int_equal(g->reviews, 2);
	/* another verb is another question */
	ask_as(g, "/exec/n/p/c", "Bearer good", NULL, "POST", 20 * KN_NSEC_PER_SEC);
	assert_string_equal(g->body.data,
			    "Forbidden (user=bob, verb=create, resource=nodes, subresource(s)=[proxy])\n");
	assert_int_equal(g->reviews, 3);
}

static void test_certificate(void **state)
{
	struct rig *g = *state;
	struct kn_auth_config no_x509 = stock;

	configure(g, &stock);
	ask(g, "/stats/summary", NULL, &g->alice);
	assert_int_equal(g->status, 200);
	assert_non_null(strstr(g->last_review.data, "\"groups\":[\"admins\",\"system:authenticated\"]"));
	ask(g, "/stats/summary", NULL, &g->stranger);
	assert_int_equal(g->status, 401);
	no_x509.x509 = false;
	configure(g, &no_x509);
	ask(g, "/stats/summary", NULL, &g->alice);
	assert_int_equal(g->status, 401);
}

static void test_anonymous(void **state)
{
	struct rig *g = *state;
	struct kn_auth_config cfg = stock;

	cfg.anonymous = true;
	configure(g, &cfg);
	ask(g, "/stats/summary", NULL, NULL);
	assert_int_equal(g->status, 403);
	assert_string_equal(
		g->body.data,
		"Forbidden (user=system:anonymous, verb=get, resource=nodes, subresource(s)=[stats])\n");
	assert_non_null(strstr(g->last_review.data, "\"groups\":[\"system:unauthenticated\"]"));
	/* a bad token or certificate is not made good by being nobody */
	ask(g, "/stats/summary", "Bearer bad", NULL);
	assert_int_equal(g->status, 401);
	ask(g, "/stats/summary", NULL, &g->stranger);
	assert_int_equal(g->status, 401);
	cfg.always_allow = true;
	configure(g, &cfg);
	ask(g, "/exec/n/p/c", NULL, NULL);
	assert_int_equal(g->status, 200);
}

static void test_api_server_away(void **state)
{
	struct rig *g = *state;
	struct kn_auth_config cfg = stock;

	configure(g, &cfg);
	g->api_broken = true;
	ask(g, "/stats/summary", "Bearer good", NULL);
	assert_int_equal(g->status, 401);
	ask(g, "/stats/summary", NULL, &g->alice);
	assert_int_equal(g->status, 500);
	assert_string_equal(g->body.data,
			    "Authorization error (user=alice, verb=get, resource=nodes, subresource=stats)");
	g->api_broken = false; /* and nothing of it was kept */
	ask(g, "/stats/summary", "Bearer good", NULL);
	assert_int_equal(g->status, 200);
	kn_auth_client(g->auth, NULL);
	ask(g, "/metrics", NULL, &g->alice);
	assert_int_equal(g->status, 403);
}

/* The client goes away while its user is looked up. */
static void test_client_leaves(void **state)
{
	struct rig *g = *state;

	configure(g, &stock);
	g->api_silent = true;
	ask_as(g, "/stats/summary", "Bearer good", NULL, NULL, 200 * KN_NSEC_PER_MSEC);
	assert_int_equal(g->status, 0);
	for (int i = 0; i < 100 && g->asking; i++)
		kn_loop_run_once(g->loop, 10 * KN_NSEC_PER_MSEC);
	assert_null(g->asking);
}

static void test_cache(void **state)
{
	struct kn_auth_cache *c = kn_auth_cache_new(free);
	char key[16];

	kn_auth_cache_put(c, "k", 1, kn_strdup("one"), 100, 50);
	assert_string_equal(kn_auth_cache_get(c, "k", 1, 99), "one");
	assert_null(kn_auth_cache_get(c, "k", 1, 100));
	assert_null(kn_auth_cache_get(c, "kk", 2, 50));
	kn_auth_cache_put(c, "k", 1, kn_strdup("two"), 200, 150);
	assert_string_equal(kn_auth_cache_get(c, "k", 1, 160), "two");
	for (int i = 0; i < KN_AUTH_CACHE_MAX * 2; i++) {
		snprintf(key, sizeof(key), "%d", i);
		kn_auth_cache_put(c, key, strlen(key), kn_strdup(key), 1000, 300);
	}
	assert_string_equal(kn_auth_cache_get(c, key, strlen(key), 300), key);
	assert_null(kn_auth_cache_get(c, "0", 1, 300)); /* it was bounded */
	kn_auth_cache_free(c);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_nobody),	       T(test_token),
		T(test_forbidden),     T(test_certificate),
		T(test_anonymous),     T(test_api_server_away),
		T(test_client_leaves), cmocka_unit_test(test_cache),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
