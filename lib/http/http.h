/* SPDX-License-Identifier: Apache-2.0 */
/*
 * HTTP requests on the loop, by libcurl's multi interface (HTTP/2 by ALPN, one connection a server shared by
 * all its requests). Used by the API client, probes and lifecycle hooks. Nothing blocks but name resolution,
 * which libcurl does on threads of its own.
 */
#ifndef KN_HTTP_HTTP_H
#define KN_HTTP_HTTP_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "lib/base/err.h"
#include "lib/loop/loop.h"

struct kn_http;
struct kn_http_call;

/* What identifies a server and us to it; PEM text in memory, never files, so that a renewed certificate is
 * one new struct. Immutable, reference-counted; calls hold one. Connections are shared between calls with the
 * same struct only. */
struct kn_http_tls;
struct kn_http_tls_config {
	const char *ca_pem;		/* NULL: the system's; copied, as all of these */
	const char *cert_pem, *key_pem; /* NULL: no client certificate */
	const char *server_name;	/* to be checked instead of the URL's host; NULL: the URL's */
	bool insecure;			/* the server's certificate is not checked (probes, as upstream) */
};
struct kn_http_tls *kn_http_tls_new(const struct kn_http_tls_config *c);
struct kn_http_tls *kn_http_tls_ref(struct kn_http_tls *t);
struct kn_http_tls *kn_http_tls_unref(struct kn_http_tls *t);

struct kn_http_request { /* all copied */
	const char *method, *url;
	/* "Name: value", NULL-terminated; NULL: none. "Name:" takes away what would be sent by itself
	 * (Accept, User-Agent), "Name;" is sent without a value. */
	const char *const *headers;
	const void *body;
	size_t body_len;
	struct kn_http_tls *tls; /* for https; NULL: insecure without a client certificate */
	const char *unix_socket; /* connect there; NULL: by the URL */
	const char *connect_to;	 /* numeric address instead of the URL's host; NULL */
	int64_t timeout_ns;	 /* for all of it; 0: none (watches) */
	int64_t idle_ns;	 /* without a byte from the server; 0: none */
	size_t max_body;	 /* what is kept of the answer without ops.data; 0: 64 MiB, then -EMSGSIZE */
	bool truncate;		 /* with max_body: keep the beginning, no error (probes) */
	bool fresh;		 /* no connection is reused or kept (probes, hooks) */
	unsigned redirects;	 /* followed at most, same host only */
};

struct kn_http_result {		  /* valid inside done */
	int status;		  /* HTTP status; 0: no answer */
	const char *content_type; /* never NULL */
	int64_t retry_after_s;	  /* of Retry-After in seconds; -1: none */
	const uint8_t *body;	  /* NUL behind it; what ops.data took isn't in it */
	size_t len;
	bool truncated;
	struct kn_err
		err; /* code 0: an answer was read whole. ETIMEDOUT, ECONNREFUSED, EPROTO, EMSGSIZE ... */
};

struct kn_http_ops {
	/* Body bytes as they come, of answers with a status below 300; NULL: collected. */
	void (*data)(void *user, const uint8_t *data, size_t len);
	void (*done)(void *user, const struct kn_http_result *r); /* once; the handle is gone afterwards */
};

int kn_http_new(struct kn_http **ret, struct kn_loop *loop, const char *user_agent, struct kn_err *err);
/* Ends all calls without calling back; not inside a callback. */
struct kn_http *kn_http_free(struct kn_http *h);
/* Never NULL; an error is told by done, later. */
struct kn_http_call *kn_http_start(struct kn_http *h, const struct kn_http_request *req,
				   const struct kn_http_ops *ops, void *user);
void kn_http_cancel(struct kn_http_call *c); /* nothing is called back any more; also inside data */
/* Drops idle connections, and those in use when their calls are at an end; new calls connect anew: after the
 * certificate was renewed, or a network change. */
void kn_http_drop_idle(struct kn_http *h);

#endif
