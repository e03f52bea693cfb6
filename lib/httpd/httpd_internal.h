/* SPDX-License-Identifier: Apache-2.0 */
/* What daemon.c, request.c, peer.c and answer.c share. Within lib/httpd only. */
#ifndef KN_HTTPD_INTERNAL_H
#define KN_HTTPD_INTERNAL_H

#include <microhttpd.h>
#include <sys/socket.h>
#include "lib/base/arena.h"
#include "lib/base/buf.h"
#include "lib/base/list.h"
#include "lib/httpd/httpd.h"
#include "lib/httpd/tls.h"

#define KN_HTTPD_LONG_S (4 * 3600) /* of a stream without a byte: the kubelet's WriteTimeout */

/* A client that was let in; with TLS it is there before the library knows of it. */
struct kn_httpd_conn {
	struct kn_list node;
	struct kn_httpd *h;
	struct sockaddr_storage addr;
	int fd;		    /* as the library has it, and closes it; -1: not yet or no more */
	struct kn_tls *tls; /* NULL: plain */
};

struct kn_httpd {
	struct kn_loop *loop;
	const struct kn_log *log;
	kn_httpd_handler handler;
	void *user;
	struct kn_httpd_config cfg; /* tls and address are not kept */
	int listen_fd;
	struct kn_io *listen_io;
	struct kn_timer *listen_timer; /* accepting rests a while when descriptors run out */
	struct kn_tls_cred *cred;      /* NULL: plain */
	struct MHD_Daemon *mhd;
	struct kn_io *io; /* of the library's epoll descriptor */
	struct kn_timer *timer;
	struct kn_list conns; /* struct kn_httpd_conn */
	unsigned n_conns;
	struct kn_list requests; /* struct kn_httpd_request */
	bool freeing;
};

enum kn_httpd_kind { KN_HTTPD_NONE, KN_HTTPD_WHOLE, KN_HTTPD_STREAM, KN_HTTPD_UPGRADE };

struct kn_httpd_request {
	struct kn_list node;
	struct kn_httpd *h;
	struct MHD_Connection *conn;
	struct kn_arena *arena; /* of peer */
	struct kn_httpd_peer *peer;
	char *method, *path, *target;
	struct kn_buf body;
	bool too_big, dispatched;
	bool suspended, gone;
	struct kn_io *watch; /* of a suspended connection: the library does not look at it */
	void (*closed)(void *user);
	void *closed_user;
	enum kn_httpd_kind kind;
	int status;
	struct MHD_Response *response;
	struct kn_buf headers; /* "Name\0value\0" pairs of the answer to come */
	/* stream */
	struct kn_buf out;
	size_t sent;
	bool ended, aborted, in_more;
	void (*more)(void *user);
	void *more_user;
	/* upgrade */
	struct MHD_UpgradeResponseHandle *urh;
	void (*up)(void *user, int fd, const void *early, size_t len);
	void *up_user;
};

/* daemon.c */
void kn_httpd_kick(struct kn_httpd *h);		    /* lets the library look at its connections soon */
void kn_httpd_add(struct kn_httpd_conn *c, int fd); /* fd, plain bytes, is the library's from now on */
/* accept.c */
int kn_httpd_listen(struct kn_httpd *h, const char *address, uint16_t port, struct kn_err *err);
void kn_httpd_conn_closed(struct kn_httpd_conn *c); /* by the library */
void kn_httpd_accept_stop(struct kn_httpd *h);	    /* drops all connections */

/* request.c: the library's callbacks, with struct kn_httpd as closure */
enum MHD_Result kn_httpd_access(void *cls, struct MHD_Connection *conn, const char *url, const char *method,
				const char *version, const char *data, size_t *size, void **con_cls);
void kn_httpd_completed(void *cls, struct MHD_Connection *conn, void **con_cls,
			enum MHD_RequestTerminationCode code);
void *kn_httpd_target_seen(void *cls, const char *uri, struct MHD_Connection *conn);
void kn_httpd_suspend(struct kn_httpd_request *r);
void kn_httpd_resume(struct kn_httpd_request *r); /* nothing to do when not suspended */
void kn_httpd_give_up(struct kn_httpd_request *r);

#endif
