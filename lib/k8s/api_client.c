/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/base/list.h"
#include "lib/k8s/api_error.h"
#include "lib/k8s/api_request.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/credentials.h"
#include "lib/k8s/ratelimit.h"

#define TIMEOUT_NS (60 * KN_NSEC_PER_SEC)

struct kn_client {
	struct kn_loop *loop;
	struct kn_http *http;
	const struct kn_log *log;
	struct kn_credentials *creds;
	struct kn_ratelimit limit;
	struct kn_client_stats stats;
	struct kn_client_traits traits;
	struct kn_list calls;
	char *server;
	bool json;
	bool creds_broken; /* and it was logged */
};

/* What happens when the call's timer rings. */
enum next { SEND, FAIL };

struct kn_api_call {
	struct kn_list node;
	struct kn_client *client;
	struct kn_api_message msg;
	const ProtobufCMessageDescriptor *answer;
	void (*on_data)(void *user, const uint8_t *data, size_t len);
	kn_api_done done;
	void *user;
	struct kn_http_call *http; /* under way */
	struct kn_timer *timer;
	enum next next;
	bool for_credentials; /* waits for them */
	bool refused;	      /* a 401 has had its second try */
	unsigned tries;
	int64_t deadline, idle_ns; /* deadline: monotonic ns; 0: none */
	unsigned serial;	   /* of the credentials sent */
	struct kn_err err;	   /* FAIL: why */
};

static int64_t now(const struct kn_client *c)
{
	return kn_mono(kn_loop_clock(c->loop));
}

static void call_free(struct kn_api_call *call)
{
	kn_http_cancel(call->http);
	kn_list_del(&call->node);
	kn_timer_free(call->timer);
	kn_api_message_free(&call->msg);
	free(call);
}

/* Last thing done with call and client: done may free either. */
static void tell(struct kn_api_call *call, struct kn_api_result *r)
{
	kn_api_done done = call->done;
	void *user = call->user;

	if (r->err.code)
		call->client->stats.errors++;
	call_free(call);
	if (done)
		done(user, r);
}

static void tell_failure(struct kn_api_call *call)
{
	struct kn_api_result r = {.err = call->err, .reason = "", .retry_after_s = -1};

	tell(call, &r);
}

/* ns left; 0: none, INT64_MAX: no deadline */
static int64_t left(const struct kn_api_call *call)
{
	int64_t ns = call->deadline ? call->deadline - now(call->client) : INT64_MAX;

	return ns > 0 ? ns : 0;
}

/* In `after` ns; false if that would be too late. */
static bool send_later(struct kn_api_call *call, int64_t after)
{
	if (after >= left(call))
		return false;
	call->next = SEND;
	kn_timer_arm(call->timer, after);
	return true;
}

/* 401 and what is to be tried again; true: the call goes on. */
static bool goes_on(struct kn_api_call *call, const struct kn_http_result *h)
{
	int64_t after;

	if (h->status == 401 && !call->refused) {
		call->refused = true;
		if (kn_credentials_rejected(call->client->creds, call->serial))
			return send_later(call, 0);
	}
	if (call->on_data)
		return false;
	after = kn_api_retry_ns(call->msg.method, h->status, h->err.code, h->retry_after_s, call->tries);
	if (after < 0 || !send_later(call, after))
		return false;
	call->tries++;
	call->client->stats.throttled += h->retry_after_s >= 0;
	return true;
}

static void count(struct kn_client_stats *s, const char *method, int status)
{
	size_t i = 0;

	while (i < s->n_answers &&
	       (s->answers[i].status != status || strcmp(s->answers[i].method, method) != 0))
		i++;
	if (i == KN_ARRAY_SIZE(s->answers) || strlen(method) >= sizeof(s->answers[i].method))
		return;
	if (i == s->n_answers) {
		memcpy(s->answers[i].method, method, strlen(method) + 1);
		s->answers[i].status = status;
		s->n_answers++;
	}
	s->answers[i].n++;
}

static void on_http_done(void *user, const struct kn_http_result *h)
{
	struct kn_api_call *call = user;
	kn_auto_arena struct kn_arena *a = NULL;
	struct kn_api_result r = {.status = h->status,
				  .reason = "",
				  .retry_after_s = h->retry_after_s,
				  .arena = &a,
				  .body = h->body,
				  .len = h->len,
				  .err = h->err};
	ProtobufCMessage *msg = NULL;

	call->http = NULL;
	count(&call->client->stats, call->msg.method, h->status);
	if (goes_on(call, h))
		return;
	/* An object in memory is some times larger than its bytes; what is built to be much larger is
	 * refused. */
	a = kn_arena_new((64u << 20) + 64 * h->len);
	if (!r.err.code && (h->status < 200 || h->status >= 300)) {
		kn_api_error(h->status, h->body, h->len, a, &r.reason, &r.retry_after_s, &r.err);
	} else if (!r.err.code && call->answer) {
		if (kn_api_decode(h->body, h->len, call->answer, a, &msg, &r.err) < 0)
			kn_err_wrap(&r.err, "%s %s: answer", call->msg.method, call->msg.url);
		r.obj = msg;
	} else if (r.err.code) {
		kn_err_wrap(&r.err, "%s %s", call->msg.method, call->msg.url);
	}
	tell(call, &r);
}

static void on_http_data(void *user, const uint8_t *data, size_t len)
{
	struct kn_api_call *call = user;

	call->on_data(call->user, data, len);
}

static void fail_later(struct kn_api_call *call)
{
	call->next = FAIL;
	kn_timer_arm(call->timer, 0);
}

static void post(struct kn_api_call *call, const char *authorization, struct kn_http_tls *tls)
{
	const struct kn_http_ops ops = {.data = call->on_data ? on_http_data : NULL, .done = on_http_done};
	const char *headers[4] = {call->msg.accept};
	size_t n = 1;
	struct kn_http_request req = {.method = call->msg.method,
				      .url = call->msg.url,
				      .headers = headers,
				      .body = call->msg.body.data,
				      .body_len = call->msg.body.len,
				      .tls = tls,
				      .timeout_ns = call->deadline ? left(call) : 0,
				      .idle_ns = call->idle_ns};

	if (call->msg.content_type)
		headers[n++] = call->msg.content_type;
	if (authorization)
		headers[n++] = authorization;
	call->client->stats.requests++;
	call->http = kn_http_start(call->client->http, &req, &ops, call);
}

static void send_now(struct kn_api_call *call)
{
	struct kn_client *c = call->client;
	const char *authorization;
	struct kn_http_tls *tls;
	int r;

	call->for_credentials = false;
	if (!left(call)) {
		if (!call->err.code)
			kn_err_set(&call->err, ETIMEDOUT, "%s %s: no time left", call->msg.method,
				   call->msg.url);
		fail_later(call);
		return;
	}
	r = kn_credentials_get(c->creds, &authorization, &tls, &call->err);
	if (r == -EINPROGRESS) {
		call->for_credentials = true;
		call->next = FAIL;
		kn_err_set(&call->err, ETIMEDOUT, "the credential plugin takes too long");
		if (call->deadline)
			kn_timer_arm(call->timer, left(call));
		return;
	}
	if (r < 0) {
		if (!c->creds_broken)
			kn_error(c->log, "No credentials for the API server", "err", call->err.msg);
		c->creds_broken = true;
		fail_later(call);
		return;
	}
	c->creds_broken = false;
	call->err.code = 0;
	call->serial = kn_credentials_serial(c->creds);
	post(call, authorization, tls);
}

static void on_timer(void *user)
{
	struct kn_api_call *call = user;

	if (call->next == FAIL)
		tell_failure(call);
	else
		send_now(call);
}

static void on_credentials(void *user)
{
	struct kn_client *c = user;

	/* By their timers: nothing below calls back, so the list stands still. */
	kn_list_for_each (n, &c->calls) {
		struct kn_api_call *call = kn_container_of(n, struct kn_api_call, node);

		if (!call->for_credentials)
			continue;
		call->for_credentials = false;
		call->next = SEND;
		kn_timer_arm(call->timer, 0);
	}
}

static struct kn_api_call *call_new(struct kn_client *c, const struct kn_api_request *req,
				    void (*on_data)(void *user, const uint8_t *data, size_t len),
				    kn_api_done done, void *user)
{
	struct kn_api_call *call = kn_calloc(1, sizeof(*call));
	int64_t timeout = req->timeout_ns, wait;

	call->client = c;
	call->answer = req->answer;
	call->on_data = on_data;
	call->done = done;
	call->user = user;
	call->idle_ns = req->idle_ns;
	call->timer = kn_timer_new(c->loop, on_timer, call);
	kn_list_append(&c->calls, &call->node);
	if (!timeout && !on_data)
		timeout = TIMEOUT_NS;
	call->deadline = timeout ? now(c) + timeout : 0;
	if (kn_api_message_init(&call->msg, c->server, c->json, req, &call->err) < 0) {
		fail_later(call);
		return call;
	}
	wait = req->no_limit ? 0 : kn_ratelimit_take(&c->limit, now(c));
	if (!wait) {
		send_now(call);
		return call;
	}
	c->stats.throttled++;
	if (!send_later(call, wait)) {
		kn_ratelimit_give(&c->limit);
		kn_err_set(&call->err, ETIMEDOUT, "%s %s: the client's own rate limit", call->msg.method,
			   call->msg.url);
		fail_later(call);
	}
	return call;
}

struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user)
{
	return call_new(c, req, NULL, done, user);
}

struct kn_api_call *kn_api_stream(struct kn_client *c, const struct kn_api_request *req,
				  void (*on_data)(void *user, const uint8_t *data, size_t len),
				  kn_api_done done, void *user)
{
	return call_new(c, req, on_data, done, user);
}

void kn_api_cancel(struct kn_api_call *call)
{
	if (call)
		call_free(call);
}

int kn_client_new(struct kn_client **ret, struct kn_loop *loop, struct kn_http *http,
		  const struct kn_client_config *cfg, const struct kn_log *log, struct kn_err *err)
{
	struct kn_client *c;

	if (!cfg->kubeconfig->server)
		return kn_err_set(err, EINVAL, "no server");
	c = kn_calloc(1, sizeof(*c));
	c->loop = loop;
	c->http = http;
	c->log = log;
	c->json = cfg->json;
	c->server = kn_api_server_url(cfg->kubeconfig);
	c->creds = kn_credentials_new(loop, cfg->kubeconfig, on_credentials, c);
	kn_list_init(&c->calls);
	kn_ratelimit_init(&c->limit, cfg->qps, cfg->burst, now(c));
	*ret = c;
	return 0;
}

struct kn_client *kn_client_free(struct kn_client *c)
{
	if (!c)
		return NULL;
	kn_list_for_each_safe (n, &c->calls)
		call_free(kn_container_of(n, struct kn_api_call, node));
	kn_credentials_free(c->creds);
	free(c->server);
	free(c);
	return NULL;
}

void kn_client_set_cert(struct kn_client *c, const char *cert_pem, const char *key_pem)
{
	kn_credentials_set_cert(c->creds, cert_pem, key_pem);
}

const struct kn_client_stats *kn_client_stats(const struct kn_client *c)
{
	return &c->stats;
}

struct kn_client_traits *kn_client_traits(struct kn_client *c)
{
	return &c->traits;
}
