// SPDX-License-Identifier: Apache-2.0
/* The reflector upon a transport that does what the test says: faults that no server makes on demand. */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <cmocka.h>

#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/reflector_private.h"

struct fixture {
	struct kn_loop *loop;
	struct kn_reflector *r;
	/* The request under way. */
	bool stream;
	char *query;
	void (*on_data)(void *user, const uint8_t *data, size_t len);
	kn_api_done done;
	void *user;
	unsigned requests, cancels;
	/* What was told: "+a", "~a", "-a" each, "S" for synced, "F" for failed. */
	struct kn_buf told;
	bool plain;   /* learnt of the server */
	char free_at; /* the reflector is freed when that is told */
};

static void *begin(struct fixture *f, const struct kn_api_request *req, bool stream, kn_api_done done,
		   void *user)
{
	assert_null(f->done); /* one at a time */
	assert_string_equal(req->path, "/api/v1/pods");
	free(f->query);
	f->query = kn_strdup(req->query ? req->query : "");
	f->stream = stream;
	f->done = done;
	f->user = user;
	f->requests++;
	return f;
}

static void *fake_start(void *ctx, const struct kn_api_request *req, kn_api_done done, void *user)
{
	return begin(ctx, req, false, done, user);
}

static void *fake_stream(void *ctx, const struct kn_api_request *req,
			 void (*on_data)(void *user, const uint8_t *data, size_t len), kn_api_done done,
			 void *user)
{
	((struct fixture *)ctx)->on_data = on_data;
	return begin(ctx, req, true, done, user);
}

static void fake_cancel(void *call)
{
	struct fixture *f = call;

	assert_non_null(f->done);
	f->done = NULL;
	f->cancels++;
}

static const struct kn_reflector_transport transport = {fake_start, fake_stream, fake_cancel};

static void told(struct fixture *f, char what, const char *name)
{
	kn_buf_addf(&f->told, "%c%s ", what, name);
	if (f->free_at == what)
		f->r = kn_reflector_free(f->r);
}

static void changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct fixture *f = user;

	if (new)
		assert_ptr_equal(kn_reflector_get(f->r, new->ns, new->name), new);
	else
		assert_null(kn_reflector_get(f->r, old->ns, old->name));
	told(f, !old ? '+' : new ? '~' : '-', (new ?: old)->name);
	if (new)
		assert_string_equal(new->ns, "ns"); /* alive, even if the reflector is not */
}

static void synced(void *user)
{
	told(user, 'S', "");
}

static void failed(void *user, const struct kn_api_result *r)
{
	assert_true(r->err.code > 0);
	assert_non_null(r->reason);
	told(user, 'F', "");
}

static void turn(struct fixture *f)
{
	for (int i = 0; i < 50 && !f->done; i++)
		kn_loop_run_once(f->loop, 10 * KN_NSEC_PER_MSEC);
	assert_non_null(f->done);
}

static struct fixture *setup(void)
{
	static const struct kn_reflector_ops ops = {changed, synced, failed};
	static const struct kn_resource pods = {
		.path = "/api/v1/pods", .item = &k8s__pod__descriptor, .list = &k8s__pod_list__descriptor};
	struct fixture *f = kn_calloc(1, sizeof(*f));

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	f->r = kn_reflector_new_on(f->loop, &transport, f, &pods, &ops, f);
	f->r->wait_scale = 0.001;
	assert_int_equal(f->requests, 0); /* nothing before the loop turns */
	turn(f);
	return f;
}

static void teardown(struct fixture *f)
{
	kn_reflector_free(f->r);
	assert_null(f->done); /* what was under way has been cancelled */
	kn_loop_free(f->loop);
	kn_buf_free(&f->told);
	free(f->query);
	free(f);
}

static void expect_told(struct fixture *f, const char *want)
{
	assert_string_equal(f->told.data ? f->told.data : "", want);
	kn_buf_free(&f->told);
}

static void envelope(struct kn_buf *out, const char *name, const char *uid, const char *rv, bool mark)
{
	K8s__Pod pod = K8S__POD__INIT;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__StringEntry entry = K8S__STRING_ENTRY__INIT, *entries[] = {&entry};

	meta.name = (char *)name;
	meta.namespace_ = name ? (char *)"ns" : NULL;
	meta.uid = (char *)uid;
	meta.resourceversion = (char *)rv;
	entry.key = (char *)"k8s.io/initial-events-end";
	entry.value = (char *)"true";
	meta.annotations = entries;
	meta.n_annotations = mark;
	pod.metadata = &meta;
	assert_int_equal(kn_envelope_encode(&pod.base, out, NULL), 0);
}

static void send_event(struct fixture *f, const char *type, const struct kn_buf *object)
{
	K8s__WatchEvent e = K8S__WATCH_EVENT__INIT;
	K8s__RawExtension raw = K8S__RAW_EXTENSION__INIT;
	uint8_t frame[1024];
	size_t n;

	e.type = (char *)type;
	e.object = &raw;
	raw.has_raw = true;
	raw.raw = (ProtobufCBinaryData){.data = (uint8_t *)object->data, .len = object->len};
	n = protobuf_c_message_pack(&e.base, frame + 4);
	frame[0] = frame[1] = 0;
	frame[2] = (uint8_t)(n >> 8);
	frame[3] = (uint8_t)n;
	f->on_data(f->user, frame, n + 4);
}

static void event(struct fixture *f, const char *type, const char *name, const char *uid, const char *rv)
{
	kn_auto_buf struct kn_buf o = {0};

	envelope(&o, name, uid, rv, false);
	send_event(f, type, &o);
}

static void end_mark(struct fixture *f, const char *rv)
{
	kn_auto_buf struct kn_buf o = {0};

	envelope(&o, NULL, NULL, rv, true);
	send_event(f, "BOOKMARK", &o);
}

static void error_event(struct fixture *f, int code, const char *reason)
{
	kn_auto_buf struct kn_buf o = {0};
	K8s__Status s = K8S__STATUS__INIT;

	s.has_code = true;
	s.code = code;
	s.reason = (char *)reason;
	s.message = (char *)"text";
	assert_int_equal(kn_envelope_encode(&s.base, &o, NULL), 0);
	send_event(f, "ERROR", &o);
}

static void finish(struct fixture *f, int status, int code, const char *reason, const struct kn_buf *body)
{
	struct kn_api_result r = {.status = status,
				  .reason = reason,
				  .retry_after_s = -1,
				  .body = body ? (const uint8_t *)body->data : NULL,
				  .len = body ? body->len : 0};
	kn_api_done done = f->done;

	if (code)
		kn_err_set(&r.err, code, "no");
	f->done = NULL;
	done(f->user, &r);
}

/* Pods a and b at 10, and synced. */
static struct fixture *setup_synced(void)
{
	struct fixture *f = setup();

	assert_true(f->stream);
	assert_non_null(strstr(f->query, "sendInitialEvents=true"));
	event(f, "ADDED", "a", "u1", "5");
	event(f, "ADDED", "b", "u2", "6");
	assert_int_equal(kn_reflector_count(f->r), 0);
	assert_false(kn_reflector_synced(f->r));
	expect_told(f, "");
	end_mark(f, "10");
	assert_true(kn_reflector_synced(f->r));
	assert_int_equal(kn_reflector_count(f->r), 2);
	assert_true(!strcmp(f->told.data, "+a +b S ") || !strcmp(f->told.data, "+b +a S "));
	kn_buf_free(&f->told);
	return f;
}

static void test_events(void **state)
{
	struct fixture *f = setup_synced();
	size_t it = 0, n = 0;

	event(f, "MODIFIED", "a", "u1", "11");
	event(f, "ADDED", "c", "u3", "12");
	event(f, "ADDED", "c", "u3", "12"); /* again: nothing new */
	event(f, "DELETED", "b", "u2", "13");
	event(f, "DELETED", "nobody", "u9", "14");
	expect_told(f, "~a +c -b ");
	while (kn_reflector_next(f->r, &it))
		n++;
	assert_int_equal(n, 2);
	assert_null(kn_reflector_get(f->r, "ns", "b"));
	assert_string_equal(kn_reflector_get(f->r, "ns", "a")->meta->resourceversion, "11");
	finish(f, 200, 0, "", NULL); /* its time was over: goes on at once, from where it was */
	turn(f);
	assert_non_null(strstr(f->query, "resourceVersion=14"));
	assert_null(strstr(f->query, "sendInitialEvents"));
	expect_told(f, "");
	assert_int_equal(kn_reflector_stats(f->r)->lists, 1);
	assert_int_equal(kn_reflector_stats(f->r)->watches, 2);
	teardown(f);
}

static void test_bookmark_counts(void **state)
{
	struct fixture *f = setup_synced();

	event(f, "BOOKMARK", NULL, NULL, "99");
	finish(f, 200, EPIPE, "", NULL);
	turn(f);
	assert_non_null(strstr(f->query, "resourceVersion=99"));
	expect_told(f, "F ");
	teardown(f);
}

/* An outage: told once, no list afterwards. */
static void test_outage(void **state)
{
	struct fixture *f = setup_synced();

	finish(f, 200, ECONNRESET, "", NULL);
	for (int i = 0; i < 5; i++) {
		turn(f);
		finish(f, 0, ECONNREFUSED, "", NULL);
	}
	turn(f);
	assert_non_null(strstr(f->query, "resourceVersion=10"));
	expect_told(f, "F F "); /* reset, then refused */
	event(f, "ADDED", "c", "u3", "12");
	expect_told(f, "+c ");
	assert_int_equal(kn_reflector_stats(f->r)->lists, 1);
	assert_int_equal(kn_reflector_stats(f->r)->relists, 0);
	assert_int_equal(kn_reflector_count(f->r), 3);
	teardown(f);
}

static void relist(struct fixture *f)
{
	turn(f);
	assert_non_null(strstr(f->query, "sendInitialEvents=true"));
	assert_int_equal(kn_reflector_count(f->r), 2); /* the store holds meanwhile */
	expect_told(f, "F ");
	event(f, "ADDED", "a", "u1", "5"); /* the same */
	event(f, "ADDED", "c", "u3", "21");
	end_mark(f, "30");
	expect_told(f, "-b +c ");
	assert_int_equal(kn_reflector_stats(f->r)->relists, 1);
	assert_int_equal(kn_reflector_stats(f->r)->lists, 2);
	event(f, "ADDED", "d", "u4", "31"); /* the same stream goes on */
	expect_told(f, "+d ");
}

static void test_gone(void **state)
{
	struct fixture *f = setup_synced();

	error_event(f, 410, "Expired");
	assert_int_equal(f->cancels, 1);
	relist(f);
	teardown(f);
}

static void test_gone_by_status(void **state)
{
	struct fixture *f = setup_synced();

	finish(f, 410, EKEYEXPIRED, "Expired", NULL);
	relist(f);
	teardown(f);
}

static void test_damaged_frame(void **state)
{
	struct fixture *f = setup_synced();

	f->on_data(f->user, (const uint8_t *)"\xff\xff\xff\xff", 4);
	assert_int_equal(f->cancels, 1);
	relist(f);
	teardown(f);
}

static void test_nameless_object(void **state)
{
	struct fixture *f = setup_synced();

	event(f, "ADDED", "", "u", "11");
	relist(f);
	teardown(f);
}

/* Other errors in the stream: the store holds, no list. */
static void test_error_event(void **state)
{
	struct fixture *f = setup_synced();

	error_event(f, 500, "InternalError");
	turn(f);
	assert_non_null(strstr(f->query, "resourceVersion=10"));
	expect_told(f, "F ");
	teardown(f);
}

/* Another object under the same name is a deletion and an addition. */
static void test_other_uid(void **state)
{
	struct fixture *f = setup_synced();

	event(f, "MODIFIED", "a", "u7", "11");
	expect_told(f, "-a +a ");
	event(f, "DELETED", "a", "u1", "12"); /* the former one: gone already */
	expect_told(f, "");
	assert_int_equal(kn_reflector_count(f->r), 2);
	teardown(f);
}

static void list_body(struct kn_buf *out, const char *name, const char *rv, const char *token)
{
	K8s__PodList list = K8S__POD_LIST__INIT;
	K8s__Pod pod = K8S__POD__INIT, *pods[] = {&pod};
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__ListMeta lm = K8S__LIST_META__INIT;

	meta.name = (char *)name;
	meta.namespace_ = (char *)"ns";
	pod.metadata = &meta;
	list.items = pods;
	list.n_items = 1;
	list.metadata = &lm;
	lm.resourceversion = (char *)rv;
	lm.continue_ = (char *)token;
	assert_int_equal(kn_envelope_encode(&list.base, out, NULL), 0);
}

static void test_plain_list(void **state)
{
	static const char json[] =
		"{\"kind\":\"PodList\",\"apiVersion\":\"v1\",\"metadata\":{\"resourceVersion\":\"40\"},"
		"\"items\":[{\"metadata\":{\"name\":\"z\",\"namespace\":\"ns\",\"resourceVersion\":\"4\"}}]}";
	const struct kn_buf text = {.data = (char *)json, .len = sizeof(json) - 1};
	kn_auto_buf struct kn_buf page = {0};
	struct fixture *f = setup();

	finish(f, 422, EINVAL, "Invalid", NULL);
	turn(f);
	assert_false(f->stream);
	assert_string_equal(f->query, "limit=500");
	list_body(&page, "y", "39", "tok=");
	finish(f, 200, 0, "", &page);
	turn(f);
	assert_string_equal(f->query, "limit=500&continue=tok%3D");
	expect_told(f, "");
	finish(f, 200, 0, "", &text);
	turn(f);
	assert_true(f->stream);
	assert_non_null(strstr(f->query, "resourceVersion=40"));
	assert_int_equal(kn_reflector_count(f->r), 2);
	assert_int_equal(f->told.len, strlen("+y +z S "));
	/* It stays with lists. */
	finish(f, 410, EKEYEXPIRED, "Expired", NULL);
	turn(f);
	assert_string_equal(f->query, "limit=500");
	teardown(f);
}

/* What one reflector learns of a server, the others needn't ask. */
static void test_plain_is_shared(void **state)
{
	static const struct kn_reflector_ops ops = {0};
	static const struct kn_resource pods = {
		.path = "/api/v1/pods", .item = &k8s__pod__descriptor, .list = &k8s__pod_list__descriptor};
	struct fixture *f = setup();
	struct kn_reflector *other;

	f->r->plain = &f->plain;
	finish(f, 422, EINVAL, "Invalid", NULL);
	assert_true(f->plain);
	kn_reflector_free(f->r);
	other = kn_reflector_new_on(f->loop, &transport, f, &pods, &ops, f);
	other->plain = &f->plain;
	f->r = other;
	turn(f);
	assert_false(f->stream);
	teardown(f);
}

static void test_token_expired(void **state)
{
	kn_auto_buf struct kn_buf page = {0}, all = {0};
	struct fixture *f = setup();

	finish(f, 400, EINVAL, "BadRequest", NULL);
	turn(f);
	list_body(&page, "y", "39", "t");
	finish(f, 200, 0, "", &page);
	turn(f);
	finish(f, 410, EKEYEXPIRED, "Expired", NULL);
	turn(f);
	assert_string_equal(f->query, "");
	list_body(&all, "z", "50", NULL);
	finish(f, 200, 0, "", &all);
	turn(f);
	assert_int_equal(kn_reflector_count(f->r), 1); /* of the broken list nothing is left */
	assert_null(kn_reflector_get(f->r, "ns", "y"));
	teardown(f);
}

static void test_bad_list(void **state)
{
	static const char *const bodies[] = {
		"",
		"{}",
		"k8s\0x",
		"<html>",
		"{\"kind\":\"PodList\"}",
		"{\"kind\":\"Status\",\"metadata\":{\"resourceVersion\":\"1\"}}"};
	struct fixture *f = setup();

	finish(f, 422, EINVAL, "Invalid", NULL);
	for (size_t i = 0; i < KN_ARRAY_SIZE(bodies); i++) {
		const struct kn_buf body = {.data = (char *)bodies[i], .len = strlen(bodies[i])};

		turn(f);
		assert_false(f->stream);
		finish(f, 200, 0, "", &body);
	}
	turn(f);
	assert_false(kn_reflector_synced(f->r));
	teardown(f);
}

/* A server that takes the unknown parameters for a common watch. */
static void test_never_complete(void **state)
{
	struct fixture *f = setup();

	for (int i = 0; i < 2; i++) {
		assert_true(f->stream);
		event(f, "ADDED", "a", "u1", "5");
		finish(f, 200, 0, "", NULL);
		turn(f);
	}
	assert_false(f->stream);
	teardown(f);
}

static void wait_cancel(struct fixture *f, unsigned cancels)
{
	for (int i = 0; i < 40 && f->cancels < cancels; i++)
		kn_loop_run_once(f->loop, 10 * KN_NSEC_PER_MSEC);
	assert_int_equal(f->cancels, cancels);
	turn(f);
}

/* A silent list is a failure; a silent watch may have nothing to say, and is begun anew without a word. */
static void test_idle(void **state)
{
	struct fixture *f = setup();

	f->r->idle_ns = 30 * KN_NSEC_PER_MSEC;
	finish(f, 200, ECONNRESET, "", NULL);
	turn(f);
	expect_told(f, "F ");
	wait_cancel(f, 1);
	expect_told(f, "F ");
	end_mark(f, "10");
	expect_told(f, "S ");
	wait_cancel(f, 2);
	assert_non_null(strstr(f->query, "resourceVersion=10"));
	wait_cancel(f, 3);
	expect_told(f, "");
	teardown(f);
}

/* Freed in each callback, at each point: the rest of the stream must not be touched (sanitizers look on). */
static void test_free_inside(void **state)
{
	static const char points[] = "+~-SF";

	for (const char *p = points; *p; p++) {
		struct fixture *f = setup();

		f->free_at = *p;
		event(f, "ADDED", "a", "u1", "5");
		event(f, "ADDED", "b", "u1", "6");
		end_mark(f, "10");
		if (f->r)
			event(f, "MODIFIED", "a", "u1", "11");
		if (f->r)
			event(f, "MODIFIED", "a", "u2", "12");
		if (f->r)
			error_event(f, 410, "Expired");
		assert_null(f->r);
		assert_null(f->done);
		teardown(f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_events),
		cmocka_unit_test(test_bookmark_counts),
		cmocka_unit_test(test_outage),
		cmocka_unit_test(test_gone),
		cmocka_unit_test(test_gone_by_status),
		cmocka_unit_test(test_damaged_frame),
		cmocka_unit_test(test_nameless_object),
		cmocka_unit_test(test_error_event),
		cmocka_unit_test(test_other_uid),
		cmocka_unit_test(test_plain_list),
		cmocka_unit_test(test_plain_is_shared),
		cmocka_unit_test(test_token_expired),
		cmocka_unit_test(test_bad_list),
		cmocka_unit_test(test_never_complete),
		cmocka_unit_test(test_idle),
		cmocka_unit_test(test_free_inside),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
