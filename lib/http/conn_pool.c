/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <sys/epoll.h>

#include "lib/base/mem.h"
#include "lib/http/internal.h"

/* Go's Transport keeps an idle connection as long (IdleConnTimeout of client-go's). */
#define REST_NS (90 * KN_NSEC_PER_SEC)

/*
 * API servers allow 100 streams a connection. Watches take at most 64, then the next pool, and thereby
 * connection, begins; other calls wait for one another beyond 32. libcurl left to itself opens a connection
 * for every single call over the limit. A server with a lower limit gets a few more connections.
 */
#define STREAMS_MAX 64
#define RUNNING_MAX 32
#define CONNECTIONS_MAX 4

struct sock {
	struct kn_list node;
	struct kn_http_pool *pool;
	struct kn_io *io;
};

/* Frames of many streams in one read: libcurl takes one, and asks to be called at once for the next. The
 * bound leaves others their turn. */
#define AT_ONCE_MAX 64

static void action(struct kn_http_pool *p, curl_socket_t fd, int mask)
{
	int running;

	p->inside = true;
	p->at_once = false;
	curl_multi_socket_action(p->multi, fd, mask, &running);
	for (int i = 0; i < AT_ONCE_MAX && p->at_once; i++) {
		p->at_once = false;
		curl_multi_socket_action(p->multi, CURL_SOCKET_TIMEOUT, 0, &running);
	}
	p->inside = false;
	kn_http_pool_settle(p);
}

static void on_ready(void *user, int fd, uint32_t events)
{
	struct sock *s = user;
	int mask = 0;

	if (events & EPOLLIN)
		mask |= CURL_CSELECT_IN;
	if (events & EPOLLOUT)
		mask |= CURL_CSELECT_OUT;
	if (events & (EPOLLERR | EPOLLHUP))
		mask |= CURL_CSELECT_ERR | CURL_CSELECT_IN;
	action(s->pool, fd, mask);
}

static void on_time(void *user)
{
	action(user, CURL_SOCKET_TIMEOUT, 0);
}

static int timer_wanted(CURLM *m, long ms, void *user)
{
	struct kn_http_pool *p = user;

	p->at_once = ms == 0;
	if (ms < 0)
		kn_timer_disarm(p->timer);
	else
		kn_timer_arm(p->timer, ms * KN_NSEC_PER_MSEC);
	return 0;
}

static void sock_free(struct sock *s)
{
	kn_list_del(&s->node);
	kn_io_free(s->io);
	free(s);
}

static int socket_wanted(CURL *easy, curl_socket_t fd, int what, void *user, void *sockp)
{
	struct kn_http_pool *p = user;
	struct sock *s = sockp;
	uint32_t events = (what & CURL_POLL_IN ? (uint32_t)EPOLLIN : 0) |
			  (what & CURL_POLL_OUT ? (uint32_t)EPOLLOUT : 0);

	if (what == CURL_POLL_REMOVE) {
		if (s)
			sock_free(s);
		curl_multi_assign(p->multi, fd, NULL);
		return 0;
	}
	if (s) {
		kn_io_events(s->io, events);
		return 0;
	}
	s = kn_calloc(1, sizeof(*s));
	s->pool = p;
	kn_list_append(&p->sockets, &s->node);
	s->io = kn_io_new(p->http->loop, fd, events, on_ready, s, NULL);
	if (!s->io) {
		sock_free(s);
		return -1;
	}
	curl_multi_assign(p->multi, fd, s);
	return 0;
}

static void on_rest(void *user)
{
	struct kn_http_pool *p = user;

	if (kn_list_empty(&p->calls))
		kn_http_pool_free(p);
	else
		kn_http_pool_settle(p);
}

static struct kn_http_pool *pool_new(struct kn_http *h, struct kn_http_tls *tls)
{
	struct kn_http_pool *p = kn_calloc(1, sizeof(*p));

	p->http = h;
	p->tls = kn_http_tls_ref(tls);
	kn_list_init(&p->sockets);
	kn_list_init(&p->calls);
	kn_list_init(&p->waiting);
	p->multi = curl_multi_init();
	if (!p->multi)
		abort(); /* memory */
	p->timer = kn_timer_new(h->loop, on_time, p);
	p->rest = kn_timer_new(h->loop, on_rest, p);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, socket_wanted);
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, timer_wanted);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERDATA, p);
	curl_multi_setopt(p->multi, CURLMOPT_PIPELINING, CURLPIPE_MULTIPLEX);
	if (tls)
		curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, (long)CONNECTIONS_MAX);
	kn_list_append(&h->pools, &p->node);
	return p;
}

void kn_http_pool_free(struct kn_http_pool *p)
{
	kn_list_for_each_safe (n, &p->calls)
		kn_http_call_free(kn_container_of(n, struct kn_http_call, node));
	curl_multi_setopt(p->multi, CURLMOPT_SOCKETFUNCTION, NULL);
	curl_multi_setopt(p->multi, CURLMOPT_TIMERFUNCTION, NULL);
	/* Before libcurl closes them: a number may be in use again a moment later. */
	kn_list_for_each_safe (n, &p->sockets)
		sock_free(kn_container_of(n, struct sock, node));
	curl_multi_cleanup(p->multi);
	kn_timer_free(p->timer);
	kn_timer_free(p->rest);
	kn_list_del(&p->node);
	kn_http_tls_unref(p->tls);
	free(p);
}

struct kn_http_pool *kn_http_pool_get(struct kn_http *h, struct kn_http_tls *tls, bool stream)
{
	kn_list_for_each (n, &h->pools) {
		struct kn_http_pool *p = kn_container_of(n, struct kn_http_pool, node);

		if (p->tls != tls || p->retired)
			continue;
		if (!tls || p->unbound || !stream || p->streams < STREAMS_MAX)
			return p;
	}
	return pool_new(h, tls);
}

static unsigned *counter(struct kn_http_pool *p, struct kn_http_call *c)
{
	return c->ops.data ? &p->streams : &p->running;
}

static bool has_room(const struct kn_http_pool *p, const struct kn_http_call *c)
{
	return !p->inside && (!p->tls || p->unbound || c->ops.data || p->running < RUNNING_MAX);
}

static void add(struct kn_http_pool *p, struct kn_http_call *c)
{
	CURLMcode r;

	p->inside = true;
	r = curl_multi_add_handle(p->multi, c->easy);
	p->inside = false;
	c->added = r == CURLM_OK;
	if (c->added) {
		++*counter(p, c);
		return;
	}
	kn_err_set(&c->err, EIO, "start a request: %s", curl_multi_strerror(r));
	kn_timer_arm(c->deadline, 0);
}

void kn_http_pool_add(struct kn_http_pool *p, struct kn_http_call *c)
{
	if (has_room(p, c)) {
		add(p, c);
		return;
	}
	kn_list_append(&p->waiting, &c->wait);
	p->todo |= p->inside;
}

void kn_http_pool_remove(struct kn_http_pool *p, struct kn_http_call *c)
{
	kn_list_del(&c->wait);
	if (!c->added)
		return;
	p->inside = true;
	curl_multi_remove_handle(p->multi, c->easy);
	p->inside = false;
	c->added = false;
	--*counter(p, c);
}

void kn_http_pool_learn(struct kn_http_pool *p, struct kn_http_call *c)
{
	long version = 0;

	if (!p->tls || p->unbound)
		return;
	curl_easy_getinfo(c->easy, CURLINFO_HTTP_VERSION, &version);
	if (version >= CURL_HTTP_VERSION_2_0)
		return;
	p->unbound = true;
	p->todo = true;
}

static void do_todo(struct kn_http_pool *p)
{
	p->todo = false;
	if (p->unbound)
		curl_multi_setopt(p->multi, CURLMOPT_MAX_HOST_CONNECTIONS, 0L);
	kn_list_for_each_safe (n, &p->calls) {
		struct kn_http_call *c = kn_container_of(n, struct kn_http_call, node);

		if (c->cancelled)
			kn_http_call_free(c);
	}
}

static void add_waiting(struct kn_http_pool *p)
{
	kn_list_for_each_safe (n, &p->waiting) {
		struct kn_http_call *c = kn_container_of(n, struct kn_http_call, wait);

		if (!has_room(p, c))
			break;
		kn_list_del(&c->wait);
		add(p, c);
	}
}

void kn_http_pool_settle(struct kn_http_pool *p)
{
	CURLMsg *m;
	int left;

	if (p->inside || p->settling)
		return;
	p->settling = true;
	do {
		if (p->todo)
			do_todo(p);
		add_waiting(p);
		m = curl_multi_info_read(p->multi, &left);
		if (m && m->msg == CURLMSG_DONE) {
			CURLcode code = m->data.result; /* m is gone with the handle */
			char *c = NULL;

			curl_easy_getinfo(m->easy_handle, CURLINFO_PRIVATE, &c);
			kn_http_call_finish((struct kn_http_call *)(void *)c, code);
		}
	} while (m || p->todo);
	p->settling = false;
	kn_http_pool_rest(p);
}

void kn_http_pool_rest(struct kn_http_pool *p)
{
	bool useless = p->retired || (p->tls && p->tls->refs == 1);
	struct kn_list *first = p->waiting.next;

	/* A certificate that nobody but us knows can't be asked for again. Nothing is freed here: a caller
	 * may hold it. */
	if (kn_list_empty(&p->calls))
		kn_timer_arm(p->rest, useless ? 0 : REST_NS);
	else if (first != &p->waiting && has_room(p, kn_container_of(first, struct kn_http_call, wait)))
		kn_timer_arm(p->rest, 0);
}
