/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>

#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/loop/loop.h"

struct posted {
	struct posted *next;
	void (*fn)(void *user);
	void *user;
};

struct on_signal {
	struct on_signal *next;
	sd_event_source *source;
	void (*fn)(void *user, int signo);
	void *user;
};

struct kn_loop {
	sd_event *event;
	sd_event_source *wake;
	int wake_fd;
	pthread_mutex_t lock; /* guards first and last: the only state other threads touch */
	struct posted *first, **last;
	struct on_signal *signals;
};

struct kn_timer {
	struct kn_loop *loop;
	sd_event_source *source;
	void (*fn)(void *user);
	void *user;
};

struct kn_io {
	sd_event_source *source;
	void (*fn)(void *user, int fd, uint32_t events);
	void *user;
};

static struct posted *take_posted(struct kn_loop *l)
{
	struct posted *p;

	pthread_mutex_lock(&l->lock);
	p = l->first;
	l->first = NULL;
	l->last = &l->first;
	pthread_mutex_unlock(&l->lock);
	return p;
}

static int on_wake(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct kn_loop *l = user;
	struct posted *p;
	uint64_t n;

	/* Non-blocking: a spurious wake-up reads nothing, which is as good. */
	if (read(fd, &n, sizeof(n)) < 0 && errno != EAGAIN)
		return -errno;
	p = take_posted(l);
	while (p) {
		struct posted *next = p->next;

		p->fn(p->user);
		free(p);
		p = next;
	}
	return 0;
}

void kn_loop_post(struct kn_loop *l, void (*fn)(void *user), void *user)
{
	struct posted *p = kn_calloc(1, sizeof(*p));
	uint64_t one = 1;

	p->fn = fn;
	p->user = user;
	pthread_mutex_lock(&l->lock);
	*l->last = p;
	l->last = &p->next;
	pthread_mutex_unlock(&l->lock);
	/* Fails only when the counter is full, and then a wake-up is pending anyway. */
	while (write(l->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
		;
}

int kn_loop_new(struct kn_loop **ret, struct kn_err *err)
{
	struct kn_loop *l = kn_calloc(1, sizeof(*l));
	int r;

	l->last = &l->first;
	pthread_mutex_init(&l->lock, NULL);
	l->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (l->wake_fd < 0) {
		r = kn_err_errno(err, errno, "eventfd");
		goto fail;
	}
	r = sd_event_new(&l->event);
	if (r >= 0)
		r = sd_event_add_io(l->event, &l->wake, l->wake_fd, EPOLLIN, on_wake, l);
	if (r < 0) {
		kn_err_errno(err, r, "event loop");
		goto fail;
	}
	*ret = l;
	return 0;
fail:
	kn_loop_free(l);
	return r;
}

struct kn_loop *kn_loop_free(struct kn_loop *l)
{
	struct posted *p;

	if (!l)
		return NULL;
	p = take_posted(l);
	while (p) {
		struct posted *next = p->next;

		free(p);
		p = next;
	}
	while (l->signals) {
		struct on_signal *s = l->signals;

		l->signals = s->next;
		sd_event_source_disable_unref(s->source);
		free(s);
	}
	sd_event_source_disable_unref(l->wake);
	sd_event_unref(l->event);
	if (l->wake_fd >= 0)
		close(l->wake_fd);
	pthread_mutex_destroy(&l->lock);
	free(l);
	return NULL;
}

sd_event *kn_loop_event(struct kn_loop *l)
{
	return l->event;
}

const struct kn_clock *kn_loop_clock(struct kn_loop *l)
{
	return &kn_clock_system;
}

int kn_loop_run(struct kn_loop *l)
{
	return sd_event_loop(l->event);
}

int kn_loop_run_once(struct kn_loop *l, int64_t timeout_ns)
{
	return sd_event_run(l->event, timeout_ns < 0 ? UINT64_MAX : (uint64_t)timeout_ns / 1000);
}

void kn_loop_quit(struct kn_loop *l, int code)
{
	sd_event_exit(l->event, code);
}

static int on_signal_event(sd_event_source *src, const struct signalfd_siginfo *si, void *user)
{
	struct on_signal *s = user;

	s->fn(s->user, (int)si->ssi_signo);
	return 0;
}

int kn_loop_on_signal(struct kn_loop *l, int signo, void (*fn)(void *user, int signo), void *user,
		      struct kn_err *err)
{
	struct on_signal *s = kn_calloc(1, sizeof(*s));
	sigset_t set;
	int r;

	s->fn = fn;
	s->user = user;
	sigemptyset(&set);
	sigaddset(&set, signo);
	r = -pthread_sigmask(SIG_BLOCK, &set, NULL);
	if (r >= 0)
		r = sd_event_add_signal(l->event, &s->source, signo, on_signal_event, s);
	if (r < 0) {
		free(s);
		return kn_err_errno(err, r, "watch signal %d", signo);
	}
	s->next = l->signals;
	l->signals = s;
	return 0;
}

static int on_time(sd_event_source *s, uint64_t usec, void *user)
{
	struct kn_timer *t = user;

	t->fn(t->user);
	return 0;
}

struct kn_timer *kn_timer_new(struct kn_loop *l, void (*fn)(void *user), void *user)
{
	struct kn_timer *t = kn_calloc(1, sizeof(*t));

	t->loop = l;
	t->fn = fn;
	t->user = user;
	return t;
}

void kn_timer_arm(struct kn_timer *t, int64_t after_ns)
{
	/* 1 ms: wake-ups coalesce, nothing here needs finer. But sd-event wakes at the end of that span, and
	 * 0 means the next iteration. */
	uint64_t at, accuracy = after_ns > 0 ? 1000 : 1;
	int r;

	if (after_ns < 0)
		after_ns = 0;
	at = (uint64_t)(kn_mono(&kn_clock_system) + after_ns) / 1000;
	if (t->source) {
		r = sd_event_source_set_time(t->source, at);
		if (r >= 0)
			r = sd_event_source_set_time_accuracy(t->source, accuracy);
		if (r >= 0)
			r = sd_event_source_set_enabled(t->source, SD_EVENT_ONESHOT);
	} else {
		r = sd_event_add_time(t->loop->event, &t->source, CLOCK_MONOTONIC, at, accuracy, on_time, t);
	}
	/* ESTALE: the loop has ended, and what is taken down after it may still set timers. */
	if (r < 0 && r != -ESTALE)
		abort(); /* only out of memory or descriptors at the very start */
}

void kn_timer_disarm(struct kn_timer *t)
{
	if (t->source)
		sd_event_source_set_enabled(t->source, SD_EVENT_OFF);
}

bool kn_timer_armed(const struct kn_timer *t)
{
	return t->source && sd_event_source_get_enabled(t->source, NULL) > 0;
}

struct kn_timer *kn_timer_free(struct kn_timer *t)
{
	if (t)
		sd_event_source_disable_unref(t->source);
	free(t);
	return NULL;
}

static int on_io(sd_event_source *s, int fd, uint32_t revents, void *user)
{
	struct kn_io *io = user;

	io->fn(io->user, fd, revents);
	return 0;
}

struct kn_io *kn_io_new(struct kn_loop *l, int fd, uint32_t events,
			void (*fn)(void *user, int fd, uint32_t events), void *user, struct kn_err *err)
{
	struct kn_io *io = kn_calloc(1, sizeof(*io));
	int r;

	io->fn = fn;
	io->user = user;
	r = sd_event_add_io(l->event, &io->source, fd, events, on_io, io);
	if (r < 0) {
		kn_err_errno(err, r, "watch descriptor %d", fd);
		free(io);
		return NULL;
	}
	return io;
}

void kn_io_events(struct kn_io *io, uint32_t events)
{
	int r = sd_event_source_set_io_events(io->source, events);

	if (r < 0 && r != -ESTALE)
		abort(); /* epoll refuses only what we gave it wrongly */
}

struct kn_io *kn_io_free(struct kn_io *io)
{
	if (io)
		sd_event_source_disable_unref(io->source);
	free(io);
	return NULL;
}
