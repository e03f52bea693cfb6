// SPDX-License-Identifier: Apache-2.0
/* Attempts against sockets of the test's own, and a runtime made to answer anything. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>
#include <cmocka.h>
#include "kubelet/probe/probe_run.h"
#include "selftests/harness/fake_cri.c"
#include "selftests/harness/pod_fixture.h"

static struct {
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_cri *cri;
	struct kn_http *http;
	struct fake_cri *fake;
	char socket[64];
} rig;

struct answer {
	bool done;
	enum kn_attempt_outcome outcome;
	char text[512];
};

static void on_done(void *user, enum kn_attempt_outcome outcome, const char *text)
{
	struct answer *a = user;

	assert_false(a->done);
	a->done = true;
	a->outcome = outcome;
	snprintf(a->text, sizeof(a->text), "%s", text);
}

/* probe: flow YAML of its handler. */
static struct answer ask(const char *probe, const char *ip, bool cancel)
{
	char *yaml kn_auto_free = kn_sprintf(
		POD("containers: [{name: c, image: i, readinessProbe: {timeoutSeconds: 1, %s}}]"), probe);
	struct kn_pod *p = pod_make(yaml);
	const K8s__Container *c = p->obj->spec->containers[0];
	const struct kn_attempt_what what = {
		.loop = rig.loop,
		.pool = rig.pool,
		.cri = rig.cri,
		.http = rig.http,
		.probe = c->readinessprobe,
		.container = c,
		.container_id = "id",
		.pod_ip = ip,
	};
	struct answer a = {0};
	struct kn_attempt *attempt = kn_attempt_start(&what, on_done, &a);
	int64_t end = kn_mono(kn_loop_clock(rig.loop)) + 10 * KN_NSEC_PER_SEC;

	assert_false(a.done);
	if (cancel)
		kn_attempt_cancel(attempt);
	for (int i = 0; cancel && i < 20; i++)
		kn_loop_run_once(rig.loop, 10 * KN_NSEC_PER_MSEC);
	while (!cancel && !a.done && kn_mono(kn_loop_clock(rig.loop)) < end)
		kn_loop_run_once(rig.loop, 100 * KN_NSEC_PER_MSEC);
	assert_int_equal(a.done, !cancel);
	kn_pod_unref(p);
	return a;
}

static void expect(const char *probe, enum kn_attempt_outcome outcome, const char *text)
{
	struct answer a = ask(probe, "127.0.0.1", false);

	assert_string_equal(a.text, text);
	assert_int_equal(a.outcome, outcome);
}

/* ---- exec ---- */

static void answer_exec(int exit_code, const char *out, const char *err)
{
	Cri__ExecSyncResponse r = CRI__EXEC_SYNC_RESPONSE__INIT;

	r.exit_code = exit_code;
	r.stdout.data = (uint8_t *)out;
	r.stdout.len = strlen(out);
	r.stderr.data = (uint8_t *)err;
	r.stderr.len = strlen(err);
	fake_cri_set(rig.fake, "ExecSync", &(struct fake_answer){.msg = &r.base});
}

static void test_exec(void **state)
{
	char *big kn_auto_free = kn_calloc(1, 20001);

	answer_exec(0, "fine", "");
	expect("exec: {command: [a]}", KN_ATTEMPT_GOOD, "fine");
	answer_exec(3, "out ", "err");
	expect("exec: {command: [a]}", KN_ATTEMPT_BAD, "out err");
	memset(big, 'x', 20000);
	answer_exec(1, big, "never shown");
	struct answer a = ask("exec: {command: [a]}", "", false);
	assert_int_equal(strspn(a.text, "x"), sizeof(a.text) - 1);
	ask("exec: {command: [a]}", "", true);
}

static void test_exec_errors(void **state)
{
	fake_cri_set(rig.fake, "ExecSync", &(struct fake_answer){.code = 4, .text = "late"});
	expect("exec: {command: [sh, -c, x]}", KN_ATTEMPT_BAD,
	       "command timed out: \"sh -c x\" timed out after 1s");
	fake_cri_set(rig.fake, "ExecSync", &(struct fake_answer){.code = 5, .text = "no such container"});
	expect("exec: {command: [a]}", KN_ATTEMPT_ERROR,
	       "rpc error: code = NotFound desc = no such container");
}

/* ---- sockets ---- */

static int listener(int *port)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);
	int fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	assert_int_equal(bind(fd, (struct sockaddr *)&a, sizeof(a)), 0);
	assert_int_equal(getsockname(fd, (struct sockaddr *)&a, &len), 0);
	*port = ntohs(a.sin_port);
	return fd;
}

static void test_tcp(void **state)
{
	int port, fd kn_auto_close = listener(&port);
	char *probe kn_auto_free = kn_sprintf("tcpSocket: {port: %d}", port);
	char *named kn_auto_free = kn_sprintf("tcpSocket: {port: %d, host: localhost}", port);
	char *refused kn_auto_free = kn_sprintf("dial tcp 127.0.0.1:%d: connect: connection refused", port);

	expect(probe, KN_ATTEMPT_BAD, refused);
	assert_int_equal(listen(fd, 8), 0);
	expect(probe, KN_ATTEMPT_GOOD, "");
	expect(named, KN_ATTEMPT_GOOD, "");
	ask(probe, "127.0.0.1", true);
	ask(named, "127.0.0.1", true);
	struct answer a = ask(probe, "", false);
	assert_int_equal(a.outcome, KN_ATTEMPT_BAD);
	expect("tcpSocket: {port: nowhere}", KN_ATTEMPT_ERROR, "port \"nowhere\" not found");
}

static void test_refused(void **state)
{
	int port, fd kn_auto_close = listener(&port); /* taken, but nobody listens */
	char *http kn_auto_free = kn_sprintf("httpGet: {port: %d}", port);
	char *grpc kn_auto_free = kn_sprintf("grpc: {port: %d}", port);
	char *want kn_auto_free =
		kn_sprintf("Get \"http://127.0.0.1:%d/\": dial tcp 127.0.0.1:%d: connect: connection refused",
			   port, port);

	assert_true(fd >= 0);
	expect(http, KN_ATTEMPT_BAD, want);
	struct answer a = ask(grpc, "127.0.0.1", false);
	assert_int_equal(a.outcome, KN_ATTEMPT_BAD);
	assert_non_null(strstr(a.text, "failed to connect service"));
	ask(http, "127.0.0.1", true);
	ask(grpc, "127.0.0.1", true);
}

static void test_silence(void **state)
{
	int port, fd kn_auto_close = listener(&port);
	char *http kn_auto_free = kn_sprintf("httpGet: {port: %d}", port);
	char *grpc kn_auto_free = kn_sprintf("grpc: {port: %d}", port);

	assert_int_equal(listen(fd, 8), 0);
	struct answer a = ask(http, "127.0.0.1", false);
	assert_int_equal(a.outcome, KN_ATTEMPT_BAD);
	assert_non_null(strstr(a.text, "context deadline exceeded"));
	a = ask(grpc, "127.0.0.1", false);
	assert_int_equal(a.outcome, KN_ATTEMPT_BAD);
}

static int setup(void **state)
{
	snprintf(rig.socket, sizeof(rig.socket), "/tmp/test-probe-run-%d.sock", (int)getpid());
	rig.fake = fake_cri_start(rig.socket);
	if (!rig.fake || kn_loop_new(&rig.loop, NULL) || kn_pool_new(&rig.pool, rig.loop, 1, NULL) ||
	    kn_cri_new(&rig.cri, rig.loop, rig.socket, NULL, NULL) ||
	    kn_http_new(&rig.http, rig.loop, "kube-probe", NULL))
		return -1;
	return 0;
}

static int teardown(void **state)
{
	kn_http_free(rig.http);
	kn_cri_free(rig.cri);
	kn_pool_free(rig.pool);
	kn_loop_free(rig.loop);
	fake_cri_stop(rig.fake);
	unlink(rig.socket);
	return 0;
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_exec),	cmocka_unit_test(test_exec_errors),
		cmocka_unit_test(test_tcp),	cmocka_unit_test(test_refused),
		cmocka_unit_test(test_silence),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
