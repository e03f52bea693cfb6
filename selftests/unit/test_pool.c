/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdatomic.h>
#include <time.h>
#include "lib/loop/pool.h"

struct ctx {
	struct kn_loop *loop;
	atomic_int worked;
	int done;
};

static void work(void *user)
{
	struct ctx *c = user;

	nanosleep(&(struct timespec){.tv_nsec = 1000000}, NULL);
	c->worked++;
}

static void done(void *user)
{
	struct ctx *c = user;

	if (++c->done == 40)
		kn_loop_quit(c->loop, 0);
}

static void test_all_done_on_the_loop(void **state)
{
	struct ctx c = {0};
	struct kn_pool *p = NULL;

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_pool_new(&p, c.loop, 4, NULL), 0);
	for (int i = 0; i < 40; i++)
		kn_pool_submit(p, work, done, &c);
	kn_loop_run(c.loop);
	assert_int_equal(c.worked, 40);
	kn_pool_free(p);
	kn_loop_free(c.loop);
}

static void test_free_runs_what_is_queued(void **state)
{
	struct ctx c = {0};
	struct kn_pool *p = NULL;

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_pool_new(&p, c.loop, 1, NULL), 0);
	for (int i = 0; i < 10; i++)
		kn_pool_submit(p, work, done, &c);
	kn_pool_free(p);
	assert_int_equal(c.worked, 10);
	kn_loop_free(c.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_all_done_on_the_loop),
		cmocka_unit_test(test_free_runs_what_is_queued),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
