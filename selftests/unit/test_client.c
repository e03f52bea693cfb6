/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "selftests/harness/cri_fixture.h"
#include "selftests/harness/fake_cri.c"

#define MS KN_NSEC_PER_MSEC

static void see_version(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	const Cri__VersionResponse *v = (const Cri__VersionResponse *)rsp;
	unsigned *n = user;

	assert_null(err);
	assert_string_equal(v->runtime_name, "faked");
	assert_string_equal(v->runtime_version, "1.2.3");
	++*n;
}

static void test_answer_is_decoded(void **state)
{
	struct cri_fixture *x = *state;
	Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;
	kn_auto_free void *seen = NULL;
	size_t len = 0;
	unsigned n = 0;

	rsp.runtime_name = (char *)"faked";
	rsp.runtime_version = (char *)"1.2.3";
	cri_answer(x, "Version", &rsp.base);
	req.version = (char *)"0.1.0";
	kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, KN_CRI_TIMEOUT_DEFAULT, see_version, &n);
	assert_int_equal(n, 0); /* never before the call returns */
	assert_true(cri_wait(x, &n, 1, 5000));
	seen = fake_cri_request(x->server, "Version", &len);
	assert_int_equal(len, 7);
	assert_memory_equal(seen,
			    "\x0a\x05"
			    "0.1.0",
			    7);
	assert_int_equal(kn_cri_method_stats(x->cri, KN_CRI_VERSION)->calls, 1);
	assert_int_equal(kn_cri_method_stats(x->cri, KN_CRI_VERSION)->errors, 0);
	assert_true(kn_cri_method_stats(x->cri, KN_CRI_VERSION)->time_ns > 0);
	assert_int_equal(kn_cri_method_stats(x->cri, KN_CRI_STATUS)->calls, 0);
}

static void test_empty_answer(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__StopContainerRequest req = CRI__STOP_CONTAINER_REQUEST__INIT;
	const struct fake_answer empty = {.data = "", .len = 0};
	struct cri_result r = {0};

	fake_cri_set(x->server, "StopContainer", &empty);
	kn_cri_call(x->cri, KN_CRI_STOP_CONTAINER, &req.base, KN_CRI_TIMEOUT_NONE, cri_result_done, &r);
	assert_true(cri_wait(x, &r.count, 1, 5000));
	assert_true(r.got_response);
	assert_int_equal(r.err.code, 0);
}

static void test_errors_are_typed(void **state)
{
	static const struct {
		int code, err;
		const char *name;
	} want[] = {
		{1, ECANCELED, "Canceled"},
		{2, EIO, "Unknown"},
		{3, EINVAL, "InvalidArgument"},
		{4, ETIMEDOUT, "DeadlineExceeded"},
		{5, ENOENT, "NotFound"},
		{6, EEXIST, "AlreadyExists"},
		{7, EACCES, "PermissionDenied"},
		{8, EMSGSIZE, "ResourceExhausted"},
		{9, EBUSY, "FailedPrecondition"},
		{12, ENOSYS, "Unimplemented"},
		{13, EIO, "Internal"},
		{14, ECONNREFUSED, "Unavailable"},
		{16, EACCES, "Unauthenticated"},
	};
	struct cri_fixture *x = *state;

	for (size_t i = 0; i < KN_ARRAY_SIZE(want); i++) {
		struct fake_answer a = {.code = want[i].code, .text = "no: \"a %20 b\" \xc3\xa9"};
		char msg[128];
		struct cri_result r;

		fake_cri_set(x->server, "Version", &a);
		assert_int_equal(cri_version(x, &r), -want[i].err);
		assert_false(r.got_response);
		snprintf(msg, sizeof(msg), "rpc error: code = %s desc = %s", want[i].name, a.text);
		assert_string_equal(r.err.msg, msg);
	}
	assert_int_equal(kn_cri_method_stats(x->cri, KN_CRI_VERSION)->errors, KN_ARRAY_SIZE(want));
}

static void test_long_error_text_keeps_its_code(void **state)
{
	struct cri_fixture *x = *state;
	char text[2000];
	struct fake_answer a = {.code = 5, .text = text};
	struct cri_result r;

	memset(text, '\n', sizeof(text) - 1); /* three bytes each on the wire */
	text[sizeof(text) - 1] = 0;
	fake_cri_set(x->server, "Version", &a);
	assert_int_equal(cri_version(x, &r), -ENOENT);
}

static void test_garbage_is_an_error(void **state)
{
	struct cri_fixture *x = *state;
	const struct fake_answer bad = {.data = "\x0a\xff\xff\xff\xff\x0f", .len = 6};
	const struct fake_answer none = {.code = 0};
	struct cri_result r;

	fake_cri_set(x->server, "Version", &bad);
	assert_int_equal(cri_version(x, &r), -EIO);
	assert_false(r.got_response);
	fake_cri_set(x->server, "Version", &none); /* OK without a message */
	assert_int_equal(cri_version(x, &r), -EIO);
}

static void test_deadline(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__StatusRequest req = CRI__STATUS_REQUEST__INIT;
	const struct fake_answer hang = {.hang = true};
	struct cri_result r = {0};
	int64_t start = kn_mono(&kn_clock_system), took;

	fake_cri_set(x->server, "Status", &hang);
	kn_cri_call(x->cri, KN_CRI_STATUS, &req.base, 200 * MS, cri_result_done, &r);
	assert_true(cri_wait(x, &r.count, 1, 5000));
	took = kn_mono(&kn_clock_system) - start;
	assert_int_equal(r.err.code, ETIMEDOUT);
	assert_true(took >= 190 * MS && took < 2000 * MS);
	assert_int_equal(fake_cri_seen(x->server, "Status"), 1);
}

static void test_a_hanging_call_holds_up_nobody(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__RunPodSandboxRequest run = CRI__RUN_POD_SANDBOX_REQUEST__INIT;
	const Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;
	const Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	const struct fake_answer hang = {.hang = true};
	struct cri_result hung = {0}, r[99] = {{0}};
	struct kn_cri_call *call;

	cri_answer(x, "Version", &rsp.base);
	fake_cri_set(x->server, "RunPodSandbox", &hang);
	call = kn_cri_call(x->cri, KN_CRI_RUN_POD_SANDBOX, &run.base, KN_CRI_TIMEOUT_NONE, cri_result_done,
			   &hung);
	for (size_t i = 0; i < KN_ARRAY_SIZE(r); i++)
		kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, 20 * KN_NSEC_PER_SEC, cri_result_done, &r[i]);
	for (size_t i = 0; i < KN_ARRAY_SIZE(r); i++) {
		assert_true(cri_wait(x, &r[i].count, 1, 10000));
		assert_int_equal(r[i].count, 1);
		assert_true(r[i].got_response);
	}
	assert_int_equal(hung.count, 0);
	assert_int_equal(fake_cri_seen(x->server, "RunPodSandbox"), 1);

	kn_cri_cancel(call);
	for (int i = 0; i < 100 && !fake_cri_cancelled(x->server, "RunPodSandbox"); i++)
		cri_run_for(x, 20);
	assert_int_equal(fake_cri_cancelled(x->server, "RunPodSandbox"), 1); /* the runtime is told */
	assert_int_equal(hung.count, 0);				     /* and done isn't called */
}

static void test_cancel_at_once(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;
	const Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	struct cri_result r = {0}, after;

	cri_answer(x, "Version", &rsp.base);
	for (int i = 0; i < 50; i++) /* answered already or not, on time or late */ {
		struct kn_cri_call *c =
			kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, MS, cri_result_done, &r);

		usleep((useconds_t)(i % 5) * 300);
		kn_cri_cancel(c);
	}
	cri_run_for(x, 100);
	assert_int_equal(r.count, 0);
	assert_int_equal(cri_version(x, &after), 0);
}

static void test_no_server_fails_at_once_and_heals(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	const Cri__StatusRequest status = CRI__STATUS_REQUEST__INIT;
	const struct fake_answer hang = {.hang = true};
	struct cri_result r, hung = {0};
	int64_t start;

	cri_answer(x, "Version", &rsp.base);
	fake_cri_set(x->server, "Status", &hang);
	assert_int_equal(cri_version(x, &r), 0);
	kn_cri_call(x->cri, KN_CRI_STATUS, &status.base, KN_CRI_TIMEOUT_NONE, cri_result_done, &hung);
	while (!fake_cri_seen(x->server, "Status"))
		cri_run_for(x, 5);

	x->server = fake_cri_stop(x->server);
	assert_true(cri_wait(x, &hung.count, 1, 5000)); /* what was under way breaks off */
	assert_true(hung.err.code == ECONNREFUSED || hung.err.code == ECANCELED);
	start = kn_mono(&kn_clock_system);
	assert_int_equal(cri_version(x, &r), -ECONNREFUSED);
	assert_true(kn_mono(&kn_clock_system) - start < 2 * KN_NSEC_PER_SEC);
	cri_run_for(x, 700);
	assert_int_equal(cri_version(x, &r), -ECONNREFUSED);

	x->server = fake_cri_start(x->socket);
	assert_non_null(x->server);
	cri_answer(x, "Version", &rsp.base);
	start = kn_mono(&kn_clock_system);
	while (cri_version(x, &r) != 0) {
		assert_true(kn_mono(&kn_clock_system) - start < 6 * KN_NSEC_PER_SEC);
		cri_run_for(x, 50);
	}
}

static void free_client(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct cri_fixture *x = user;

	assert_non_null(rsp);
	x->cri = kn_cri_free(x->cri);
	assert_string_equal(((const Cri__VersionResponse *)rsp)->runtime_name, ""); /* still there */
}

static void test_free_inside_done(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;
	const Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	const struct fake_answer hang = {.hang = true};
	struct cri_result others = {0};

	cri_answer(x, "Version", &rsp.base);
	fake_cri_set(x->server, "Status", &hang);
	kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, KN_CRI_TIMEOUT_NONE, free_client, x);
	for (int i = 0; i < 20; i++)
		kn_cri_call(x->cri, KN_CRI_STATUS, &req.base, KN_CRI_TIMEOUT_NONE, cri_result_done, &others);
	for (int i = 0; i < 500 && x->cri; i++)
		cri_run_for(x, 10);
	assert_null(x->cri);
	cri_run_for(x, 50);
	assert_int_equal(others.count, 0);
}

static void test_free_with_calls_under_way(void **state)
{
	struct cri_fixture *x = *state;
	const Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;
	const Cri__VersionResponse rsp = CRI__VERSION_RESPONSE__INIT;
	struct cri_result r = {0};

	cri_answer(x, "Version", &rsp.base);
	for (int i = 0; i < 50; i++)
		kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, KN_CRI_TIMEOUT_NONE, cri_result_done, &r);
	usleep(20000); /* some are answered, with the loop not run yet */
	x->cri = kn_cri_free(x->cri);
	cri_run_for(x, 50);
	assert_int_equal(r.count, 0);
}

static void test_bad_endpoints(void **state)
{
	struct kn_cri *c = NULL;
	struct cri_fixture *x = *state;
	struct kn_err err;

	assert_int_equal(kn_cri_new(&c, x->loop, "tcp://127.0.0.1:1", NULL, &err), -EINVAL);
	assert_non_null(strstr(err.msg, "tcp://127.0.0.1:1"));
	assert_null(c);
	assert_null(kn_cri_free(NULL));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, cri_setup, cri_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_answer_is_decoded),
		T(test_empty_answer),
		T(test_errors_are_typed),
		T(test_long_error_text_keeps_its_code),
		T(test_garbage_is_an_error),
		T(test_deadline),
		T(test_a_hanging_call_holds_up_nobody),
		T(test_cancel_at_once),
		T(test_no_server_fails_at_once_and_heals),
		T(test_free_inside_done),
		T(test_free_with_calls_under_way),
		T(test_bad_endpoints),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
