/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/wait.h>
#include <unistd.h>
#include "lib/loop/spawn.h"

struct ctx {
	struct kn_loop *loop;
	int calls, code, status;
};

static void on_done(void *user, int code, int status)
{
	struct ctx *c = user;

	c->calls++;
	c->code = code;
	c->status = status;
	kn_loop_quit(c->loop, 0);
}

static const char *const env[] = {"X=1", NULL};
static const int no_fds[3] = {-1, -1, -1};

static void test_exit_status_and_fds(void **state)
{
	const char *argv[] = {"/bin/sh", "-c", "ls /proc/self/fd | wc -l; exit 7", NULL};
	struct kn_child *child = NULL;
	struct ctx c = {0};
	char out[16] = "";
	int p[2], fds[3] = {-1, -1, -1}, leak = open("/dev/null", O_RDONLY);

	assert_int_equal(pipe2(p, O_CLOEXEC), 0);
	fds[1] = p[1];
	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_child_spawn(c.loop, argv, env, fds, on_done, &c, &child, NULL), 0);
	kn_loop_run(c.loop);
	assert_int_equal(c.code, CLD_EXITED);
	assert_int_equal(c.status, 7);
	assert_true(read(p[0], out, sizeof(out) - 1) > 0);
	/* ls itself holds 0, 1, 2 and the folder it reads. */
	assert_int_equal(atoi(out), 4);
	assert_int_equal(kn_child_kill(child, SIGTERM), -ESRCH);
	kn_child_free(child);
	kn_loop_free(c.loop);
	close(leak);
	close(p[0]);
	close(p[1]);
}

static void test_kill_and_free(void **state)
{
	const char *argv[] = {"/bin/sleep", "100", NULL};
	struct kn_child *child = NULL;
	struct ctx c = {0};
	pid_t pid;

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_child_spawn(c.loop, argv, env, no_fds, on_done, &c, &child, NULL), 0);
	assert_int_equal(kn_child_kill(child, SIGTERM), 0);
	kn_loop_run(c.loop);
	assert_int_equal(c.code, CLD_KILLED);
	assert_int_equal(c.status, SIGTERM);
	kn_child_free(child);
	/* A loop that was quit takes no new sources. */
	kn_loop_free(c.loop);
	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_child_spawn(c.loop, argv, env, no_fds, on_done, &c, &child, NULL), 0);
	pid = kn_child_pid(child);
	kn_child_free(child);
	assert_int_equal(kill(pid, 0), -1);
	assert_int_equal(c.calls, 1);
	kn_loop_free(c.loop);
}

static void test_missing_program(void **state)
{
	const char *argv[] = {"/nonexistent/x", NULL};
	struct kn_child *child = NULL;
	struct kn_err err = KN_ERR_INIT;
	struct ctx c = {0};

	assert_int_equal(kn_loop_new(&c.loop, NULL), 0);
	assert_int_equal(kn_child_spawn(c.loop, argv, env, no_fds, on_done, &c, &child, &err), -ENOENT);
	assert_non_null(strstr(err.msg, "/nonexistent/x"));
	assert_null(child);
	kn_loop_free(c.loop);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exit_status_and_fds),
		cmocka_unit_test(test_kill_and_free),
		cmocka_unit_test(test_missing_program),
	};
	return cmocka_run_group_tests(tests, NULL, NULL);
}
