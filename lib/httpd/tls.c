/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/httpd/tls_internal.h"

/* A TLS record's plain text at most, and a buffer of two. */
#define BUFFER (32u * 1024)
#define ROUNDS 16 /* of a connection, then others have their turn */
#define LINGER (5 * KN_NSEC_PER_SEC)

struct half {
	char *buf; /* allocated while in use */
	size_t at, len;
	bool eof;    /* nothing more comes */
	bool passed; /* and the receiver was told */
};

struct watch {
	struct kn_io *io;
	uint32_t events;
};

struct kn_tls {
	struct kn_loop *loop;
	struct kn_tls_cred *cred;
	const struct kn_tls_ops *ops;
	void *user;
	gnutls_session_t session;
	int fd, plain; /* the client's, and our end of the pair */
	struct watch client, inner;
	struct kn_timer *timer;	  /* of the handshake, then of the end */
	struct half in, out;	  /* from and to the client */
	bool shaken, over, stuck; /* stuck: GnuTLS holds a record that it could not send whole */
};

static void finish(struct kn_tls *t)
{
	if (t->over)
		return;
	t->over = true;
	t->client.io = kn_io_free(t->client.io);
	t->inner.io = kn_io_free(t->inner.io);
	kn_timer_arm(t->timer, 0); /* not inside our caller's frames */
}

static void on_timer(void *user)
{
	struct kn_tls *t = user;

	t->over = true;
	if (t->fd >= 0)
		close(t->fd);
	t->fd = -1;
	t->ops->ended(t->user);
}

static bool again(ssize_t r)
{
	return r == GNUTLS_E_AGAIN || r == GNUTLS_E_INTERRUPTED;
}

/* ---- the two directions; true: something was moved ---- */

static bool pull_client(struct kn_tls *t)
{
	struct half *h = &t->in;
	ssize_t n;

	if (h->eof || h->len == BUFFER)
		return false;
	n = gnutls_record_recv(t->session, h->buf + h->len, BUFFER - h->len);
	if (n > 0)
		h->len += (size_t)n;
	else if (!again(n) && n != GNUTLS_E_REHANDSHAKE)
		h->eof = true;
	return n > 0 || h->eof;
}

static bool push_inner(struct kn_tls *t)
{
	struct half *h = &t->in;
	size_t before = h->at;

	while (h->at < h->len) {
		ssize_t n = send(t->plain, h->buf + h->at, h->len - h->at, MSG_DONTWAIT | MSG_NOSIGNAL);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno != EAGAIN)
			h->at = h->len; /* the server has closed: nobody reads this */
		if (n < 0)
			break;
		h->at += (size_t)n;
	}
	before = h->at - before;
	if (h->at == h->len)
		h->at = h->len = 0;
	if (h->eof && !h->len && !h->passed) {
		h->passed = true;
		shutdown(t->plain, SHUT_WR);
	}
	return before > 0;
}

static bool pull_inner(struct kn_tls *t)
{
	struct half *h = &t->out;
	ssize_t n;

	if (h->eof || h->len == BUFFER)
		return false;
	n = recv(t->plain, h->buf + h->len, BUFFER - h->len, MSG_DONTWAIT);
	if (n > 0)
		h->len += (size_t)n;
	else if (n == 0 || (errno != EAGAIN && errno != EINTR))
		h->eof = true;
	return n > 0 || h->eof;
}

static bool push_client(struct kn_tls *t)
{
	struct half *h = &t->out;
	bool moved = false;

	while (h->at < h->len) {
		ssize_t n = t->stuck ? gnutls_record_send(t->session, NULL, 0)
				     : gnutls_record_send(t->session, h->buf + h->at, h->len - h->at);

		t->stuck = again(n);
		if (t->stuck)
			return moved;
		if (n < 0) {
			finish(t);
			return false;
		}
		h->at += (size_t)n;
		moved = true;
	}
	h->at = h->len = 0;
	if (h->eof && !h->passed) {
		h->passed = true;
		gnutls_bye(t->session, GNUTLS_SHUT_WR);
		shutdown(t->fd, SHUT_WR);
		kn_timer_arm(t->timer, LINGER);
	}
	return moved;
}

/* ---- events ---- */

/* With nothing to wait for, a hung-up socket would wake us again and again: edge-triggered, once. */
static void watch(struct watch *w, uint32_t events)
{
	events = events ? events : EPOLLET;
	if (events != w->events)
		kn_io_events(w->io, events);
	w->events = events;
}

static void rearm(struct kn_tls *t)
{
	if (t->over)
		return;
	/* Both sides have closed, or the server has and the client's rest interests nobody. */
	if (t->out.passed && t->in.eof) {
		finish(t);
		return;
	}
	watch(&t->client, (!t->in.eof && t->in.len < BUFFER ? EPOLLIN : 0) | (t->out.len ? EPOLLOUT : 0));
	watch(&t->inner, (!t->out.eof && t->out.len < BUFFER ? EPOLLIN : 0) | (t->in.len ? EPOLLOUT : 0));
}

static void pump(struct kn_tls *t)
{
	bool moved = true;

	for (int i = 0; moved && i < ROUNDS && !t->over; i++) {
		moved = pull_client(t);
		moved |= push_inner(t);
		moved |= pull_inner(t);
		moved |= push_client(t);
	}
	/* Out of turn with records in GnuTLS's own buffer, of which epoll knows nothing. */
	if (moved && !t->over && !t->out.passed && gnutls_record_check_pending(t->session))
		kn_timer_arm(t->timer, 0);
	rearm(t);
}

static void on_turn(void *user)
{
	struct kn_tls *t = user;

	if (t->over || !t->shaken || t->out.passed)
		on_timer(t);
	else
		pump(t);
}

static void on_inner(void *user, int fd, uint32_t events)
{
	pump(user);
}

static void shaken(struct kn_tls *t)
{
	int pair[2];

	kn_timer_disarm(t->timer);
	if (socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0, pair) < 0) {
		finish(t);
		return;
	}
	t->shaken = true;
	t->plain = pair[0];
	t->in.buf = kn_calloc(1, BUFFER);
	t->out.buf = kn_calloc(1, BUFFER);
	t->inner.io = kn_io_new(t->loop, t->plain, EPOLLIN, on_inner, t, NULL);
	t->inner.events = EPOLLIN;
	t->ops->ready(t->user, pair[1]);
	if (t->inner.io)
		pump(t);
	else
		finish(t);
}

static void on_client(void *user, int fd, uint32_t events)
{
	struct kn_tls *t = user;
	int r;

	if (t->shaken) {
		pump(t);
		return;
	}
	r = gnutls_handshake(t->session);
	if (r == 0)
		shaken(t);
	else if (again(r))
		watch(&t->client, gnutls_record_get_direction(t->session) ? EPOLLOUT : EPOLLIN);
	else if (gnutls_error_is_fatal(r))
		finish(t);
}

struct kn_tls *kn_tls_new(struct kn_loop *loop, int fd, struct kn_tls_cred *cred,
			  const struct kn_tls_ops *ops, void *user)
{
	struct kn_tls *t = kn_calloc(1, sizeof(*t));
	static const gnutls_datum_t http = {(unsigned char *)"http/1.1", 8};

	*t = (struct kn_tls){.loop = loop, .ops = ops, .user = user, .fd = fd, .plain = -1};
	t->cred = kn_tls_cred_ref(cred);
	t->timer = kn_timer_new(loop, on_turn, t);
	t->client.io = kn_io_new(loop, fd, EPOLLIN, on_client, t, NULL);
	t->client.events = EPOLLIN;
	if (!t->client.io || gnutls_init(&t->session, GNUTLS_SERVER | GNUTLS_NONBLOCK | GNUTLS_NO_SIGNAL) < 0)
		return kn_tls_free(t);
	gnutls_priority_set(t->session, cred->priority);
	gnutls_credentials_set(t->session, GNUTLS_CRD_CERTIFICATE, cred->cred);
	gnutls_alpn_set_protocols(t->session, &http, 1, 0);
	gnutls_certificate_server_set_request(t->session,
					      cred->ask ? GNUTLS_CERT_REQUEST : GNUTLS_CERT_IGNORE);
	gnutls_transport_set_int(t->session, fd);
	gnutls_handshake_set_timeout(t->session, 0);
	kn_timer_arm(t->timer, KN_TLS_HANDSHAKE);
	return t;
}

struct kn_tls *kn_tls_free(struct kn_tls *t)
{
	if (!t)
		return NULL;
	kn_io_free(t->client.io);
	kn_io_free(t->inner.io);
	kn_timer_free(t->timer);
	if (t->session)
		gnutls_deinit(t->session);
	if (t->fd >= 0)
		close(t->fd);
	if (t->plain >= 0)
		close(t->plain);
	kn_tls_cred_unref(t->cred);
	free(t->in.buf);
	free(t->out.buf);
	free(t);
	return NULL;
}

gnutls_session_t kn_tls_session(const struct kn_tls *t)
{
	return t->session;
}
