/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <stdarg.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

#define STREAM_BLOCK (16u * 1024)

void kn_httpd_set_header(struct kn_httpd_request *r, const char *name, const char *value)
{
	for (const char *p = value; *p; p++)
		if ((unsigned char)*p < ' ' && *p != '\t')
			return;
	kn_buf_add(&r->headers, name, strlen(name) + 1);
	kn_buf_add(&r->headers, value, strlen(value) + 1);
}

static void finish(struct kn_httpd_request *r, enum kn_httpd_kind kind, int status)
{
	size_t at = 0;

	while (at < r->headers.len) {
		const char *name = r->headers.data + at, *value = name + strlen(name) + 1;

		MHD_add_response_header(r->response, name, value);
		at = (size_t)(value + strlen(value) + 1 - r->headers.data);
	}
	r->kind = kind;
	r->status = status;
	kn_httpd_resume(r);
}

void kn_httpd_answer(struct kn_httpd_request *r, int status, const char *content_type, const void *data,
		     size_t len)
{
	if (r->kind)
		return;
	r->response = MHD_create_response_from_buffer(len, (void *)(data ? data : ""), MHD_RESPMEM_MUST_COPY);
	if (content_type)
		kn_httpd_set_header(r, "Content-Type", content_type);
	finish(r, KN_HTTPD_WHOLE, status);
}

void kn_httpd_answer_text(struct kn_httpd_request *r, int status, const char *fmt, ...)
{
	char *text = NULL;
	va_list ap;
	int n;

	va_start(ap, fmt);
	n = vasprintf(&text, fmt, ap);
	va_end(ap);
	if (n < 0)
		abort(); /* out of memory, as in lib/base/mem.c */
	kn_httpd_set_header(r, "X-Content-Type-Options", "nosniff");
	kn_httpd_answer(r, status, "text/plain; charset=utf-8", text, (size_t)n);
	free(text);
}

/* ---- streams ---- */

static void ask_more(struct kn_httpd_request *r)
{
	if (!r->more || r->ended || r->aborted || r->in_more)
		return;
	r->in_more = true;
	r->more(r->more_user);
	r->in_more = false;
}

static ssize_t on_read(void *cls, uint64_t pos, char *buf, size_t max)
{
	struct kn_httpd_request *r = cls;
	size_t n;

	if (r->gone || r->h->freeing)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->out.len - r->sent < STREAM_BLOCK)
		ask_more(r);
	n = r->out.len - r->sent;
	if (n) {
		n = n < max ? n : max;
		memcpy(buf, r->out.data + r->sent, n);
		r->sent += n;
		if (r->sent == r->out.len)
			r->sent = r->out.len = 0;
		return (ssize_t)n;
	}
	if (r->aborted)
		return MHD_CONTENT_READER_END_WITH_ERROR;
	if (r->ended)
		return MHD_CONTENT_READER_END_OF_STREAM;
	kn_httpd_suspend(r);
	return 0;
}

void kn_httpd_stream(struct kn_httpd_request *r, int status, const char *content_type,
		     void (*more)(void *user), void *user)
{
	if (r->kind)
		return;
	r->more = more;
	r->more_user = user;
	r->response = MHD_create_response_from_callback(MHD_SIZE_UNKNOWN, STREAM_BLOCK, on_read, r, NULL);
	if (content_type)
		kn_httpd_set_header(r, "Content-Type", content_type);
	finish(r, KN_HTTPD_STREAM, status);
}

size_t kn_httpd_stream_room(const struct kn_httpd_request *r)
{
	size_t used = r->out.len - r->sent;

	return used < KN_HTTPD_STREAM_ROOM ? KN_HTTPD_STREAM_ROOM - used : 0;
}

void kn_httpd_stream_write(struct kn_httpd_request *r, const void *data, size_t len)
{
	if (r->sent && r->sent >= r->out.len / 2) {
		memmove(r->out.data, r->out.data + r->sent, r->out.len - r->sent);
		r->out.len -= r->sent;
		r->sent = 0;
	}
	kn_buf_add(&r->out, data, len);
	kn_httpd_resume(r);
}

void kn_httpd_stream_end(struct kn_httpd_request *r)
{
	r->ended = true;
	kn_httpd_resume(r);
}

void kn_httpd_stream_abort(struct kn_httpd_request *r)
{
	r->aborted = true;
	kn_httpd_resume(r);
}

/* ---- upgrade ---- */

static void on_upgraded(void *cls, struct MHD_Connection *conn, void *con_cls, const char *early, size_t len,
			MHD_socket fd, struct MHD_UpgradeResponseHandle *urh)
{
	struct kn_httpd_request *r = cls;
	int flags = fcntl(fd, F_GETFL);

	r->urh = urh;
	if (flags >= 0)
		fcntl(fd, F_SETFL, flags | O_NONBLOCK);
	if (r->gone || r->h->freeing)
		kn_httpd_upgrade_close(r);
	else
		r->up(r->up_user, fd, early, len);
}

void kn_httpd_upgrade(struct kn_httpd_request *r,
		      void (*up)(void *user, int fd, const void *early, size_t len), void *user)
{
	if (r->kind)
		return;
	r->up = up;
	r->up_user = user;
	r->response = MHD_create_response_for_upgrade(on_upgraded, r);
	finish(r, KN_HTTPD_UPGRADE, MHD_HTTP_SWITCHING_PROTOCOLS);
}

void kn_httpd_upgrade_close(struct kn_httpd_request *r)
{
	struct MHD_UpgradeResponseHandle *urh = kn_steal(r->urh);

	if (!urh)
		return;
	MHD_upgrade_action(urh, MHD_UPGRADE_ACTION_CLOSE);
	kn_httpd_kick(r->h);
}
