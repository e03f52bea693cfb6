// SPDX-License-Identifier: Apache-2.0
/* Requests, one at a time, and what becomes of them. reflector_plan.c decides, reflector_store.c keeps. */
#include <errno.h>
#include <string.h>
#include <sys/random.h>

#include "lib/k8s/object_list.h"
#include "lib/k8s/reflector_private.h"

#define WATCH_MIN_S 300	 /* a watch is asked for 5 to 10 minutes (client-go's minWatchTimeout) */
#define WATCH_GRACE_S 30 /* by then the server should have ended it */
#define IDLE_NS (210 * KN_NSEC_PER_SEC) /* bookmarks come every minute, but see on_idle */
#define SHORT_NS KN_NSEC_PER_SEC	/* a watch that ends so soon with nothing is a failure */
#define RETRY_AFTER_MAX_S 120

static void act(struct kn_reflector *r);

static uint32_t random32(void)
{
	uint32_t n = 0;

	if (getrandom(&n, sizeof(n), 0) != sizeof(n))
		n = (uint32_t)kn_mono(&kn_clock_system);
	return n;
}

static int64_t now(const struct kn_reflector *r)
{
	return kn_mono(kn_loop_clock(r->loop));
}

static void destroy(struct kn_reflector *r)
{
	kn_timer_free(r->retry);
	kn_timer_free(r->idle);
	kn_watch_stream_free(r->stream);
	kn_object_map_free(r->store);
	kn_object_map_free(r->next);
	free(r->token);
	free(r->path);
	free(r->field_selector);
	free(r->label_selector);
	free(r);
}

static void enter(struct kn_reflector *r)
{
	r->busy++;
}

static void leave(struct kn_reflector *r)
{
	if (--r->busy == 0 && r->dead)
		destroy(r);
}

static void cancel(struct kn_reflector *r)
{
	void *call = kn_steal(r->call);

	kn_timer_disarm(r->idle);
	if (call)
		r->transport->cancel(call);
}

struct kn_reflector *kn_reflector_free(struct kn_reflector *r)
{
	if (!r || r->dead)
		return NULL;
	enter(r);
	cancel(r);
	kn_timer_disarm(r->retry);
	r->dead = true;
	leave(r);
	return NULL;
}

static void tell_failed(struct kn_reflector *r, const struct kn_api_result *why)
{
	if (r->told_status == why->status && r->told_code == why->err.code)
		return;
	r->told_status = why->status;
	r->told_code = why->err.code;
	if (r->ops.failed)
		r->ops.failed(r->user, why);
}

static void tell_healthy(struct kn_reflector *r)
{
	r->told_status = r->told_code = 0;
}

static void forget(struct kn_reflector *r)
{
	r->rv[0] = '\0';
	r->stats.relists++;
}

static void wait_then_act(struct kn_reflector *r, int64_t retry_after_s)
{
	int64_t wait = kn_reflector_backoff(&r->backoff, now(r), random32()), told;

	told = (retry_after_s < RETRY_AFTER_MAX_S ? retry_after_s : RETRY_AFTER_MAX_S) * KN_NSEC_PER_SEC;
	if (wait < told)
		wait = told;
	kn_timer_arm(r->retry, (int64_t)((double)wait * r->wait_scale));
}

/* Ends what is under way, tells, and chooses what comes next and when. */
static void fail(struct kn_reflector *r, enum kn_reflector_verdict verdict, const struct kn_api_result *why)
{
	cancel(r);
	r->phase = KN_REFLECTOR_IDLE;
	r->next = kn_object_map_free(r->next);
	if (verdict == KN_REFLECTOR_PLAIN) {
		*r->plain = true;
		act(r);
		return;
	}
	if (verdict == KN_REFLECTOR_RELIST && r->rv[0])
		forget(r);
	wait_then_act(r, why->retry_after_s);
	tell_failed(r, why);
}

void kn_reflector_sync(struct kn_reflector *r, const char *rv)
{
	snprintf(r->rv, sizeof(r->rv), "%s", rv);
	r->phase = KN_REFLECTOR_WATCH; /* the stream goes on as one; a list's caller begins another */
	r->never_complete = 0;
	tell_healthy(r);
	kn_reflector_replace(r);
	if (r->dead || r->synced)
		return;
	r->synced = true;
	if (r->ops.synced)
		r->ops.synced(r->user);
}

static void read_events(struct kn_reflector *r, const void *call)
{
	struct kn_api_result failure;
	struct kn_watch_event e;
	struct kn_err err = KN_ERR_INIT;
	enum kn_reflector_step step = KN_STEP_GO_ON;
	char reason[64];
	int n = 0;

	while (!r->dead && r->call == call && step == KN_STEP_GO_ON &&
	       (n = kn_watch_next(r->stream, &e, &err)) > 0) {
		step = kn_reflector_event(r, &e, &failure, reason);
		if (step == KN_STEP_GO_ON)
			tell_healthy(r);
	}
	if (r->dead || r->call != call)
		return;
	if (n < 0) {
		failure =
			(struct kn_api_result){.status = 200, .err = err, .reason = "", .retry_after_s = -1};
		step = KN_STEP_DAMAGED;
	}
	if (step == KN_STEP_DAMAGED)
		fail(r, KN_REFLECTOR_RELIST, &failure);
	else if (step == KN_STEP_ERROR)
		fail(r, kn_reflector_judge(r->phase, &failure), &failure);
}

static void on_data(void *user, const uint8_t *data, size_t len)
{
	struct kn_reflector *r = user;

	enter(r);
	r->heard_ns = now(r);
	kn_watch_feed(r->stream, data, len);
	read_events(r, r->call);
	leave(r);
}

static void on_watch_error(struct kn_reflector *r, const struct kn_api_result *why)
{
	/* A stream that was open and broke says nothing about what the store has. */
	if (why->status >= 200 && why->status < 300)
		fail(r, KN_REFLECTOR_RESUME, why);
	else
		fail(r, kn_reflector_judge(r->phase, why), why);
}

/* The server ended the watch in good order, as it does after timeoutSeconds. */
static void on_watch_end(struct kn_reflector *r, const struct kn_api_result *result)
{
	struct kn_api_result why = *result;
	bool incomplete = r->phase == KN_REFLECTOR_INITIAL;
	bool empty = now(r) - r->started_ns < SHORT_NS && r->stats.events == r->started_events;

	if (!incomplete && !empty) {
		tell_healthy(r);
		act(r);
		return;
	}
	/* A server that doesn't know streaming lists takes the request for a common watch. */
	if (incomplete && ++r->never_complete >= 2)
		*r->plain = true;
	kn_err_set(&why.err, EAGAIN, "watch: ended %s", incomplete ? "before the list was whole" : "at once");
	fail(r, KN_REFLECTOR_RESUME, &why);
}

static void on_watch_done(void *user, const struct kn_api_result *result)
{
	struct kn_reflector *r = user;

	enter(r);
	r->call = NULL;
	kn_timer_disarm(r->idle);
	if (result->err.code)
		on_watch_error(r, result);
	else
		on_watch_end(r, result);
	leave(r);
}

/* Silence may be a connection that leads nowhere any more. It may also be nothing to say: a server sends no
 * bookmarks for a resource that hasn't changed since the server was started (apiserver's cacher.go). Hence no
 * word of it where a watch can simply be begun anew. */
static void on_idle(void *user)
{
	struct kn_reflector *r = user;
	struct kn_api_result why = {.reason = "", .retry_after_s = -1};
	int64_t left = r->heard_ns + r->idle_ns - now(r);

	if (left > 0) {
		kn_timer_arm(r->idle, left);
		return;
	}
	enter(r);
	if (r->phase == KN_REFLECTOR_WATCH) {
		cancel(r);
		act(r);
	} else {
		kn_err_set(&why.err, ETIMEDOUT, "watch: silent for %lld s",
			   (long long)(r->idle_ns / KN_NSEC_PER_SEC));
		fail(r, KN_REFLECTOR_RESUME, &why);
	}
	leave(r);
}

static void query(const struct kn_reflector *r, int timeout_s, struct kn_buf *out)
{
	kn_reflector_query(out, &(struct kn_reflector_query){
					.phase = r->phase,
					.field_selector = r->field_selector,
					.label_selector = r->label_selector,
					.rv = r->rv,
					.token = r->token,
					.whole = r->whole,
					.timeout_s = timeout_s,
				});
}

static void start_watch(struct kn_reflector *r, enum kn_reflector_phase phase)
{
	kn_auto_buf struct kn_buf text = {0};
	int timeout_s = WATCH_MIN_S + (int)(random32() % WATCH_MIN_S);
	struct kn_api_request req = {
		.method = "GET",
		.path = r->path,
		.timeout_ns = (timeout_s + WATCH_GRACE_S) * KN_NSEC_PER_SEC,
	};

	r->phase = phase;
	if (phase == KN_REFLECTOR_INITIAL) {
		r->next = kn_map_new();
		r->stats.lists++;
	}
	kn_watch_stream_free(r->stream);
	r->stream = kn_watch_stream_new();
	r->stats.watches++;
	r->started_events = r->stats.events;
	r->started_ns = r->heard_ns = now(r);
	query(r, timeout_s, &text);
	req.query = text.data;
	kn_timer_arm(r->idle, r->idle_ns + r->idle_ns / 4 * (random32() % 256) / 256);
	r->call = r->transport->stream(r->ctx, &req, on_data, on_watch_done, r);
}

static void start_page(struct kn_reflector *r);

/* One page into next: then the next page, or the watch. */
static void on_page(struct kn_reflector *r, const struct kn_api_result *result)
{
	struct kn_list_meta meta = {0};
	struct kn_api_result why = {.status = result->status, .reason = "", .retry_after_s = -1};

	if (kn_object_list_read(result->body, result->len, r->list, r->item, r->next, &meta, &why.err)) {
		fail(r, KN_REFLECTOR_RELIST, &why);
		return;
	}
	free(r->token);
	r->token = kn_steal(meta.token);
	if (r->token[0]) {
		start_page(r);
	} else if (strlen(meta.rv) >= sizeof(r->rv)) {
		kn_err_set(&why.err, EPROTO, "list: a resourceVersion of %zu characters", strlen(meta.rv));
		fail(r, KN_REFLECTOR_RELIST, &why);
	} else {
		r->whole = false;
		kn_reflector_sync(r, meta.rv);
		if (!r->dead)
			act(r);
	}
	free(meta.rv);
}

static void on_page_done(void *user, const struct kn_api_result *result)
{
	struct kn_reflector *r = user;
	bool later_page = r->token && r->token[0];

	enter(r);
	r->call = NULL;
	if (!result->err.code) {
		on_page(r, result);
	} else {
		/* The etcd revision of the pages before was compacted away: once more, in one piece. */
		if (later_page && result->status == 410)
			r->whole = true;
		fail(r, kn_reflector_judge(r->phase, result), result);
	}
	leave(r);
}

static void start_page(struct kn_reflector *r)
{
	kn_auto_buf struct kn_buf text = {0};
	struct kn_api_request req = {.method = "GET", .path = r->path};

	r->phase = KN_REFLECTOR_LIST;
	query(r, 0, &text);
	req.query = text.data;
	r->call = r->transport->start(r->ctx, &req, on_page_done, r);
}

static void start_list(struct kn_reflector *r)
{
	free(r->token);
	r->token = NULL;
	r->next = kn_map_new();
	r->stats.lists++;
	start_page(r);
}

static void act(struct kn_reflector *r)
{
	if (r->rv[0])
		start_watch(r, KN_REFLECTOR_WATCH);
	else if (*r->plain)
		start_list(r);
	else
		start_watch(r, KN_REFLECTOR_INITIAL);
}

static void on_retry(void *user)
{
	act(user);
}

struct kn_reflector *kn_reflector_new_on(struct kn_loop *loop, const struct kn_reflector_transport *transport,
					 void *ctx, const struct kn_resource *res,
					 const struct kn_reflector_ops *ops, void *user)
{
	struct kn_reflector *r = kn_calloc(1, sizeof(*r));

	r->loop = loop;
	r->transport = transport;
	r->ctx = ctx;
	r->ops = *ops;
	r->user = user;
	r->path = kn_strdup(res->path);
	r->field_selector = kn_strdup(res->field_selector);
	r->label_selector = kn_strdup(res->label_selector);
	r->item = res->item;
	r->list = res->list;
	r->store = kn_map_new();
	r->plain = &r->own_plain;
	r->idle_ns = IDLE_NS;
	r->wait_scale = 1;
	r->retry = kn_timer_new(loop, on_retry, r);
	r->idle = kn_timer_new(loop, on_idle, r);
	kn_timer_arm(r->retry, 0);
	return r;
}

bool kn_reflector_synced(const struct kn_reflector *r)
{
	return r->synced;
}

const struct kn_reflector_stats *kn_reflector_stats(const struct kn_reflector *r)
{
	return &r->stats;
}
