/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server's end of TLS connections, by GnuTLS: a connection is shaken hands with, and from then on plain
 * bytes go to and come from a socket of a pair, whose other end the HTTP library reads as if it were the
 * client. (libmicrohttpd's own TLS is not used: in 0.9.75 an upgraded TLS connection is left with buffers of
 * four bytes, and its certificates can't be changed.) Within lib/httpd only; loop's thread only.
 */
#ifndef KN_HTTPD_TLS_H
#define KN_HTTPD_TLS_H

#include <gnutls/gnutls.h>
#include "lib/httpd/httpd.h"

#define KN_TLS_HANDSHAKE (10 * KN_NSEC_PER_SEC)

/* Certificate, key and trust: immutable, reference-counted; each connection holds those it began with. */
struct kn_tls_cred;
int kn_tls_cred_new(struct kn_tls_cred **ret, const struct kn_httpd_tls *tls, struct kn_err *err);
struct kn_tls_cred *kn_tls_cred_ref(struct kn_tls_cred *c);
struct kn_tls_cred *kn_tls_cred_unref(struct kn_tls_cred *c); /* NULL accepted; returns NULL */

struct kn_tls;
struct kn_tls_ops {
	/* Hands are shaken; plain_fd (nonblocking, the receiver's to close) carries the plain bytes. */
	void (*ready)(void *user, int plain_fd);
	/* All is over, fd is closed: call kn_tls_free. Once, later. */
	void (*ended)(void *user);
};
/* fd: a nonblocking connected socket, taken over. NULL: no memory or descriptors; fd is closed then too. */
struct kn_tls *kn_tls_new(struct kn_loop *loop, int fd, struct kn_tls_cred *cred,
			  const struct kn_tls_ops *ops, void *user);
struct kn_tls *kn_tls_free(struct kn_tls *t);
gnutls_session_t kn_tls_session(const struct kn_tls *t); /* borrowed; for the peer's certificate */

#endif
