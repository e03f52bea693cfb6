/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "selftests/harness/cri_fixture.h"
#include "selftests/harness/fake_cri.c"

#define METHOD "GetContainerEvents"

struct seen {
	struct cri_fixture *x;
	struct kn_cri_events *stream;
	unsigned events, ends, stop_after;
	bool free_client, stop_in_end;
	struct kn_err err;
};

static void on_event(void *user, const Cri__ContainerEventResponse *ev)
{
	struct seen *s = user;

	assert_string_equal(ev->container_id, "c1");
	assert_int_equal(ev->container_event_type, CRI__CONTAINER_EVENT_TYPE__CONTAINER_STOPPED_EVENT);
	s->events++;
	if (s->events == s->stop_after) {
		s->stream = kn_cri_events_stop(s->stream);
		if (s->free_client)
			s->x->cri = kn_cri_free(s->x->cri);
		assert_string_equal(ev->container_id, "c1"); /* valid to the callback's end */
	}
}

static void on_end(void *user, const struct kn_err *err)
{
	struct seen *s = user;

	s->ends++;
	s->err = *err;
	if (s->stop_in_end)
		s->stream = kn_cri_events_stop(s->stream);
}

static void answer(struct cri_fixture *x, unsigned messages, int code, bool hang)
{
	Cri__ContainerEventResponse ev = CRI__CONTAINER_EVENT_RESPONSE__INIT;
	const struct fake_answer a = {
		.msg = &ev.base, .messages = messages, .code = code, .text = "t", .hang = hang};

	ev.container_id = (char *)"c1";
	ev.container_event_type = CRI__CONTAINER_EVENT_TYPE__CONTAINER_STOPPED_EVENT;
	fake_cri_set(x->server, METHOD, &a);
}

static void start(struct cri_fixture *x, struct seen *s)
{
	s->x = x;
	s->stream = kn_cri_events_start(x->cri, on_event, on_end, s);
}

static void test_events_then_end(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {0};

	answer(x, 500, 0, false);
	start(x, &s);
	assert_int_equal(s.events, 0);
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_int_equal(s.events, 500);
	assert_int_equal(s.err.code, EPIPE);
	cri_run_for(x, 50);
	assert_int_equal(s.ends, 1);
	kn_cri_events_stop(s.stream);
}

static void test_unimplemented(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {0};

	start(x, &s);
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_int_equal(s.err.code, ENOSYS);
	assert_int_equal(s.events, 0);
	kn_cri_events_stop(s.stream);
}

static void test_open_stream_delivers_and_dies_with_the_server(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {0};

	answer(x, 3, 0, true);
	start(x, &s);
	assert_true(cri_wait(x, &s.events, 3, 5000)); /* they come while the stream is open */
	cri_run_for(x, 50);
	assert_int_equal(s.ends, 0);
	x->server = fake_cri_stop(x->server);
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_true(s.err.code == ECONNREFUSED || s.err.code == ECANCELED);
	kn_cri_events_stop(s.stream);
}

static void test_no_server(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {0};

	x->server = fake_cri_stop(x->server);
	start(x, &s);
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_int_equal(s.err.code, ECONNREFUSED);
	kn_cri_events_stop(s.stream);
}

static void test_garbage_ends_it(void **state)
{
	struct cri_fixture *x = *state;
	const struct fake_answer bad = {.data = "\xff\xff", .len = 2, .messages = 5, .hang = true};
	struct seen s = {0};

	fake_cri_set(x->server, METHOD, &bad);
	start(x, &s);
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_int_equal(s.err.code, EPROTO);
	cri_run_for(x, 50);
	assert_int_equal(s.ends, 1);
	kn_cri_events_stop(s.stream);
}

static void test_stop(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {.stop_after = 2};

	answer(x, 10, 0, true);
	start(x, &s);
	for (int i = 0; i < 200 && !fake_cri_cancelled(x->server, METHOD); i++)
		cri_run_for(x, 10);
	assert_int_equal(s.events, 2);
	assert_int_equal(fake_cri_cancelled(x->server, METHOD), 1);
	assert_int_equal(s.ends, 0);
	assert_null(kn_cri_events_stop(NULL));
}

static void test_stop_inside_end(void **state)
{
	const struct fake_answer bad = {.data = "\xff\xff", .len = 2, .messages = 5};
	struct cri_fixture *x = *state;
	struct seen s = {.stop_in_end = true};

	start(x, &s); /* by status */
	assert_true(cri_wait(x, &s.ends, 1, 5000));
	assert_null(s.stream);
	fake_cri_set(x->server, METHOD, &bad);
	start(x, &s); /* by what can't be decoded */
	assert_true(cri_wait(x, &s.ends, 2, 5000));
	assert_null(s.stream);
	cri_run_for(x, 50);
	assert_int_equal(s.ends, 2);
}

static void test_free_client_inside_event(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {.stop_after = 2, .free_client = true};

	answer(x, 10, 0, true);
	start(x, &s);
	for (int i = 0; i < 500 && x->cri; i++)
		cri_run_for(x, 10);
	assert_null(x->cri);
	assert_int_equal(s.ends, 0);
}

static void test_stream_outlives_client(void **state)
{
	struct cri_fixture *x = *state;
	struct seen s = {0};

	answer(x, 1, 0, true);
	start(x, &s);
	assert_true(cri_wait(x, &s.events, 1, 5000));
	x->cri = kn_cri_free(x->cri);
	cri_run_for(x, 20);
	assert_int_equal(s.ends, 0);
	kn_cri_events_stop(s.stream);
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, cri_setup, cri_teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_events_then_end),
		T(test_unimplemented),
		T(test_open_stream_delivers_and_dies_with_the_server),
		T(test_no_server),
		T(test_garbage_ends_it),
		T(test_stop),
		T(test_stop_inside_end),
		T(test_free_client_inside_event),
		T(test_stream_outlives_client),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
