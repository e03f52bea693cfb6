/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's and the HTTP calls are fakes, defined here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/kubelet_private.h"
#include "kubelet/worker/hook.h"
#include "lib/http/http.h"
#include "selftests/harness/pod_fixture.h"

struct kn_cri_call {
	kn_cri_done done;
	void *user;
};
struct kn_http_call {
	struct kn_http_ops ops;
	void *user;
};

static struct kn_cri_call exec;
static struct kn_http_call http;
static char asked[200], warned[64];
static unsigned cancelled;

struct kn_cri_call *kn_cri_call(struct kn_cri *c, enum kn_cri_method m, const ProtobufCMessage *req,
				int64_t timeout_ns, kn_cri_done done, void *user)
{
	const Cri__ExecSyncRequest *r = (const void *)req;

	assert_int_equal(m, KN_CRI_EXEC_SYNC);
	assert_true(timeout_ns == KN_CRI_TIMEOUT_NONE);
	snprintf(asked, sizeof(asked), "%s %s %zu", r->container_id, r->cmd[0], r->n_cmd);
	exec = (struct kn_cri_call){done, user};
	return &exec;
}

void kn_cri_cancel(struct kn_cri_call *call)
{
	cancelled++;
}

struct kn_http_call *kn_http_start(struct kn_http *h, const struct kn_http_request *req,
				   const struct kn_http_ops *ops, void *user)
{
	snprintf(asked, sizeof(asked), "%s %s", req->method, req->url);
	http = (struct kn_http_call){*ops, user};
	return &http;
}

void kn_http_cancel(struct kn_http_call *c)
{
	cancelled++;
}

const char *kn_worker_ip(const struct kn_worker *w)
{
	return "10.0.0.2";
}

void kn_worker_log(struct kn_worker *w, bool bad, const char *reason, const char *container,
		   const char *message)
{
	snprintf(warned, sizeof(warned), "%s", reason);
}

struct fixture {
	struct kn_kubelet k;
	struct kn_worker w;
	struct kn_pod *pod;
	struct kn_hook *hook;
	unsigned done;
	char error[400];
};

static void done(void *user, const char *error)
{
	struct fixture *f = user;

	f->done++;
	snprintf(f->error, sizeof(f->error), "%s", error ? error : "");
}

static void begin(struct fixture *f, const char *yaml)
{
	const K8s__Container *c;

	memset(f, 0, sizeof(*f));
	assert_int_equal(kn_loop_new(&f->k.d.loop, NULL), 0);
	f->w.k = &f->k;
	f->w.name = (char *)"p";
	f->w.ns = (char *)"ns1";
	f->w.uid = (char *)"u1";
	f->pod = pod_make(yaml);
	asked[0] = warned[0] = 0;
	cancelled = 0;
	c = f->pod->obj->spec->containers[0];
	f->hook = kn_hook_start(&f->w, c->lifecycle->prestop, c, "id1", done, f);
	assert_int_equal(f->done, 0);
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->pod);
	kn_loop_free(f->k.d.loop);
}

static void turn(struct fixture *f)
{
	for (int i = 0; i < 3; i++)
		kn_loop_run_once(f->k.d.loop, KN_NSEC_PER_MSEC);
}

#define HOOK(text) POD(CTR(", ports: [{name: web, containerPort: 80}], lifecycle: {preStop: {" text "}}"))

static void test_commands(void **state)
{
	const struct kn_err gone = {.code = ENOENT, .msg = "no such container"};
	Cri__ExecSyncResponse r = CRI__EXEC_SYNC_RESPONSE__INIT;
	struct fixture f;

	begin(&f, HOOK("exec: {command: [a, b]}"));
	assert_string_equal(asked, "id1 a 2");
	exec.done(exec.user, &r.base, NULL);
	assert_int_equal(f.done, 1);
	assert_string_equal(f.error, "");
	end(&f);
	begin(&f, HOOK("exec: {command: [a, b]}"));
	r.exit_code = 3;
	r.stdout.data = (uint8_t *)"out";
	r.stdout.len = 3;
	r.stderr.data = (uint8_t *)"err";
	r.stderr.len = 3;
	exec.done(exec.user, &r.base, NULL);
	assert_string_equal(
		f.error,
		"Exec lifecycle hook ([a b]) for Container \"c\" in Pod \"p_ns1(u1)\" failed - error: "
		"command 'a b' exited with 3: outerr, message: \"outerr\"");
	end(&f);
	begin(&f, HOOK("exec: {command: [a]}"));
	exec.done(exec.user, NULL, &gone);
	assert_non_null(strstr(f.error, "error: no such container, message: \"\""));
	end(&f);
	begin(&f, HOOK("exec: {command: [a]}"));
	kn_hook_cancel(f.hook);
	kn_hook_cancel(NULL);
	assert_int_equal(cancelled, 1);
	assert_int_equal(f.done, 0);
	end(&f);
}

static void test_requests(void **state)
{
	struct kn_http_result r = {.status = 500};
	struct fixture f;

	begin(&f, HOOK("httpGet: {path: /bye, port: web}"));
	assert_string_equal(asked, "GET http://10.0.0.2:80/bye");
	http.ops.done(http.user, &r); /* any answer is one */
	assert_int_equal(f.done, 1);
	assert_string_equal(f.error, "");
	end(&f);
	begin(&f, HOOK("httpGet: {path: /bye, port: 81, host: 192.0.2.1}"));
	assert_string_equal(asked, "GET http://192.0.2.1:81/bye");
	r.err = (struct kn_err){.code = ECONNREFUSED, .msg = "refused"};
	http.ops.done(http.user, &r);
	assert_string_equal(f.error,
			    "HTTP lifecycle hook (/bye) for Container \"c\" in Pod \"p_ns1(u1)\" failed - "
			    "error: refused");
	end(&f);
	begin(&f, HOOK("httpGet: {path: /bye, port: 81}"));
	kn_hook_cancel(f.hook);
	assert_int_equal(cancelled, 1);
	end(&f);
	begin(&f, HOOK("httpGet: {path: /bye, port: nowhere}"));
	assert_string_equal(asked, "");
	turn(&f);
	assert_int_equal(f.done, 1);
	assert_non_null(strstr(f.error, "HTTP lifecycle hook (/bye)"));
	end(&f);
}

static void test_https_that_is_none(void **state)
{
	struct kn_http_result r = {.err = {.code = EPROTO, .msg = "no TLS"}};
	struct fixture f;

	begin(&f, HOOK("httpGet: {path: /bye, port: 80, scheme: HTTPS}"));
	assert_string_equal(asked, "GET https://10.0.0.2:80/bye");
	http.ops.done(http.user, &r);
	assert_int_equal(f.done, 0);
	assert_string_equal(asked, "GET http://10.0.0.2:80/bye");
	r.err.code = 0;
	http.ops.done(http.user, &r);
	assert_int_equal(f.done, 1);
	assert_string_equal(f.error, "");
	assert_string_equal(warned, "LifecycleHTTPFallback");
	end(&f);
	begin(&f, HOOK("httpGet: {path: /bye, port: 80, scheme: HTTPS}"));
	r.err.code = EPROTO;
	http.ops.done(http.user, &r);
	http.ops.done(http.user, &r); /* once only */
	assert_int_equal(f.done, 1);
	assert_non_null(strstr(f.error, "no TLS"));
	assert_string_equal(warned, "");
	end(&f);
}

static void test_sleep(void **state)
{
	struct fixture f;
	int64_t begun = kn_mono(&kn_clock_system);

	begin(&f, HOOK("sleep: {seconds: 1}"));
	turn(&f);
	assert_int_equal(f.done, 0);
	while (!f.done && kn_mono(&kn_clock_system) < begun + 5 * KN_NSEC_PER_SEC)
		kn_loop_run_once(f.k.d.loop, 50 * KN_NSEC_PER_MSEC);
	assert_int_equal(f.done, 1);
	assert_true(kn_mono(&kn_clock_system) - begun >= KN_NSEC_PER_SEC);
	assert_string_equal(f.error, "");
	end(&f);
	begin(&f, HOOK("sleep: {seconds: 60}"));
	kn_hook_cancel(f.hook);
	turn(&f);
	assert_int_equal(f.done, 0);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_commands),
		cmocka_unit_test(test_requests),
		cmocka_unit_test(test_https_that_is_none),
		cmocka_unit_test(test_sleep),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
