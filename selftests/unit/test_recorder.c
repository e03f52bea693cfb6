/* SPDX-License-Identifier: Apache-2.0 */
/* The API client is a fake: its functions are defined here, so the real ones stay out of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/status/recorder.h"
#include "selftests/harness/pod_fixture.h"

struct kn_api_call {
	kn_api_done done;
	void *user;
	char text[1200]; /* "METHOD PATH BODY" */
};

static struct kn_api_call *under_way;
static unsigned asked;

struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user)
{
	assert_null(under_way); /* one after the other */
	under_way = kn_calloc(1, sizeof(*under_way));
	under_way->done = done;
	under_way->user = user;
	snprintf(under_way->text, sizeof(under_way->text), "%s %s %.*s", req->method, req->path,
		 (int)req->raw_len, (const char *)req->raw);
	asked++;
	return under_way;
}

void kn_api_cancel(struct kn_api_call *call)
{
	assert_ptr_equal(call, under_way);
	free(kn_steal(under_way));
}

struct fixture {
	struct kn_loop *loop;
	struct kn_recorder *r;
	struct kn_pod *pod;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	f->r = kn_recorder_new(f->loop, "n1", NULL);
	f->pod = pod_make(POD("initContainers: [{name: i1, image: i}], " CTR("")));
	asked = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_recorder_free(f->r);
	kn_pod_unref(f->pod);
	kn_loop_free(f->loop);
	free(f);
	return under_way ? -1 : 0;
}

static const char *turn(struct fixture *f)
{
	for (int i = 0; i < 4; i++)
		kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
	return under_way ? under_way->text : "";
}

static void answer(int status, int code)
{
	const struct kn_api_result r = {.status = status, .err = {.code = code}, .reason = ""};
	struct kn_api_call *c = kn_steal(under_way);

	assert_non_null(c);
	c->done(c->user, &r);
	free(c);
}

static void has(const char *text, const char *part)
{
	if (!strstr(text, part))
		fail_msg("no %s in %s", part, text);
}

static void pulled(struct fixture *f, const char *message)
{
	kn_recorder_pod(f->r, f->pod, "c", false, "Pulled", message);
}

#define CLIENT ((struct kn_client *)1)

static void test_about_a_pod(void **state)
{
	struct fixture *f = *state;
	const char *text;

	kn_recorder_pod(NULL, f->pod, "c", true, "R", "m");
	kn_recorder_pod(f->r, f->pod, "i1", true, "Failed", "say \"why\"");
	assert_string_equal(turn(f), ""); /* kept until there is a client */
	kn_recorder_connect(f->r, CLIENT);
	text = turn(f);
	has(text, "POST /api/v1/namespaces/ns1/events {\"apiVersion\":\"v1\",\"kind\":\"Event\"");
	has(text, "\"metadata\":{\"name\":\"p.");
	has(text, "\"involvedObject\":{\"kind\":\"Pod\",\"namespace\":\"ns1\",\"name\":\"p\",\"uid\":\"u1\"");
	has(text, "\"fieldPath\":\"spec.initContainers{i1}\"");
	has(text, "\"message\":\"say \\\"why\\\"\"");
	has(text, "\"source\":{\"component\":\"kubelet\",\"host\":\"n1\"}");
	has(text, "\"count\":1,\"type\":\"Warning\"");
	answer(201, 0);
	kn_recorder_pod(f->r, f->pod, NULL, false, "Started", "m");
	text = turn(f);
	assert_null(strstr(text, "fieldPath"));
	has(text, "\"type\":\"Normal\"");
	answer(201, 0);
	assert_int_equal(kn_recorder_stats(f->r).sent, 2);
}

static void test_about_the_node(void **state)
{
	struct fixture *f = *state;

	kn_recorder_connect(f->r, CLIENT);
	kn_recorder_node(f->r, false, "Starting", "m");
	has(turn(f), "POST /api/v1/namespaces/default/events ");
	has(under_way->text, "\"involvedObject\":{\"kind\":\"Node\",\"name\":\"n1\",\"uid\":\"n1\"");
	answer(201, 0);
}

static void test_the_same_again_is_counted(void **state)
{
	struct fixture *f = *state;

	kn_recorder_connect(f->r, CLIENT);
	pulled(f, "m");
	pulled(f, "m");
	has(turn(f), "POST ");
	answer(201, 0);
	has(turn(f), "PATCH /api/v1/namespaces/ns1/events/p.");
	has(under_way->text, " {\"count\":2,\"lastTimestamp\":");
	answer(404, ENOENT); /* forgotten: told anew, with the count */
	has(under_way->text, "POST ");
	has(under_way->text, "\"count\":2");
	answer(201, 0);
	pulled(f, "m");
	has(turn(f), "PATCH ");
	answer(200, 0);
	assert_int_equal(kn_recorder_stats(f->r).counted, 1);
	assert_int_equal(kn_recorder_stats(f->r).sent, 3);
}

static void test_what_is_refused_is_dropped(void **state)
{
	struct fixture *f = *state;

	kn_recorder_connect(f->r, CLIENT);
	pulled(f, "one");
	pulled(f, "two");
	has(turn(f), "\"one\"");
	answer(403, EACCES);
	has(turn(f), "\"two\"");
	assert_int_equal(kn_recorder_stats(f->r).failed, 1);
	answer(0, ECONNREFUSED); /* no answer: kept, and what comes behind it waits */
	pulled(f, "three");
	assert_string_equal(turn(f), "");
}

static void test_bounds(void **state)
{
	struct fixture *f = *state;

	for (int i = 0; i < 1005; i++)
		pulled(f, "m");
	assert_int_equal(kn_recorder_stats(f->r).dropped, 5);
	kn_recorder_connect(f->r, CLIENT);
	for (asked = 0; *turn(f);)
		answer(201, 0);
	assert_int_equal(asked, 25); /* a burst for one object */
	assert_int_equal(kn_recorder_stats(f->r).suppressed, 975);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_about_a_pod),
		T(test_about_the_node),
		T(test_the_same_again_is_counted),
		T(test_what_is_refused_is_dropped),
		T(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
