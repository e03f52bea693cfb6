/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <netinet/in.h>
#include <netinet/tcp.h>
#include <string.h>
#include <strings.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/http/internal.h"

/*
 * A dead peer is noticed within 45 s, as client-go notices it by HTTP/2 pings (ReadIdleTimeout 30 s,
 * PingTimeout 15 s): keepalive probes begin after 30 s of silence, and whatever has not been acknowledged
 * for 45 s, a probe or a request, ends the connection. libcurl's multi interface sends no pings.
 */
#define KEEPALIVE_IDLE_S 30
#define KEEPALIVE_INTERVAL_S 5
#define UNACKED_MS 45000
#define CONNECT_MS 30000L /* net.Dialer's timeout in client-go */

static curl_socket_t open_socket(void *user, curlsocktype purpose, struct curl_sockaddr *a)
{
	int idle = KEEPALIVE_IDLE_S, interval = KEEPALIVE_INTERVAL_S, one = 1;
	unsigned unacked = UNACKED_MS;
	int fd = socket(a->family, a->socktype | SOCK_CLOEXEC | SOCK_NONBLOCK, a->protocol);

	if (fd < 0)
		return CURL_SOCKET_BAD;
	if (a->family != AF_UNIX) {
		setsockopt(fd, SOL_SOCKET, SO_KEEPALIVE, &one, sizeof(one));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPIDLE, &idle, sizeof(idle));
		setsockopt(fd, IPPROTO_TCP, TCP_KEEPINTVL, &interval, sizeof(interval));
		setsockopt(fd, IPPROTO_TCP, TCP_USER_TIMEOUT, &unacked, sizeof(unacked));
	}
	return fd;
}

static size_t on_header(char *data, size_t size, size_t n, void *user)
{
	struct kn_http_call *c = user;

	kn_http_call_heard(c);
	kn_http_pool_learn(c->pool, c);
	return size * n;
}

static size_t on_body(char *data, size_t size, size_t n, void *user)
{
	struct kn_http_call *c = user;
	size_t len = size * n, room;
	long status = 0;

	if (c->cancelled)
		return 0; /* ends the transfer */
	kn_http_call_heard(c);
	curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
	if (c->ops.data && status < 300) {
		c->ops.data(c->user, (const uint8_t *)data, len);
		return c->cancelled ? 0 : len;
	}
	room = c->max_body - c->body.len;
	if (len <= room) {
		kn_buf_add(&c->body, data, len);
		return len;
	}
	if (c->truncate) {
		kn_buf_add(&c->body, data, room);
		c->truncated = true;
	} else {
		kn_err_set(&c->err, EMSGSIZE, "an answer of more than %zu bytes", c->max_body);
	}
	return 0;
}

static int add_header(struct kn_http_call *c, const char *line)
{
	struct curl_slist *l;

	/* A header made of somebody's input must not become two. */
	if (strpbrk(line, "\r\n") || !strpbrk(line, ":;"))
		return kn_err_set(&c->err, EINVAL, "not a header line");
	l = curl_slist_append(c->headers, line);
	if (!l)
		abort(); /* memory */
	c->headers = l;
	return 0;
}

static int set_headers(struct kn_http_call *c, const struct kn_http_request *req)
{
	bool typed = false;
	int r = 0;

	for (size_t i = 0; req->headers && req->headers[i] && r == 0; i++) {
		typed |= strncasecmp(req->headers[i], "Content-Type:", 13) == 0;
		r = add_header(c, req->headers[i]);
	}
	/* libcurl would wait a second for "100 Continue", and call every body a form. */
	if (r == 0)
		r = add_header(c, "Expect:");
	if (r == 0 && !typed)
		r = add_header(c, "Content-Type:");
	return r;
}

static void set_method(struct kn_http_call *c, const struct kn_http_request *req)
{
	const char *method = req->method ? req->method : "GET";

	c->head = strcmp(method, "HEAD") == 0;
	if (c->head) {
		curl_easy_setopt(c->easy, CURLOPT_NOBODY, 1L);
		return;
	}
	if (req->body_len || strcmp(method, "POST") == 0 || strcmp(method, "PUT") == 0) {
		curl_easy_setopt(c->easy, CURLOPT_POSTFIELDSIZE_LARGE, (curl_off_t)req->body_len);
		curl_easy_setopt(c->easy, CURLOPT_COPYPOSTFIELDS, req->body_len ? req->body : "");
	}
	curl_easy_setopt(c->easy, CURLOPT_CUSTOMREQUEST, method);
}

/* The name that is checked is the URL's in libcurl: so the URL gets server_name, the connection goes to the
 * URL's host, and the Host header says what the caller wrote. */
static int set_server_name(struct kn_http_call *c, const char *url, const char *name)
{
	CURLU *u = curl_url();
	char *host = NULL, *port = NULL, *given = NULL;
	int r = -EINVAL;

	if (u && !curl_url_set(u, CURLUPART_URL, url, 0) && !curl_url_get(u, CURLUPART_HOST, &host, 0)) {
		kn_auto_free char *to = NULL, *line = NULL;
		char *full = NULL;

		if (!curl_url_get(u, CURLUPART_PORT, &given, 0))
			line = kn_sprintf("Host: %s:%s", host, given);
		else
			line = kn_sprintf("Host: %s", host);
		curl_url_get(u, CURLUPART_PORT, &port, CURLU_DEFAULT_PORT);
		to = kn_sprintf("::%s:%s", host, port ? port : "443");
		if (!curl_url_set(u, CURLUPART_HOST, name, 0) && !curl_url_get(u, CURLUPART_URL, &full, 0)) {
			curl_easy_setopt(c->easy, CURLOPT_URL, full);
			if (!c->connect_to)
				c->connect_to = curl_slist_append(NULL, to);
			r = add_header(c, line);
		}
		curl_free(full);
	}
	if (r < 0 && !c->err.code)
		kn_err_set(&c->err, EINVAL, "malformed URL or server name");
	curl_free(host);
	curl_free(port);
	curl_free(given);
	curl_url_cleanup(u);
	return r;
}

static int set_tls(struct kn_http_call *c, const struct kn_http_request *req)
{
	const struct kn_http_tls *t = req->tls;
	long check = t && !t->insecure;

	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYPEER, check);
	curl_easy_setopt(c->easy, CURLOPT_SSL_VERIFYHOST, check ? 2L : 0L);
	curl_easy_setopt(c->easy, CURLOPT_SSLVERSION, (long)CURL_SSLVERSION_TLSv1_2);
	curl_easy_setopt(c->easy, CURLOPT_SSL_SESSIONID_CACHE, 0L);
	if (!t)
		return 0;
	if (t->ca_fd >= 0) {
		curl_easy_setopt(c->easy, CURLOPT_CAINFO, t->ca_path);
		curl_easy_setopt(c->easy, CURLOPT_CAPATH, NULL);
	}
	if (t->cert_fd >= 0) {
		curl_easy_setopt(c->easy, CURLOPT_SSLCERT, t->cert_path);
		if (t->key_fd >= 0)
			curl_easy_setopt(c->easy, CURLOPT_SSLKEY, t->key_path);
	}
	return t->server_name ? set_server_name(c, req->url, t->server_name) : 0;
}

static void set_route(struct kn_http_call *c, const struct kn_http_request *req)
{
	if (req->connect_to) {
		bool v6 = strchr(req->connect_to, ':') != NULL;
		kn_auto_free char *to = kn_sprintf(v6 ? "::[%s]:" : "::%s:", req->connect_to);

		c->connect_to = curl_slist_append(NULL, to);
	}
	if (req->unix_socket)
		curl_easy_setopt(c->easy, CURLOPT_UNIX_SOCKET_PATH, req->unix_socket);
	/* Probes and sockets are near; only far servers may be behind a proxy of the environment's. */
	if (req->connect_to || req->unix_socket || req->fresh)
		curl_easy_setopt(c->easy, CURLOPT_NOPROXY, "*");
	if (req->fresh) {
		curl_easy_setopt(c->easy, CURLOPT_FRESH_CONNECT, 1L);
		curl_easy_setopt(c->easy, CURLOPT_FORBID_REUSE, 1L);
	}
}

static void set_common(struct kn_http_call *c)
{
	CURL *e = c->easy;

	curl_easy_setopt(e, CURLOPT_PRIVATE, c);
	curl_easy_setopt(e, CURLOPT_ERRORBUFFER, c->curl_err);
	curl_easy_setopt(e, CURLOPT_NOSIGNAL, 1L);
	curl_easy_setopt(e, CURLOPT_PROTOCOLS_STR, "http,https");
	curl_easy_setopt(e, CURLOPT_HTTP_VERSION, (long)CURL_HTTP_VERSION_2TLS);
	/* A call waits for the first connection to say whether it can share it, instead of opening another.
	 */
	curl_easy_setopt(e, CURLOPT_PIPEWAIT, 1L);
	curl_easy_setopt(e, CURLOPT_CONNECTTIMEOUT_MS, CONNECT_MS);
	curl_easy_setopt(e, CURLOPT_OPENSOCKETFUNCTION, open_socket);
	curl_easy_setopt(e, CURLOPT_HEADERFUNCTION, on_header);
	curl_easy_setopt(e, CURLOPT_HEADERDATA, c);
	curl_easy_setopt(e, CURLOPT_WRITEFUNCTION, on_body);
	curl_easy_setopt(e, CURLOPT_WRITEDATA, c);
	if (c->pool->http->user_agent)
		curl_easy_setopt(e, CURLOPT_USERAGENT, c->pool->http->user_agent);
}

int kn_http_easy_setup(struct kn_http_call *c, const struct kn_http_request *req)
{
	int r;

	c->easy = curl_easy_init();
	if (!c->easy)
		abort(); /* memory */
	set_common(c);
	curl_easy_setopt(c->easy, CURLOPT_URL, req->url);
	set_method(c, req);
	set_route(c, req);
	r = set_headers(c, req);
	if (r == 0)
		r = set_tls(c, req);
	curl_easy_setopt(c->easy, CURLOPT_HTTPHEADER, c->headers);
	if (c->connect_to)
		curl_easy_setopt(c->easy, CURLOPT_CONNECT_TO, c->connect_to);
	return r;
}

void kn_http_easy_free(struct kn_http_call *c)
{
	curl_easy_cleanup(c->easy);
	curl_slist_free_all(c->headers);
	curl_slist_free_all(c->connect_to);
}
