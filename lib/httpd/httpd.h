/* SPDX-License-Identifier: Apache-2.0 */
/*
 * An HTTP/1.1 server on the loop, plain or TLS 1.2 and later, by libmicrohttpd over GnuTLS (tls.h); only
 * daemon.c, request.c, answer.c and peer.c know that library. Loop's thread only; nothing blocks, so a slow
 * client slows nobody else: what it does not read waits in a bounded buffer, and whoever fills that buffer is
 * told when there is room again.
 *
 * A request lives from the handler's call to its closed callback, which comes exactly once, whatever happens
 * to it; the handle must not be used afterwards. It is answered once: whole, as a stream, or by an upgrade;
 * inside the handler or any time later. SIGPIPE must be ignored by the program.
 */
#ifndef KN_HTTPD_HTTPD_H
#define KN_HTTPD_HTTPD_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>
#include "lib/base/err.h"
#include "lib/base/log.h"
#include "lib/loop/loop.h"

struct kn_httpd;
struct kn_httpd_request;

struct kn_httpd_tls { /* PEM text; copied */
	const char *cert_pem, *key_pem;
	const char
		*client_ca_pem; /* NULL: no client certificate is asked for; else asked for, not required */
};

struct kn_httpd_config {
	const char *address;		/* numeric, IPv4 or IPv6 */
	uint16_t port;			/* 0: any that is free */
	const struct kn_httpd_tls *tls; /* NULL: plain */
	unsigned max_connections;	/* 0: 512; more are closed at once */
	unsigned idle_s;		/* without a byte either way; 0: 90, as the kubelet's IdleTimeout */
	size_t max_body;		/* of a request, 413 beyond; 0: 64 KiB */
};

typedef void (*kn_httpd_handler)(void *user, struct kn_httpd_request *r);

/* Listens at once. -EADDRINUSE and the like; -EINVAL for an address or PEM text that can't be used. */
int kn_httpd_new(struct kn_httpd **ret, struct kn_loop *loop, const struct kn_httpd_config *cfg,
		 kn_httpd_handler handler, void *user, const struct kn_log *log, struct kn_err *err);
/* Ends all requests, calling their closed callbacks. Not inside a callback of this server. */
struct kn_httpd *kn_httpd_free(struct kn_httpd *h);
/* Certificates for connections from now on; the old ones end as they would. Nothing changes on failure. */
int kn_httpd_set_tls(struct kn_httpd *h, const struct kn_httpd_tls *tls, struct kn_err *err);
uint16_t kn_httpd_port(const struct kn_httpd *h);

/* ---- the request; strings are valid as long as it is ---- */
const char *kn_httpd_method(const struct kn_httpd_request *r);
const char *kn_httpd_path(const struct kn_httpd_request *r);   /* percent-decoded, without the query */
const char *kn_httpd_target(const struct kn_httpd_request *r); /* as sent, with the query */
const char *kn_httpd_header(const struct kn_httpd_request *r, const char *name); /* first; NULL: none */
/* First value of a query parameter, decoded; "" for one without "="; NULL: none. */
const char *kn_httpd_param(const struct kn_httpd_request *r, const char *name);
typedef void (*kn_httpd_pair)(void *user, const char *name, const char *value);
void kn_httpd_each_header(const struct kn_httpd_request *r, kn_httpd_pair fn, void *user); /* in order */
void kn_httpd_each_param(const struct kn_httpd_request *r, kn_httpd_pair fn, void *user);
const void *kn_httpd_body(const struct kn_httpd_request *r, size_t *len);

#define KN_HTTPD_ORGS_MAX 64
struct kn_httpd_peer {
	char address[64];	 /* "192.0.2.1:4711" or "[::1]:4711" */
	bool has_cert;		 /* a client certificate came along */
	bool verified;		 /* and leads to client_ca_pem, is in date, and may authenticate clients */
	const char *error;	 /* why it isn't verified; NULL */
	const char *common_name; /* of the subject, if verified; "" if there is none */
	const char *orgs[KN_HTTPD_ORGS_MAX + 1]; /* of the subject, NULL-terminated */
};
const struct kn_httpd_peer *kn_httpd_peer(struct kn_httpd_request *r); /* never NULL */

/* ---- the answer ---- */
/* Called when the request has ended, well or not. Set it inside the handler. */
void kn_httpd_on_closed(struct kn_httpd_request *r, void (*closed)(void *user), void *user);
/* A header of the answer to come; bad ones (control characters) are left out. */
void kn_httpd_set_header(struct kn_httpd_request *r, const char *name, const char *value);
/* Whole; data is copied. content_type NULL: none. */
void kn_httpd_answer(struct kn_httpd_request *r, int status, const char *content_type, const void *data,
		     size_t len);
void kn_httpd_answer_text(struct kn_httpd_request *r, int status, const char *fmt, ...)
	__attribute__((format(printf, 3, 4))); /* text/plain, as it is */

/* A stream, chunked. more is called when there is room again, never inside kn_httpd_stream_write. */
#define KN_HTTPD_STREAM_ROOM (64u * 1024)
void kn_httpd_stream(struct kn_httpd_request *r, int status, const char *content_type,
		     void (*more)(void *user), void *user);
size_t kn_httpd_stream_room(const struct kn_httpd_request *r); /* bytes that may be written now */
/* Takes all of it, but write no more than there is room for: what lies beyond is the caller's memory. */
void kn_httpd_stream_write(struct kn_httpd_request *r, const void *data, size_t len);
void kn_httpd_stream_end(struct kn_httpd_request *r);	/* after what was written */
void kn_httpd_stream_abort(struct kn_httpd_request *r); /* the client sees that it is cut */

/* 101 with the headers set before ("Connection: Upgrade" is added). up gets a descriptor, nonblocking, that
 * carries the plain bytes of the connection (ours, don't close), and bytes that came early, valid inside up.
 */
void kn_httpd_upgrade(struct kn_httpd_request *r,
		      void (*up)(void *user, int fd, const void *early, size_t len), void *user);
void kn_httpd_upgrade_close(struct kn_httpd_request *r); /* what was written to fd still goes out */

#endif
