/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A request from its first byte to its end. One that waits for its answer, or a stream that has nothing to
 * send, is suspended: the library then does not look at the connection at all, so we watch for the client's
 * going away.
 */
#include <fcntl.h>
#include <string.h>
#include <strings.h>
#include <sys/epoll.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

void *kn_httpd_target_seen(void *cls, const char *uri, struct MHD_Connection *conn)
{
	struct kn_httpd *h = cls;
	struct kn_httpd_request *r = kn_calloc(1, sizeof(*r));

	r->h = h;
	r->conn = conn;
	r->target = kn_strdup(uri);
	kn_list_append(&h->requests, &r->node);
	return r;
}

static void request_free(struct kn_httpd_request *r)
{
	kn_list_del(&r->node);
	kn_io_free(r->watch);
	if (r->response)
		MHD_destroy_response(r->response);
	kn_arena_free(r->arena);
	free(r->method);
	free(r->path);
	free(r->target);
	kn_buf_free(&r->body);
	kn_buf_free(&r->headers);
	kn_buf_free(&r->out);
	free(r);
}

void kn_httpd_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
			enum MHD_RequestTerminationCode code)
{
	struct kn_httpd_request *r = *con_cls;

	*con_cls = NULL;
	if (!r)
		return;
	r->conn = NULL;
	if (r->closed)
		r->closed(r->closed_user);
	request_free(r);
}

/* ---- waiting ---- */

static void on_hangup(void *user, int fd, uint32_t events)
{
	kn_httpd_give_up(user);
}

void kn_httpd_suspend(struct kn_httpd_request *r)
{
	const union MHD_ConnectionInfo *i =
		MHD_get_connection_info(r->conn, MHD_CONNECTION_INFO_CONNECTION_FD);

	if (r->suspended)
		return;
	r->suspended = true;
	MHD_suspend_connection(r->conn);
	if (i)
		r->watch = kn_io_new(r->h->loop, i->connect_fd, EPOLLRDHUP, on_hangup, r, NULL);
}

void kn_httpd_resume(struct kn_httpd_request *r)
{
	if (!r->suspended)
		return;
	r->suspended = false;
	r->watch = kn_io_free(r->watch);
	MHD_resume_connection(r->conn);
	kn_httpd_kick(r->h);
}

void kn_httpd_give_up(struct kn_httpd_request *r)
{
	r->gone = true;
	if (r->urh)
		kn_httpd_upgrade_close(r);
	else
		kn_httpd_resume(r);
}

/* ---- the library's calls ---- */

static void take_body(struct kn_httpd_request *r, const char *data, size_t size)
{
	if (r->too_big || r->body.len + size > r->h->cfg.max_body)
		r->too_big = true;
	else
		kn_buf_add(&r->body, data, size);
}

static enum MHD_Result send_answer(struct kn_httpd_request *r)
{
	enum MHD_Result res;

	if (r->kind == KN_HTTPD_STREAM)
		MHD_set_connection_option(r->conn, MHD_CONNECTION_OPTION_TIMEOUT, (unsigned)KN_HTTPD_LONG_S);
	res = MHD_queue_response(r->conn, (unsigned)r->status, r->response);
	MHD_destroy_response(r->response);
	r->response = NULL;
	return res;
}

enum MHD_Result kn_httpd_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
				const char *version, const char *data, size_t *size, void **con_cls)
{
	struct kn_httpd_request *r = *con_cls;

	if (!r)
		return MHD_NO;
	if (!r->method) { /* the headers are there; the body is yet to come */
		r->method = kn_strdup(method);
		r->path = kn_strdup(url);
		return MHD_YES;
	}
	if (*size) {
		take_body(r, data, *size);
		*size = 0;
		return MHD_YES;
	}
	if (!r->dispatched) {
		r->dispatched = true;
		MHD_set_connection_option(conn, MHD_CONNECTION_OPTION_TIMEOUT, r->h->cfg.idle_s);
		if (r->too_big)
			kn_httpd_answer_text(r, 413, "request body too large\n");
		else
			r->h->handler(r->h->user, r);
	}
	if (r->gone || r->h->freeing)
		return MHD_NO;
	if (r->response)
		return send_answer(r);
	kn_httpd_suspend(r);
	return MHD_YES;
}

/* ---- what handlers ask ---- */

const char *kn_httpd_method(const struct kn_httpd_request *r)
{
	return r->method;
}

const char *kn_httpd_path(const struct kn_httpd_request *r)
{
	return r->path;
}

const char *kn_httpd_target(const struct kn_httpd_request *r)
{
	return r->target;
}

const char *kn_httpd_header(const struct kn_httpd_request *r, const char *name)
{
	return MHD_lookup_connection_value(r->conn, MHD_HEADER_KIND, name);
}

struct each {
	kn_httpd_pair fn;
	void *user;
	const char *name; /* to be found first; NULL: all */
	const char *found;
};

static enum MHD_Result on_pair(void *cls, enum MHD_ValueKind kind, const char *key, const char *value)
{
	struct each *e = cls;

	if (e->fn)
		e->fn(e->user, key, value ? value : "");
	else if (!e->found && !strcmp(key, e->name))
		e->found = value ? value : "";
	return MHD_YES;
}

const char *kn_httpd_param(const struct kn_httpd_request *r, const char *name)
{
	struct each e = {.name = name};

	MHD_get_connection_values(r->conn, MHD_GET_ARGUMENT_KIND, on_pair, &e);
	return e.found;
}

void kn_httpd_each_header(const struct kn_httpd_request *r, kn_httpd_pair fn, void *user)
{
	struct each e = {.fn = fn, .user = user};

	MHD_get_connection_values(r->conn, MHD_HEADER_KIND, on_pair, &e);
}

void kn_httpd_each_param(const struct kn_httpd_request *r, kn_httpd_pair fn, void *user)
{
	struct each e = {.fn = fn, .user = user};

	MHD_get_connection_values(r->conn, MHD_GET_ARGUMENT_KIND, on_pair, &e);
}

const void *kn_httpd_body(const struct kn_httpd_request *r, size_t *len)
{
	*len = r->body.len;
	return r->body.data;
}

void kn_httpd_on_closed(struct kn_httpd_request *r, void (*closed)(void *user), void *user)
{
	r->closed = closed;
	r->closed_user = user;
}
