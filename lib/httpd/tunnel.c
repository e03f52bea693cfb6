/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/httpd/tunnel.h"

struct pipe_half { /* from one side to the other */
	char buf[KN_TUNNEL_BUFFER];
	size_t at, len; /* what waits lies at buf[at..len) */
	bool eof;	/* nothing more comes */
	bool passed;	/* and the receiver was told */
};

struct side {
	struct kn_tunnel *t;
	int fd;
	struct kn_io *io;
	uint32_t events;
	struct pipe_half in; /* read from this side, for the other one */
};

struct kn_tunnel {
	struct side side[2];
	struct kn_timer *timer;
	int64_t linger_ns;
	bool over, lingering;
	void (*done)(void *user);
	void *user;
};

static struct side *other(struct side *s)
{
	return s == &s->t->side[0] ? &s->t->side[1] : &s->t->side[0];
}

static void finish(struct kn_tunnel *t)
{
	if (t->over)
		return;
	t->over = true;
	for (int i = 0; i < 2; i++)
		t->side[i].io = kn_io_free(t->side[i].io);
	kn_timer_arm(t->timer, 0); /* not inside our caller's frames */
}

static bool broken(int e)
{
	return e != EAGAIN && e != EINTR;
}

static void pull(struct side *s)
{
	struct pipe_half *p = &s->in;
	ssize_t n;

	if (p->eof || p->len == sizeof(p->buf))
		return;
	n = recv(s->fd, p->buf + p->len, sizeof(p->buf) - p->len, MSG_DONTWAIT);
	if (n > 0)
		p->len += (size_t)n;
	else if (n == 0 || broken(errno))
		p->eof = true;
}

/* What was read from s goes to the other side. */
static void push(struct side *s)
{
	struct pipe_half *p = &s->in;
	struct side *to = other(s);

	while (p->at < p->len) {
		ssize_t n = send(to->fd, p->buf + p->at, p->len - p->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && broken(errno)) {
			finish(s->t); /* nobody reads any more */
			return;
		}
		if (n < 0)
			break;
		p->at += (size_t)n;
	}
	if (p->at == p->len) {
		p->at = p->len = 0;
	} else if (p->at > sizeof(p->buf) / 2) {
		memmove(p->buf, p->buf + p->at, p->len - p->at);
		p->len -= p->at;
		p->at = 0;
	}
	if (p->eof && !p->len && !p->passed) {
		p->passed = true;
		shutdown(to->fd, SHUT_WR);
	}
}

static void rearm(struct kn_tunnel *t)
{
	unsigned ended = 0;

	if (t->over)
		return;
	for (int i = 0; i < 2; i++) {
		struct side *s = &t->side[i];
		uint32_t ev = 0;

		if (!s->in.eof && s->in.len < sizeof(s->in.buf))
			ev |= EPOLLIN;
		if (other(s)->in.len)
			ev |= EPOLLOUT;
		/* With nothing to wait for, a hung-up socket would still wake us, again and again: once. */
		ev = ev ? ev : EPOLLET;
		if (ev != s->events)
			kn_io_events(s->io, ev);
		s->events = ev;
		ended += s->in.passed;
	}
	if (ended == 2) {
		finish(t);
	} else if (ended && !t->lingering) {
		t->lingering = true;
		kn_timer_arm(t->timer, t->linger_ns);
	}
}

static void on_event(void *user, int fd, uint32_t events)
{
	struct side *s = user;
	struct kn_tunnel *t = s->t;

	if (t->over)
		return;
	if (events & (EPOLLIN | EPOLLHUP | EPOLLERR))
		pull(s);
	push(s);
	if (!t->over)
		push(other(s));
	rearm(t);
}

static void on_timer(void *user)
{
	struct kn_tunnel *t = user;

	t->over = true;
	t->done(t->user); /* may free t */
}

struct kn_tunnel *kn_tunnel_new(struct kn_loop *loop, int a, int b, int64_t linger_ns,
				void (*done)(void *user), void *user, struct kn_err *err)
{
	struct kn_tunnel *t = kn_calloc(1, sizeof(*t));

	t->linger_ns = linger_ns;
	t->done = done;
	t->user = user;
	t->timer = kn_timer_new(loop, on_timer, t);
	for (int i = 0; i < 2; i++) {
		t->side[i].t = t;
		t->side[i].fd = i ? b : a;
		t->side[i].io =
			kn_io_new(loop, t->side[i].fd, EPOLLIN | EPOLLOUT, on_event, &t->side[i], err);
		if (!t->side[i].io)
			return kn_tunnel_free(t);
	}
	return t;
}

int kn_tunnel_preload(struct kn_tunnel *t, int fd, const void *data, size_t len)
{
	struct pipe_half *p = &(fd == t->side[0].fd ? &t->side[1] : &t->side[0])->in;

	if (len > sizeof(p->buf) - p->len)
		return -EMSGSIZE;
	memcpy(p->buf + p->len, data, len);
	p->len += len;
	return 0;
}

struct kn_tunnel *kn_tunnel_free(struct kn_tunnel *t)
{
	if (!t)
		return NULL;
	kn_io_free(t->side[0].io);
	kn_io_free(t->side[1].io);
	kn_timer_free(t->timer);
	free(t);
	return NULL;
}
