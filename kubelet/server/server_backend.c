/* SPDX-License-Identifier: Apache-2.0 */
/* A client's upgrade, replayed to the runtime's streaming server; once that has said 101, so do we, and bytes
 * go both ways untouched (apimachinery/pkg/util/proxy UpgradeAwareHandler). */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "kubelet/server/server_priv.h"
#include "kubelet/server/server_upgrade.h"
#include "lib/base/mem.h"
#include "lib/httpd/tunnel.h"

#define HEAD_MAX (32u * 1024)
#define ANSWER_TIMEOUT (30 * KN_NSEC_PER_SEC)
/* After one side's end the other may still have something to say. */
#define LINGER (10 * KN_NSEC_PER_SEC)

struct backend {
	struct kn_server *s;
	struct kn_httpd_request *r;
	int fd;
	struct kn_io *io;
	struct kn_timer *timer;
	struct kn_buf ask; /* what is still to be sent begins at sent */
	size_t sent;
	struct kn_buf got; /* the head, and what came with it */
	size_t head_len;
	int status;
	size_t body_len; /* of an answer that isn't 101; SIZE_MAX: until the end */
	struct kn_tunnel *tunnel;
};

static void backend_free(void *user)
{
	struct backend *b = user;

	kn_tunnel_free(b->tunnel);
	kn_io_free(b->io);
	kn_timer_free(b->timer);
	if (b->fd >= 0)
		close(b->fd);
	kn_buf_free(&b->ask);
	kn_buf_free(&b->got);
	free(b);
}

static void stop(struct backend *b)
{
	b->io = kn_io_free(b->io);
	kn_timer_disarm(b->timer);
}

static void fail(struct backend *b, const char *what, int code)
{
	stop(b);
	kn_httpd_answer_text(b->r, 500, "error dialing backend: %s: %s\n", what, strerror(code));
}

/* ---- 101 ---- */

static void on_tunnel_done(void *user)
{
	struct backend *b = user;

	kn_httpd_upgrade_close(b->r); /* b goes with the request */
}

static void on_up(void *user, int fd, const void *early, size_t len)
{
	struct backend *b = user;
	struct kn_err err = KN_ERR_INIT;

	b->tunnel = kn_tunnel_new(b->s->d.loop, fd, b->fd, LINGER, on_tunnel_done, b, &err);
	if (!b->tunnel || kn_tunnel_preload(b->tunnel, b->fd, early, len) ||
	    kn_tunnel_preload(b->tunnel, fd, b->got.data + b->head_len, b->got.len - b->head_len)) {
		b->tunnel = kn_tunnel_free(b->tunnel);
		kn_httpd_upgrade_close(b->r);
	}
}

/* ---- the runtime's answer ---- */

static void on_header(void *user, const char *name, const char *value)
{
	struct backend *b = user;

	if (kn_upgrade_returns(name))
		kn_httpd_set_header(b->r, name, value);
	if (!strcasecmp(name, "Content-Length"))
		b->body_len = strtoul(value, NULL, 10);
}

static void parse_head(struct backend *b)
{
	char *head kn_auto_free = kn_calloc(1, b->head_len + 1);

	memcpy(head, b->got.data, b->head_len);
	b->body_len = SIZE_MAX;
	b->status = kn_http_head_parse(head, on_header, b);
	if (b->status < 0) {
		fail(b, "the runtime's answer", EPROTO);
	} else if (b->status == 101) {
		stop(b);
		kn_httpd_upgrade(b->r, on_up, b);
	}
}

static void refused(struct backend *b)
{
	size_t len = b->got.len - b->head_len;

	stop(b);
	kn_httpd_answer(b->r, b->status, "text/plain; charset=utf-8", b->got.data + b->head_len,
			len < b->body_len ? len : b->body_len);
}

static void on_readable(struct backend *b)
{
	char buf[8192];
	ssize_t n = recv(b->fd, buf, sizeof(buf), MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0 && !b->head_len) {
		fail(b, "the runtime's answer", n ? errno : ECONNRESET);
		return;
	}
	if (n > 0)
		kn_buf_add(&b->got, buf, (size_t)n);
	if (!b->head_len) {
		b->head_len = kn_http_head_end(b->got.data, b->got.len);
		if (b->head_len)
			parse_head(b);
		else if (b->got.len > HEAD_MAX)
			fail(b, "the runtime's answer", EMSGSIZE);
	}
	if (b->io && b->head_len &&
	    (n <= 0 || b->got.len - b->head_len >= b->body_len || b->got.len > 2 * HEAD_MAX))
		refused(b);
}

static void on_writable(struct backend *b)
{
	int code = 0;
	socklen_t len = sizeof(code);
	ssize_t n;

	if (!b->sent && (getsockopt(b->fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0 || code)) {
		fail(b, "connect", code ? code : errno);
		return;
	}
	n = send(b->fd, b->ask.data + b->sent, b->ask.len - b->sent, MSG_DONTWAIT | MSG_NOSIGNAL);
	if (n < 0 && errno != EAGAIN && errno != EINTR)
		fail(b, "send", errno);
	if (n > 0)
		b->sent += (size_t)n;
	if (b->io && b->sent == b->ask.len)
		kn_io_events(b->io, EPOLLIN);
}

static void on_event(void *user, int fd, uint32_t events)
{
	struct backend *b = user;

	if (b->sent < b->ask.len)
		on_writable(b);
	else
		on_readable(b);
}

static void on_timeout(void *user)
{
	fail(user, "the runtime's answer", ETIMEDOUT);
}

/* ---- the beginning ---- */

static void forward_header(void *user, const char *name, const char *value)
{
	struct backend *b = user;

	if (kn_upgrade_forwards(name))
		kn_buf_addf(&b->ask, "%s: %s\r\n", name, value);
}

static void write_request(struct backend *b, const struct kn_stream_url *u)
{
	bool v6 = strchr(u->host, ':');

	kn_buf_addf(&b->ask, "%s %s HTTP/1.1\r\nHost: %s%s%s:%u\r\nConnection: Upgrade\r\n",
		    kn_httpd_method(b->r), u->path, v6 ? "[" : "", u->host, v6 ? "]" : "", u->port);
	kn_httpd_each_header(b->r, forward_header, b);
	if (strcmp(kn_httpd_method(b->r), "GET") != 0)
		kn_buf_adds(&b->ask, "Content-Length: 0\r\n");
	kn_buf_adds(&b->ask, "\r\n");
}

static int dial(const struct kn_stream_url *u)
{
	struct sockaddr_in v4 = {.sin_family = AF_INET, .sin_port = htons(u->port)};
	struct sockaddr_in6 v6 = {.sin6_family = AF_INET6, .sin6_port = htons(u->port)};
	bool is4 = inet_pton(AF_INET, u->host, &v4.sin_addr) == 1;
	kn_auto_close int fd = -1;
	int one = 1, r;

	if (!is4)
		inet_pton(AF_INET6, u->host, &v6.sin6_addr);
	fd = socket(is4 ? AF_INET : AF_INET6, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0)
		return -errno;
	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	r = is4 ? connect(fd, (struct sockaddr *)&v4, sizeof(v4))
		: connect(fd, (struct sockaddr *)&v6, sizeof(v6));
	if (r < 0 && errno != EINPROGRESS)
		return -errno;
	return kn_steal_fd(&fd);
}

void kn_server_proxy(struct kn_server *s, struct kn_httpd_request *r, const char *url)
{
	struct kn_stream_url u;
	struct kn_err err = KN_ERR_INIT;
	struct backend *b;

	if (!kn_httpd_header(r, "Upgrade")) {
		kn_httpd_answer_text(r, 400, "Upgrade request required\n");
		return;
	}
	if (kn_stream_url_parse(url, &u, &err)) {
		kn_httpd_answer_text(r, 500, "%s\n", err.msg);
		return;
	}
	b = kn_calloc(1, sizeof(*b));
	*b = (struct backend){.s = s, .r = r, .fd = dial(&u)};
	b->timer = kn_timer_new(s->d.loop, on_timeout, b);
	kn_httpd_on_closed(r, backend_free, b);
	write_request(b, &u);
	if (b->fd < 0) {
		fail(b, "connect", -b->fd);
		return;
	}
	kn_timer_arm(b->timer, ANSWER_TIMEOUT);
	b->io = kn_io_new(s->d.loop, b->fd, EPOLLIN | EPOLLOUT, on_event, b, &err);
	if (!b->io)
		fail(b, "connect", err.code);
}
