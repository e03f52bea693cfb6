// SPDX-License-Identifier: Apache-2.0
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <pthread.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/ctl/ctl.h"

#define BIG ((size_t)3 << 20)

struct fixture {
	char dir[32];
	char path[64];
	struct kn_loop *loop;
	struct kn_ctl_server *server;
};

static int handler(void *user, const char *command, const char *arg, struct kn_buf *out, struct kn_err *err)
{
	if (!strcmp(command, "echo")) {
		kn_buf_addf(out, "{\"arg\":\"%s\"}", arg ? arg : "<null>");
		return 0;
	}
	if (!strcmp(command, "big")) {
		kn_auto_free char *x = kn_calloc(1, BIG + 1);

		memset(x, 'x', BIG);
		kn_buf_add(out, x, BIG);
		return 0;
	}
	kn_buf_adds(out, "{\"half");
	return kn_err_set(err, ENOENT, "unknown command \"%s\"", command);
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-ctl-XXXXXX");
	if (!mkdtemp(f->dir) || kn_loop_new(&f->loop, NULL) < 0)
		return -1;
	snprintf(f->path, sizeof(f->path), "%s/k.sock", f->dir);
	*state = f;
	return kn_ctl_server_new(&f->server, f->loop, f->path, handler, f, NULL, NULL);
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	struct stat st;
	int left;

	kn_ctl_server_free(f->server);
	left = lstat(f->path, &st) == 0; /* the server removes its socket */
	kn_loop_free(f->loop);
	kn_rm_rf(f->dir, NULL);
	free(f);
	return left;
}

struct request { /* the client blocks: a thread of its own */
	struct fixture *f;
	const char *command, *arg;
	struct kn_buf out;
	struct kn_err err;
	int r, done;
	pthread_t thread;
};

static void *request_main(void *user)
{
	struct request *q = user;

	q->r = kn_ctl_request(q->f->path, q->command, q->arg, 5000, &q->out, &q->err);
	__atomic_store_n(&q->done, 1, __ATOMIC_RELEASE);
	return NULL;
}

static void ask(struct fixture *f, struct request *q, const char *command, const char *arg)
{
	*q = (struct request){.f = f, .command = command, .arg = arg};
	assert_int_equal(pthread_create(&q->thread, NULL, request_main, q), 0);
	while (!__atomic_load_n(&q->done, __ATOMIC_ACQUIRE))
		kn_loop_run_once(f->loop, 10 * KN_NSEC_PER_MSEC);
	pthread_join(q->thread, NULL);
}

static int raw_connect(struct fixture *f)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	strcpy(a.sun_path, f->path);
	assert_int_equal(connect(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	return fd;
}

static void run_for(struct fixture *f, int64_t ns)
{
	int64_t until = kn_mono(kn_loop_clock(f->loop)) + ns;

	while (kn_mono(kn_loop_clock(f->loop)) < until)
		kn_loop_run_once(f->loop, 5 * KN_NSEC_PER_MSEC);
}

static void test_answers(void **state)
{
	struct request q;

	ask(*state, &q, "echo", "a b");
	assert_int_equal(q.r, 0);
	assert_string_equal(q.out.data, "{\"arg\":\"a b\"}");
	kn_buf_free(&q.out);
	ask(*state, &q, "echo", NULL);
	assert_string_equal(q.out.data, "{\"arg\":\"<null>\"}");
	kn_buf_free(&q.out);
}

static void test_an_error_is_a_whole_document(void **state)
{
	struct request q;

	ask(*state, &q, "nothing", NULL);
	assert_int_equal(q.r, 0);
	assert_string_equal(q.out.data, "{\"error\":\"unknown command \\\"nothing\\\"\"}");
	kn_buf_free(&q.out);
}

static void test_a_big_answer_arrives_whole(void **state)
{
	struct request q;

	ask(*state, &q, "big", NULL);
	assert_int_equal(q.r, 0);
	assert_int_equal(q.out.len, BIG);
	kn_buf_free(&q.out);
}

static void test_mode_is_owner_only(void **state)
{
	struct fixture *f = *state;
	struct stat st;

	assert_int_equal(stat(f->path, &st), 0);
	assert_int_equal(st.st_mode & 07777, 0600);
}

static void test_a_second_daemon_is_refused(void **state)
{
	struct fixture *f = *state;
	struct kn_ctl_server *second = NULL;
	struct kn_err err = KN_ERR_INIT;
	struct request q;

	assert_int_equal(kn_ctl_server_new(&second, f->loop, f->path, handler, f, NULL, &err), -EADDRINUSE);
	assert_null(second);
	ask(f, &q, "echo", "still here");
	assert_int_equal(q.r, 0);
	kn_buf_free(&q.out);
}

static void test_a_stale_socket_is_replaced_and_a_file_is_not(void **state)
{
	struct fixture *f = *state;
	struct sockaddr_un a = {.sun_family = AF_UNIX};
	struct kn_ctl_server *s = NULL;
	kn_auto_free char *file = kn_sprintf("%s/file", f->dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(a.sun_path, sizeof(a.sun_path), "%s/stale", f->dir);
	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	close(fd); /* as a killed daemon leaves it */
	assert_int_equal(kn_ctl_server_new(&s, f->loop, a.sun_path, handler, f, NULL, NULL), 0);
	kn_ctl_server_free(s);

	assert_int_equal(kn_file_write_atomic(file, "x", 1, 0600, NULL), 0);
	assert_int_equal(kn_ctl_server_new(&s, f->loop, file, handler, f, NULL, NULL), -EEXIST);
	assert_int_equal(access(file, F_OK), 0);
}

static void test_silent_and_slow_clients_are_dropped(void **state)
{
	struct fixture *f = *state;
	int silent = raw_connect(f), slow = raw_connect(f);
	char c;

	assert_int_equal(write(slow, "big\n", 4), 4); /* and never reads */
	run_for(f, KN_NSEC_PER_SEC);
	assert_int_equal(recv(silent, &c, 1, MSG_DONTWAIT), -1);
	assert_int_equal(errno, EAGAIN);
	run_for(f, 5 * KN_NSEC_PER_SEC);
	assert_int_equal(recv(silent, &c, 1, MSG_DONTWAIT), 0);
	/* The rest was thrown away: reading ends early. */
	{
		kn_auto_free char *buf = kn_calloc(1, BIG);
		size_t got = 0;
		ssize_t n;

		while ((n = recv(slow, buf, BIG, MSG_DONTWAIT)) > 0)
			got += (size_t)n;
		assert_int_equal(n, 0);
		assert_true(got < BIG);
	}
	close(silent);
	close(slow);
}

static void test_an_oversize_request_is_refused(void **state)
{
	struct fixture *f = *state;
	int fd = raw_connect(f);
	char big[4096], answer[128] = {0};

	memset(big, 'a', sizeof(big));
	assert_int_equal(write(fd, big, sizeof(big)), sizeof(big));
	run_for(f, 100 * KN_NSEC_PER_MSEC);
	assert_true(recv(fd, answer, sizeof(answer) - 1, MSG_DONTWAIT) > 0);
	assert_non_null(strstr(answer, "\"error\""));
	close(fd);
}

static void test_clients_are_bounded(void **state)
{
	struct fixture *f = *state;
	int fd[40], closed = 0;
	char c;

	for (int i = 0; i < 40; i++) {
		fd[i] = raw_connect(f);
		run_for(f, 5 * KN_NSEC_PER_MSEC);
	}
	for (int i = 0; i < 40; i++)
		closed += recv(fd[i], &c, 1, MSG_DONTWAIT) == 0;
	assert_int_equal(closed, 8);
	for (int i = 0; i < 40; i++)
		close(fd[i]);
	run_for(f, 50 * KN_NSEC_PER_MSEC);
	test_answers(state);
}

static void test_client_errors(void **state)
{
	struct fixture *f = *state;
	struct kn_err err = KN_ERR_INIT;
	kn_auto_buf struct kn_buf out = {0};
	char longer[200];

	assert_int_equal(kn_ctl_request("/nonexistent/k.sock", "status", NULL, 100, &out, &err), -ENOENT);
	memset(longer, 'x', sizeof(longer));
	longer[sizeof(longer) - 1] = '\0';
	assert_int_equal(kn_ctl_request(longer, "status", NULL, 100, &out, &err), -ENAMETOOLONG);
	assert_int_equal(kn_ctl_request(f->path, "two\nlines", NULL, 100, &out, &err), -EINVAL);
	/* The loop does not run: nobody answers. */
	assert_int_equal(kn_ctl_request(f->path, "echo", NULL, 100, &out, &err), -ETIMEDOUT);
	assert_int_equal(out.len, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_answers),
		T(test_an_error_is_a_whole_document),
		T(test_a_big_answer_arrives_whole),
		T(test_mode_is_owner_only),
		T(test_a_second_daemon_is_refused),
		T(test_a_stale_socket_is_replaced_and_a_file_is_not),
		T(test_silent_and_slow_clients_are_dropped),
		T(test_an_oversize_request_is_refused),
		T(test_clients_are_bounded),
		T(test_client_errors),
	};

	if (geteuid()) { /* the server talks to root alone */
		puts("skip ctl: needs root");
		return 0;
	}
	return cmocka_run_group_tests(tests, NULL, NULL);
}
