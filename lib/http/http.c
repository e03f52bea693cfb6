/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/http/internal.h"

#define BODY_MAX (64u << 20)

int kn_http_new(struct kn_http **ret, struct kn_loop *loop, const char *user_agent, struct kn_err *err)
{
	CURLcode r = curl_global_init(CURL_GLOBAL_DEFAULT);
	struct kn_http *h;

	if (r != CURLE_OK)
		return kn_err_set(err, EIO, "libcurl: %s", curl_easy_strerror(r));
	h = kn_calloc(1, sizeof(*h));
	h->loop = loop;
	h->user_agent = kn_strdup(user_agent);
	kn_list_init(&h->pools);
	*ret = h;
	return 0;
}

struct kn_http *kn_http_free(struct kn_http *h)
{
	if (!h)
		return NULL;
	kn_list_for_each_safe (n, &h->pools)
		kn_http_pool_free(kn_container_of(n, struct kn_http_pool, node));
	free(h->user_agent);
	free(h);
	curl_global_cleanup();
	return NULL;
}

void kn_http_drop_idle(struct kn_http *h)
{
	kn_list_for_each_safe (n, &h->pools) {
		struct kn_http_pool *p = kn_container_of(n, struct kn_http_pool, node);

		if (kn_list_empty(&p->calls) && !p->settling)
			kn_http_pool_free(p);
		else
			p->retired = true;
	}
}

static int64_t now(const struct kn_http_call *c)
{
	return kn_mono(kn_loop_clock(c->pool->http->loop));
}

void kn_http_call_heard(struct kn_http_call *c)
{
	c->heard = c->pool->heard = now(c);
}

void kn_http_call_free(struct kn_http_call *c)
{
	kn_http_pool_remove(c->pool, c);
	kn_list_del(&c->node);
	kn_http_easy_free(c);
	kn_timer_free(c->deadline);
	kn_timer_free(c->idle);
	kn_buf_free(&c->body);
	free(c);
}

/* On a shared connection that has been silent since the call began, nobody should wait again. */
static void judge_connection(const struct kn_http_call *c)
{
	if (c->err.code == ETIMEDOUT && c->pool->tls && !c->fresh && c->pool->heard <= c->started)
		c->pool->retired = true;
}

static void tell(struct kn_http_call *c)
{
	struct kn_http_result r = {.retry_after_s = -1, .content_type = "", .err = c->err};
	const char *type = NULL;
	long status = 0;

	if (c->easy) {
		curl_easy_getinfo(c->easy, CURLINFO_RESPONSE_CODE, &status);
		curl_easy_getinfo(c->easy, CURLINFO_CONTENT_TYPE, &type);
		r.retry_after_s = kn_http_retry_after(c->easy);
	}
	r.status = (int)status;
	if (type)
		r.content_type = type;
	r.body = (const uint8_t *)(c->body.data ? c->body.data : "");
	r.len = c->body.len;
	r.truncated = c->truncated;
	c->closed = true;
	if (c->ops.done)
		c->ops.done(c->user, &r);
}

static bool followed(struct kn_http_call *c)
{
	if (kn_http_easy_redirect(c) <= 0)
		return false;
	kn_buf_free(&c->body);
	c->truncated = false;
	kn_http_pool_add(c->pool, c);
	return true;
}

void kn_http_call_finish(struct kn_http_call *c, CURLcode code)
{
	long os_errno = 0;
	int e;

	kn_http_pool_remove(c->pool, c);
	if (c->cancelled) {
		kn_http_call_free(c);
		return;
	}
	if (!c->err.code && code != CURLE_OK && !c->truncated) {
		curl_easy_getinfo(c->easy, CURLINFO_OS_ERRNO, &os_errno);
		e = kn_http_error(code, os_errno);
		/* libcurl keeps the first of its texts, which is that of the connection it replaced. */
		if (code == CURLE_COULDNT_CONNECT)
			kn_err_errno(&c->err, e, "connect");
		else
			kn_err_set(&c->err, e, "%s", c->curl_err[0] ? c->curl_err : curl_easy_strerror(code));
	}
	if (!c->err.code && followed(c))
		return;
	judge_connection(c);
	tell(c);
	kn_http_call_free(c);
}

static void end_late(struct kn_http_call *c)
{
	struct kn_http_pool *p = c->pool;

	p->settling = true; /* what done does to other calls waits */
	kn_http_call_finish(c, CURLE_OK);
	p->settling = false;
	kn_http_pool_settle(p);
}

static void on_deadline(void *user)
{
	struct kn_http_call *c = user;

	/* Also how a call that could not be started reports. */
	if (!c->err.code)
		kn_err_set(&c->err, ETIMEDOUT, "no answer within %.3g s",
			   (double)(now(c) - c->started) / 1e9);
	end_late(c);
}

static void on_idle(void *user)
{
	struct kn_http_call *c = user;
	int64_t left = c->heard + c->idle_ns - now(c);

	/* Bytes only move heard: cheaper than a timer set a chunk. */
	if (left > 0) {
		kn_timer_arm(c->idle, left);
		return;
	}
	kn_err_set(&c->err, ETIMEDOUT, "not a byte from the server for %.3g s", (double)c->idle_ns / 1e9);
	end_late(c);
}

struct kn_http_call *kn_http_start(struct kn_http *h, const struct kn_http_request *req,
				   const struct kn_http_ops *ops, void *user)
{
	struct kn_http_call *c = kn_calloc(1, sizeof(*c));
	int r;

	c->pool = kn_http_pool_get(h, req->tls, ops->data != NULL);
	kn_list_init(&c->wait);
	kn_list_append(&c->pool->calls, &c->node);
	c->ops = *ops;
	c->user = user;
	c->max_body = req->max_body ? req->max_body : BODY_MAX;
	c->truncate = req->truncate && req->max_body;
	c->fresh = req->fresh;
	c->redirects = req->redirects;
	c->idle_ns = req->idle_ns;
	c->started = c->heard = now(c);
	c->deadline = kn_timer_new(h->loop, on_deadline, c);
	c->idle = kn_timer_new(h->loop, on_idle, c);
	r = kn_http_easy_setup(c, req);
	if (kn_list_empty(&c->pool->waiting))
		kn_timer_disarm(c->pool->rest);
	if (r == 0 && req->timeout_ns)
		kn_timer_arm(c->deadline, req->timeout_ns);
	if (r == 0 && req->idle_ns)
		kn_timer_arm(c->idle, req->idle_ns);
	if (r == 0)
		kn_http_pool_add(c->pool, c);
	else
		kn_timer_arm(c->deadline, 0);
	return c;
}

void kn_http_cancel(struct kn_http_call *c)
{
	struct kn_http_pool *p;

	if (!c || c->closed || c->cancelled)
		return;
	p = c->pool;
	if (!p->inside) {
		kn_http_call_free(c);
		kn_http_pool_rest(p);
		return;
	}
	/* libcurl is on the stack and may hold the handle: freed when it is off. */
	c->cancelled = true;
	kn_timer_disarm(c->deadline);
	kn_timer_disarm(c->idle);
	p->todo = true;
}
