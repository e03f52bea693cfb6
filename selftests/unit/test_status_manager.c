/* SPDX-License-Identifier: Apache-2.0 */
/* The API client is a fake: its functions are defined here, so the real ones stay out of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/status/status_manager.h"
#include "selftests/harness/pod_fixture.h"

struct kn_api_call {
	kn_api_done done;
	void *user;
	char text[400]; /* "METHOD PATH BODY" */
};

static struct kn_api_call *under_way;
static unsigned asked, cancelled;

struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user)
{
	assert_null(under_way); /* one at a time: there is one pod here */
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
	cancelled++;
	free(kn_steal(under_way));
}

struct fixture {
	struct kn_loop *loop;
	struct kn_status_manager *m;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	f->m = kn_status_manager_new(f->loop, NULL);
	asked = cancelled = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_free(f->m);
	kn_loop_free(f->loop);
	free(f);
	return under_way ? -1 : 0;
}

/* A pod of the API server; more: further metadata, phase: of its status. */
static struct kn_object *object(const char *uid, const char *rv, const char *more, const char *phase)
{
	char *yaml kn_auto_free = kn_sprintf(
		"{metadata: {name: p, namespace: ns1, uid: %s, resourceVersion: '%s'%s}, spec: {containers: "
		"[{name: c, image: i}]}, status: {phase: %s}}",
		uid, rv, more, phase);
	struct kn_arena *a = kn_arena_new(0);
	struct kn_object *o = NULL;
	ProtobufCMessage *m = NULL;
	struct kn_node *n = NULL;

	assert_int_equal(kn_yaml_parse(yaml, strlen(yaml), NULL, a, &n, NULL), 0);
	assert_int_equal(kn_codec_decode(&k8s__pod__descriptor, n, KN_CODEC_STRICT, a, &m, NULL), 0);
	assert_int_equal(kn_object_new(&o, a, m, NULL), 0);
	return o;
}

#define DELETED ", deletionTimestamp: '2026-01-01T00:00:00Z'"
#define MIRROR ", ownerReferences: [{apiVersion: v1, kind: Node, name: node-1, uid: nu}]"

static void tell(struct fixture *f, const char *uid, const char *rv, const char *more, const char *phase)
{
	struct kn_object *o = object(uid, rv, more, phase);

	kn_status_manager_object(f->m, "u1", o);
	kn_object_unref(o);
}

static void set(struct fixture *f, const char *phase)
{
	struct kn_arena *a = kn_arena_new(0);
	K8s__PodStatus *s = kn_arena_alloc(a, sizeof(*s));

	k8s__pod_status__init(s);
	s->phase = (char *)phase;
	kn_status_manager_set(f->m, "u1", a, s);
}

/* Answers what is under way. phase: of the object that comes back; NULL: none does. */
static void answer(int code, int retry_after_s, const char *phase, const char *rv)
{
	struct kn_api_call *c = kn_steal(under_way);
	struct kn_api_result r = {.reason = "", .retry_after_s = retry_after_s};
	struct kn_object *o = phase ? object("u1", rv, "", phase) : NULL;
	struct kn_arena *a = NULL;

	assert_non_null(c);
	r.err.code = code;
	r.arena = &a;
	if (o) {
		a = o->arena;
		r.obj = o->msg;
	}
	c->done(c->user, &r);
	free(c);
	if (o && a) /* was not taken */
		kn_object_unref(o);
	else
		free(o); /* its arena has another owner now */
}

#define CLIENT ((struct kn_client *)1)
#define PATCHED(phase)                                                                                       \
	"PATCH /api/v1/namespaces/ns1/pods/p/status "                                                        \
	"{\"metadata\":{\"uid\":\"u1\"},\"status\":{\"phase\":\"" phase "\"}}"

static void test_what_is_new_is_told_once(void **state)
{
	struct fixture *f = *state;

	tell(f, "u1", "1", "", "Pending");
	assert_string_equal(kn_status_manager_old(f->m, "u1")->phase, "Pending");
	set(f, "Running");
	assert_string_equal(kn_status_manager_old(f->m, "u1")->phase, "Running");
	assert_string_equal(kn_status_manager_api(f->m, "u1")->phase, "Pending");
	assert_null(under_way); /* nobody to tell it to */
	assert_int_equal(kn_status_manager_stats(f->m).waiting, 1);
	kn_status_manager_connect(f->m, CLIENT);
	assert_string_equal(under_way->text, PATCHED("Running"));
	answer(0, -1, "Running", "2");
	assert_string_equal(kn_status_manager_api(f->m, "u1")->phase, "Running");
	set(f, "Running");
	tell(f, "u1", "2", "", "Running");
	assert_int_equal(asked, 1);
	assert_int_equal(kn_status_manager_stats(f->m).waiting, 0);
	assert_int_equal(kn_status_manager_stats(f->m).patches, 1);
	assert_null(kn_status_manager_old(f->m, "u2"));
}

static void test_the_newest_wins(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "1", "", "Pending");
	set(f, "Running");
	set(f, "Unknown");
	set(f, "Succeeded"); /* both while the first is under way */
	assert_int_equal(asked, 1);
	answer(0, -1, "Running", "2");
	assert_string_equal(under_way->text, PATCHED("Succeeded"));
	answer(0, -1, "Succeeded", "3");
	assert_int_equal(asked, 2);
}

static void test_an_old_view_changes_nothing(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "9", "", "Pending");
	set(f, "Running");
	answer(0, -1, "Running", "10");
	tell(f, "u1", "9", "", "Pending"); /* the watch comes behind */
	assert_string_equal(kn_status_manager_api(f->m, "u1")->phase, "Running");
	assert_null(under_way);
}

static void test_the_watch_may_be_faster(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "9", "", "Pending");
	set(f, "Running");
	tell(f, "u1", "10", "", "Running");
	answer(0, -1, "Running", "10");
	assert_int_equal(kn_status_manager_stats(f->m).waiting, 0);
	set(f, "Succeeded");
	tell(f, "u1", "12", "", "Failed"); /* somebody wrote over ours, which is told to be there only now */
	answer(0, -1, "Succeeded", "11");
	assert_string_equal(kn_status_manager_api(f->m, "u1")->phase, "Failed");
	assert_null(under_way);
	assert_int_equal(kn_status_manager_stats(f->m).waiting, 1); /* it will be put right */
}

static void test_failures_are_tried_again_later(void **state)
{
	struct fixture *f = *state;
	int64_t end;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "1", "", "Pending");
	set(f, "Running");
	answer(EIO, -1, NULL, NULL);
	assert_int_equal(kn_status_manager_stats(f->m).failures, 1);
	set(f, "Succeeded"); /* not before its time */
	assert_null(under_way);
	end = kn_mono(&kn_clock_system) + 3 * KN_NSEC_PER_SEC;
	while (!under_way && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_string_equal(under_way->text, PATCHED("Succeeded"));
	answer(EAGAIN, 60, NULL, NULL); /* the server says when */
	end = kn_mono(&kn_clock_system) + KN_NSEC_PER_SEC / 2;
	while (kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_null(under_way);
}

static void test_deleted_when_it_has_ended(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "1", "", "Running");
	kn_status_manager_finish(f->m, "u1"); /* nobody asked for its deletion yet */
	assert_null(under_way);
	set(f, "Failed");
	tell(f, "u1", "2", DELETED, "Running"); /* the status goes first */
	assert_string_equal(under_way->text, PATCHED("Failed"));
	answer(0, -1, NULL, NULL);
	tell(f, "u1", "3", DELETED, "Failed");
	assert_string_equal(under_way->text,
			    "DELETE /api/v1/namespaces/ns1/pods/p {\"apiVersion\":\"v1\",\"kind\":"
			    "\"DeleteOptions\",\"gracePeriodSeconds\":0,\"preconditions\":{\"uid\":\"u1\"}}");
	answer(ENOENT, -1, NULL, NULL); /* gone: as good as done */
	tell(f, "u1", "4", DELETED, "Failed");
	assert_null(under_way);
	assert_int_equal(kn_status_manager_stats(f->m).deletes, 1);
}

static void test_mirrors_are_not_deleted_here(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "mirror-uid", "1", MIRROR DELETED, "Running");
	kn_status_manager_finish(f->m, "u1");
	assert_null(under_way);
	set(f, "Failed");
	assert_non_null(strstr(under_way->text, "{\"uid\":\"mirror-uid\"}"));
	tell(f, "second-uid", "2", MIRROR, "Pending"); /* made anew: told anew */
	assert_int_equal(cancelled, 1);
	assert_non_null(strstr(under_way->text, "{\"uid\":\"second-uid\"}"));
	kn_status_manager_object(f->m, "u1", NULL);
	assert_int_equal(cancelled, 2);
	assert_null(kn_status_manager_api(f->m, "u1"));
	assert_string_equal(kn_status_manager_old(f->m, "u1")->phase, "Failed");
}

static void test_what_others_write_is_put_right_later(void **state)
{
	struct fixture *f = *state;

	kn_status_manager_connect(f->m, CLIENT);
	tell(f, "u1", "1", "", "Pending");
	set(f, "Running");
	answer(0, -1, "Running", "2");
	tell(f, "u1", "3", "", "Failed");
	assert_null(under_way);
	assert_int_equal(kn_status_manager_stats(f->m).waiting, 1);
	kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_null(under_way);
	set(f, "Succeeded"); /* news of our own waits for nobody */
	assert_string_equal(under_way->text, PATCHED("Succeeded"));
	kn_status_manager_drop(f->m, "u1");
	assert_int_equal(cancelled, 1);
	assert_int_equal(kn_status_manager_stats(f->m).pods, 0);
	kn_status_manager_drop(f->m, "u1");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_is_new_is_told_once),	T(test_the_newest_wins),
		T(test_an_old_view_changes_nothing),	T(test_the_watch_may_be_faster),
		T(test_failures_are_tried_again_later), T(test_deleted_when_it_has_ended),
		T(test_mirrors_are_not_deleted_here),	T(test_what_others_write_is_put_right_later),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
