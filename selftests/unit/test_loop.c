/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <pthread.h>
#include <signal.h>
#include <stdbool.h>
#include <sys/epoll.h>
#include <unistd.h>
#include "lib/loop/loop.h"

enum { THREADS = 4, POSTS = 5000 };
struct ctx {
	struct kn_loop *loop;
	struct kn_timer *timer;
	int count, last[THREADS];
	bool in_order;
};
struct post {
	struct ctx *ctx;
	int thread, n;
};
static struct post posts[THREADS][POSTS];

static void on_post(void *user)
{
	struct post *p = user;

	if (p->n != p->ctx->last[p->thread] + 1)
		p->ctx->in_order = false;
	p->ctx->last[p->thread] = p->n;
	if (++p->ctx->count == THREADS * POSTS)
		kn_loop_quit(p->ctx->loop, 3);
}

static void *poster(void *arg)
{
	struct post *row = arg;

	for (int i = 0; i < POSTS; i++)
		kn_loop_post(row[i].ctx->loop, on_post, &row[i]);
	return NULL;
}

static void test_post_from_threads(void **state)
{
	struct ctx c = {.in_order = true};
	pthread_t t[THREADS];

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	for (int i = 0; i < THREADS; i++) {
		for (int j = 0; j < POSTS; j++)
			posts[i][j] = (struct post){&c, i, j + 1};
		assert_int_equal(pthread_create(&t[i], NULL, poster, posts[i]), 0);
	}
	assert_int_equal(kn_loop_run(c.loop), 3);
	for (int i = 0; i < THREADS; i++)
		pthread_join(t[i], NULL);
	assert_true(c.in_order);
	kn_loop_free(c.loop);
}

static void on_timer(void *user)
{
	struct ctx *c = user;

	if (++c->count < 3)
		kn_timer_arm(c->timer, KN_NSEC_PER_MSEC);
	else {
		c->timer = kn_timer_free(c->timer);
		kn_loop_quit(c->loop, 0);
	}
}

static void test_timer_rearms_and_frees_itself(void **state)
{
	struct ctx c = {0};
	int64_t t0 = kn_mono(&kn_clock_system);

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	c.timer = kn_timer_new(c.loop, on_timer, &c);
	assert_false(kn_timer_armed(c.timer));
	kn_timer_arm(c.timer, 20 * KN_NSEC_PER_MSEC);
	assert_true(kn_timer_armed(c.timer));
	assert_int_equal(kn_loop_run(c.loop), 0);
	assert_int_equal(c.count, 3);
	assert_true(kn_mono(&kn_clock_system) - t0 >= 22 * KN_NSEC_PER_MSEC);
	kn_loop_free(c.loop);
}

static void on_signal(void *user, int signo)
{
	struct ctx *c = user;

	c->count = signo;
	kn_loop_quit(c->loop, 0);
}

static void test_signal(void **state)
{
	struct ctx c = {0};

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_loop_on_signal(c.loop, SIGUSR1, on_signal, &c, NULL), 0);
	kill(getpid(), SIGUSR1);
	kn_loop_run(c.loop);
	assert_int_equal(c.count, SIGUSR1);
	kn_loop_free(c.loop);
}

static void on_readable(void *user, int fd, uint32_t events)
{
	struct ctx *c = user;
	char b;

	c->count += (int)read(fd, &b, 1);
	kn_loop_quit(c->loop, 0);
}

static void test_io(void **state)
{
	struct ctx c = {0};
	struct kn_io *io;
	int p[2];

	assert_int_equal(pipe(p), 0);
	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	io = kn_io_new(c.loop, p[0], EPOLLIN, on_readable, &c, NULL);
	assert_non_null(io);
	assert_int_equal(write(p[1], "x", 1), 1);
	kn_loop_run(c.loop);
	assert_int_equal(c.count, 1);
	kn_io_free(io);
	kn_loop_free(c.loop);
	close(p[0]);
	close(p[1]);
}

static void quit(void *user)
{
	kn_loop_quit(user, 0);
}

/* What is taken down after the loop has ended may still set its timers. */
static void test_timers_after_the_end(void **state)
{
	struct kn_loop *l;
	struct kn_timer *stop, *late, *fresh;

	assert_int_equal(kn_loop_new(&l, NULL), 0);
	stop = kn_timer_new(l, quit, l);
	late = kn_timer_new(l, quit, l);
	fresh = kn_timer_new(l, quit, l);
	kn_timer_arm(late, 3600 * KN_NSEC_PER_SEC);
	kn_timer_arm(stop, 0);
	assert_int_equal(kn_loop_run(l), 0);
	kn_timer_arm(late, 0);
	kn_timer_arm(fresh, 0);
	kn_timer_disarm(late);
	kn_timer_free(stop);
	kn_timer_free(late);
	kn_timer_free(fresh);
	kn_loop_free(l);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_post_from_threads),
		cmocka_unit_test(test_timer_rearms_and_frees_itself),
		cmocka_unit_test(test_signal),
		cmocka_unit_test(test_io),
		cmocka_unit_test(test_timers_after_the_end),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
