// SPDX-License-Identifier: Apache-2.0
/* tcpSocket: a connection can be made (pkg/probe/tcp/tcp.go). */
#include "kubelet/probe/probe_run.h"

#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>
#include "kubelet/worker/http_action.h"
#include "lib/base/arena.h"
#include "lib/base/mem.h"

/* A name is looked up on the pool; this outlives the attempt, if need be. */
struct lookup {
	struct kn_tcp_try *t; /* NULL: nobody waits any more */
	char *host;
	struct sockaddr_storage addr;
	socklen_t len; /* 0: not found */
	char error[96];
};

struct kn_tcp_try {
	struct kn_attempt *a;
	const char *address; /* of the attempt's arena */
	int port, fd;
	struct kn_io *io;
	struct kn_timer *timer;
	struct lookup *lookup;
};

void kn_tcp_try_free(struct kn_tcp_try *t)
{
	if (!t)
		return;
	if (t->lookup)
		t->lookup->t = NULL;
	kn_io_free(t->io);
	kn_timer_free(t->timer);
	if (t->fd >= 0)
		close(t->fd);
	free(t);
}

static void end(struct kn_tcp_try *t, const char *what, bool soon)
{
	const char *text = what ? kn_arena_printf(t->a->arena, "dial tcp %s: %s", t->address, what) : "";

	(soon ? kn_attempt_end_soon : kn_attempt_end)(t->a, what ? KN_ATTEMPT_BAD : KN_ATTEMPT_GOOD, text);
}

static const char *reason(struct kn_tcp_try *t, int code)
{
	char *s = kn_arena_printf(t->a->arena, "connect: %s", strerror(code));

	if (s[9] >= 'A' && s[9] <= 'Z')
		s[9] += 'a' - 'A'; /* as Go spells errors */
	return s;
}

static void on_io(void *user, int fd, uint32_t events)
{
	struct kn_tcp_try *t = user;
	socklen_t len = sizeof(int);
	int code = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &len) < 0)
		code = errno;
	end(t, code ? reason(t, code) : NULL, false);
}

static void on_timeout(void *user)
{
	end(user, "i/o timeout", false);
}

static void start_connect(struct kn_tcp_try *t, const struct sockaddr_storage *addr, socklen_t len)
{
	/* One second instead of a minute in TIME_WAIT, as upstream's probe dialer. */
	struct linger linger = {.l_onoff = 1, .l_linger = 1};

	t->fd = socket(addr->ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (t->fd < 0) {
		end(t, reason(t, errno), true);
		return;
	}
	setsockopt(t->fd, SOL_SOCKET, SO_LINGER, &linger, sizeof(linger));
	if (connect(t->fd, (const struct sockaddr *)addr, len) < 0 && errno != EINPROGRESS) {
		end(t, reason(t, errno), true);
		return;
	}
	t->io = kn_io_new(t->a->what.loop, t->fd, EPOLLOUT, on_io, t, NULL);
	if (!t->io)
		end(t, "no descriptor to be had", true);
}

static socklen_t parse_address(const char *host, int port, struct sockaddr_storage *out)
{
	struct sockaddr_in *v4 = (void *)out;
	struct sockaddr_in6 *v6 = (void *)out;

	memset(out, 0, sizeof(*out));
	if (inet_pton(AF_INET, host, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		return sizeof(*v4);
	}
	if (inet_pton(AF_INET6, host, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		return sizeof(*v6);
	}
	return 0;
}

static void work_lookup(void *user)
{
	struct addrinfo hints = {.ai_socktype = SOCK_STREAM}, *list = NULL;
	struct lookup *l = user;
	int r = getaddrinfo(l->host, NULL, &hints, &list);

	if (!r && list) {
		memcpy(&l->addr, list->ai_addr, list->ai_addrlen);
		l->len = list->ai_addrlen;
		freeaddrinfo(list);
	} else {
		snprintf(l->error, sizeof(l->error), "lookup: %s", gai_strerror(r));
	}
}

static void done_lookup(void *user)
{
	struct lookup *l = user;
	struct kn_tcp_try *t = l->t;

	if (t) {
		t->lookup = NULL;
		if (!l->len)
			end(t, l->error, true);
		else if (l->addr.ss_family == AF_INET6)
			((struct sockaddr_in6 *)&l->addr)->sin6_port = htons(t->port);
		else
			((struct sockaddr_in *)&l->addr)->sin_port = htons(t->port);
		if (l->len)
			start_connect(t, &l->addr, l->len);
	}
	free(l->host);
	free(l);
}

void kn_tcp_try_start(struct kn_attempt *a, const char *host, int port)
{
	struct kn_tcp_try *t = kn_calloc(1, sizeof(*t));
	struct sockaddr_storage addr;
	socklen_t len = parse_address(host, port, &addr);

	t->a = a;
	t->fd = -1;
	t->port = port;
	t->address = kn_action_address(a->arena, host, port);
	a->tcp = t;
	t->timer = kn_timer_new(a->what.loop, on_timeout, t);
	if (!*host) {
		end(t, "the pod has no address", true);
		return;
	}
	kn_timer_arm(t->timer, a->timeout_ns);
	if (len) {
		start_connect(t, &addr, len);
		return;
	}
	t->lookup = kn_calloc(1, sizeof(*t->lookup));
	t->lookup->t = t;
	t->lookup->host = kn_strdup(host);
	kn_pool_submit(a->what.pool, work_lookup, done_lookup, t->lookup);
}
