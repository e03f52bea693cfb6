/* SPDX-License-Identifier: Apache-2.0 */
/* Clients come in here: the listening socket, the limit of connections, and TLS before the library's part. */
#include <arpa/inet.h>
#include <errno.h>
#include <netinet/tcp.h>
#include <string.h>
#include <sys/epoll.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

#define BACKLOG 128
#define REST (100 * KN_NSEC_PER_MSEC)

static void conn_free(struct kn_httpd_conn *c)
{
	kn_list_del(&c->node);
	c->h->n_conns--;
	kn_tls_free(c->tls);
	free(c);
}

static void on_tls_ready(void *user, int plain_fd)
{
	kn_httpd_add(user, plain_fd);
}

static void on_tls_ended(void *user)
{
	struct kn_httpd_conn *c = user;

	c->tls = kn_tls_free(c->tls);
	if (c->fd < 0)
		conn_free(c); /* else the library will notice, and tell */
}

static const struct kn_tls_ops tls_ops = {.ready = on_tls_ready, .ended = on_tls_ended};

void kn_httpd_conn_closed(struct kn_httpd_conn *c)
{
	c->fd = -1;
	if (!c->tls)
		conn_free(c); /* else what is still on its way to the client goes first */
}

static void admit(struct kn_httpd *h, int fd, const struct sockaddr_storage *addr)
{
	struct kn_httpd_conn *c = kn_calloc(1, sizeof(*c));
	int one = 1;

	setsockopt(fd, IPPROTO_TCP, TCP_NODELAY, &one, sizeof(one));
	*c = (struct kn_httpd_conn){.h = h, .addr = *addr, .fd = -1};
	kn_list_append(&h->conns, &c->node);
	h->n_conns++;
	if (!h->cred) {
		kn_httpd_add(c, fd);
		return;
	}
	c->tls = kn_tls_new(h->loop, fd, h->cred, &tls_ops, c);
	if (!c->tls)
		conn_free(c);
}

static void on_accept(void *user, int listen_fd, uint32_t events)
{
	struct kn_httpd *h = user;
	struct sockaddr_storage addr;
	socklen_t len = sizeof(addr);
	int fd;

	memset(&addr, 0, sizeof(addr));
	fd = accept4(listen_fd, (struct sockaddr *)&addr, &len, SOCK_NONBLOCK | SOCK_CLOEXEC);
	if (fd >= 0 && h->n_conns < h->cfg.max_connections) {
		admit(h, fd, &addr);
	} else if (fd >= 0) {
		close(fd);
	} else if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
		kn_io_events(h->listen_io, 0);
		kn_timer_arm(h->listen_timer, REST);
	}
}

static void on_rested(void *user)
{
	struct kn_httpd *h = user;

	kn_io_events(h->listen_io, EPOLLIN);
}

static int parse_address(const char *text, uint16_t port, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6; /* [::] serves both families, as Go has it */
		v6->sin6_port = htons(port);
		*len = sizeof(*v6);
	} else {
		return -EINVAL;
	}
	return 0;
}

int kn_httpd_listen(struct kn_httpd *h, const char *address, uint16_t port, struct kn_err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = 0;
	int one = 1, fd;

	if (parse_address(address, port, &ss, &len))
		return kn_err_set(err, EINVAL, "listen address \"%s\" is not an IP address", address);
	fd = h->listen_fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, BACKLOG) < 0)
		return kn_err_errno(err, errno, "listen on %s port %u", address, port);
	h->listen_timer = kn_timer_new(h->loop, on_rested, h);
	h->listen_io = kn_io_new(h->loop, fd, EPOLLIN, on_accept, h, err);
	return h->listen_io ? 0 : kn_err_wrap(err, "listen on %s port %u", address, port);
}

uint16_t kn_httpd_port(const struct kn_httpd *h)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(h->listen_fd, (struct sockaddr *)&ss, &len) < 0)
		return 0;
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					      : ((struct sockaddr_in *)&ss)->sin_port);
}

void kn_httpd_accept_stop(struct kn_httpd *h)
{
	kn_list_for_each_safe (n, &h->conns)
		conn_free(kn_container_of(n, struct kn_httpd_conn, node));
	kn_io_free(h->listen_io);
	kn_timer_free(h->listen_timer);
	if (h->listen_fd >= 0)
		close(h->listen_fd);
}
