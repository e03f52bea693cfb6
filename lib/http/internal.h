/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the files of lib/http share: http.c has calls from start to end, easy.c turns a request into libcurl's
 * options, conn_pool.c drives one multi handle on the loop, http_tls.c keeps certificates, http_result.c
 * translates libcurl's answers. Within lib/http only.
 *
 * A pool is one multi handle and thereby one set of connections. Each struct kn_http_tls has a pool of its
 * own: libcurl compares certificates by file name only, and "renewed" must mean "a new connection".
 */
#ifndef KN_HTTP_INTERNAL_H
#define KN_HTTP_INTERNAL_H

#include <curl/curl.h>
#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/http/http.h"

struct kn_http_tls {
	unsigned refs;
	int ca_fd, cert_fd, key_fd; /* memfds; -1: none */
	char ca_path[32], cert_path[32], key_path[32];
	char *server_name;
	bool insecure;
};

struct kn_http {
	struct kn_loop *loop;
	char *user_agent;
	struct kn_list pools;
};

struct kn_http_pool {
	struct kn_list node;
	struct kn_http *http;
	struct kn_http_tls *tls; /* NULL: what has none */
	CURLM *multi;
	struct kn_timer *timer; /* libcurl's */
	struct kn_timer *rest;	/* without calls for long: the pool goes */
	struct kn_list sockets, calls;
	struct kn_list waiting;	   /* of the calls those not given to libcurl yet */
	unsigned streams, running; /* calls of libcurl's with and without ops.data */
	bool unbound;		   /* not HTTP/2: a connection for each call */
	bool inside;		   /* libcurl is on the stack: its handles can't be added or removed */
	bool settling;		   /* the pool can't be freed */
	bool at_once;		   /* libcurl's timer is set to now */
	bool todo;		   /* calls were started or cancelled from inside */
	bool retired;		   /* new calls get another pool; freed after its last call */
	int64_t heard;		   /* monotonic ns of the last byte from the server */
};

struct kn_http_call {
	struct kn_list node;
	struct kn_list wait; /* in the pool's waiting, or alone */
	struct kn_http_pool *pool;
	CURL *easy;
	struct curl_slist *headers, *connect_to;
	char curl_err[CURL_ERROR_SIZE];
	struct kn_http_ops ops;
	void *user;
	bool added;		/* the pool's multi handle has the easy handle */
	bool cancelled, closed; /* closed: done is being called */
	bool truncate, truncated, fresh;
	bool head;
	struct kn_buf body;
	size_t max_body;
	unsigned redirects, followed;
	int64_t started, heard, idle_ns;
	struct kn_timer *deadline, *idle;
	struct kn_err err; /* ours, stronger than libcurl's */
};

/* Sets all of libcurl's options by the request; c->err on failure. */
int kn_http_easy_setup(struct kn_http_call *c, const struct kn_http_request *req);
/* After an answer with Location: points the handle there. 1: to be started again; 0: it isn't followed;
 * -ELOOP: too many, c->err is set. */
int kn_http_easy_redirect(struct kn_http_call *c);
void kn_http_easy_free(struct kn_http_call *c);

/* A pool for one more call. */
struct kn_http_pool *kn_http_pool_get(struct kn_http *h, struct kn_http_tls *tls, bool stream);
void kn_http_pool_free(struct kn_http_pool *p);
/* Gives the call to libcurl, at once or when libcurl is off the stack and there is room. A failure is told
 * by the call's deadline. */
void kn_http_pool_add(struct kn_http_pool *p, struct kn_http_call *c);
void kn_http_pool_remove(struct kn_http_pool *p, struct kn_http_call *c);
/* Ends what is at its end, starts and frees what waited. */
void kn_http_pool_settle(struct kn_http_pool *p);
void kn_http_pool_rest(struct kn_http_pool *p); /* without calls: to be freed later, or soon if no use */

/* The first header of an answer is there: how is the connection shared? */
void kn_http_pool_learn(struct kn_http_pool *p, struct kn_http_call *c);

/* libcurl is done with the call: redirect, or call back and free. */
void kn_http_call_finish(struct kn_http_call *c, CURLcode code);
void kn_http_call_free(struct kn_http_call *c);
void kn_http_call_heard(struct kn_http_call *c); /* a byte came */

int kn_http_error(CURLcode code, long os_errno); /* positive errno; 0 for CURLE_OK */
int64_t kn_http_retry_after(CURL *easy);	 /* seconds; -1: none */

#endif
