/* SPDX-License-Identifier: Apache-2.0 */
/* The HTTP library in external mode: its epoll descriptor and its timeout are the loop's. */
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/un.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

#define CONNECTIONS 512
#define IDLE_S 90
#define BODY_MAX (64u * 1024)
/* A connection's memory: request line, headers, query, and the buffer that answers are sent from. */
#define CONNECTION_MEMORY (128u * 1024)

static void run(struct kn_httpd *h)
{
	MHD_UNSIGNED_LONG_LONG ms;

	MHD_run(h->mhd);
	if (MHD_get_timeout(h->mhd, &ms) == MHD_YES)
		kn_timer_arm(h->timer,
			     ms < 3600 * 1000 ? (int64_t)ms * KN_NSEC_PER_MSEC : 3600 * KN_NSEC_PER_SEC);
	else
		kn_timer_disarm(h->timer);
}

static void on_timer(void *user)
{
	run(user);
}

static void on_ready(void *user, int fd, uint32_t events)
{
	run(user);
}

void kn_httpd_kick(struct kn_httpd *h)
{
	kn_timer_arm(h->timer, 0);
}

void kn_httpd_add(struct kn_httpd_conn *c, int fd)
{
	/* Not an internet address, lest the library tries TCP's options on a socket of a pair. */
	static const struct sockaddr_un none = {.sun_family = AF_UNIX};
	bool local = c->tls != NULL;

	c->fd = fd;
	kn_httpd_kick(c->h);
	if (MHD_add_connection(c->h->mhd, fd,
			       local ? (const struct sockaddr *)&none : (struct sockaddr *)&c->addr,
			       local ? sizeof(none) : sizeof(c->addr)) != MHD_YES)
		kn_httpd_conn_closed(c); /* it has closed fd */
}

static void on_connection(void *cls, struct MHD_Connection *conn, void **context,
			  enum MHD_ConnectionNotificationCode code)
{
	struct kn_httpd *h = cls;
	const union MHD_ConnectionInfo *i;

	if (code == MHD_CONNECTION_NOTIFY_CLOSED) {
		if (*context)
			kn_httpd_conn_closed(*context);
		*context = NULL;
		return;
	}
	i = MHD_get_connection_info(conn, MHD_CONNECTION_INFO_CONNECTION_FD);
	kn_list_for_each (n, &h->conns) {
		struct kn_httpd_conn *c = kn_container_of(n, struct kn_httpd_conn, node);

		if (i && c->fd == i->connect_fd)
			*context = c;
	}
}

__attribute__((format(printf, 2, 0))) static void on_log(void *cls, const char *fmt, va_list ap)
{
	struct kn_httpd *h = cls;
	char text[256];
	int n = vsnprintf(text, sizeof(text), fmt, ap);

	if (n > 0 && (size_t)n < sizeof(text) && text[n - 1] == '\n')
		text[n - 1] = '\0';
	kn_debug(h->log, 4, "HTTP server", "message", text);
}

static int start(struct kn_httpd *h, struct kn_err *err)
{
	const union MHD_DaemonInfo *info;

	h->mhd = MHD_start_daemon(MHD_USE_EPOLL | MHD_ALLOW_UPGRADE | MHD_ALLOW_SUSPEND_RESUME |
					  MHD_USE_ERROR_LOG | MHD_USE_NO_LISTEN_SOCKET,
				  0, NULL, NULL, kn_httpd_access, h, MHD_OPTION_EXTERNAL_LOGGER, on_log, h,
				  MHD_OPTION_CONNECTION_LIMIT, h->cfg.max_connections + 1,
				  MHD_OPTION_CONNECTION_TIMEOUT, h->cfg.idle_s,
				  MHD_OPTION_CONNECTION_MEMORY_LIMIT, (size_t)CONNECTION_MEMORY,
				  MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1, MHD_OPTION_URI_LOG_CALLBACK,
				  kn_httpd_target_seen, h, MHD_OPTION_NOTIFY_COMPLETED, kn_httpd_completed, h,
				  MHD_OPTION_NOTIFY_CONNECTION, on_connection, h, MHD_OPTION_END);
	info = h->mhd ? MHD_get_daemon_info(h->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info)
		return kn_err_set(err, EIO, "HTTP server: can't be started");
	h->timer = kn_timer_new(h->loop, on_timer, h);
	h->io = kn_io_new(h->loop, info->epoll_fd, EPOLLIN, on_ready, h, err);
	return h->io ? 0 : kn_err_wrap(err, "HTTP server");
}

int kn_httpd_new(struct kn_httpd **ret, struct kn_loop *loop, const struct kn_httpd_config *cfg,
		 kn_httpd_handler handler, void *user, const struct kn_log *log, struct kn_err *err)
{
	struct kn_httpd *h = kn_calloc(1, sizeof(*h));
	int r;

	*h = (struct kn_httpd){.loop = loop, .log = log, .handler = handler, .user = user, .cfg = *cfg};
	h->listen_fd = -1;
	h->cfg.tls = NULL;
	h->cfg.address = NULL;
	h->cfg.max_connections = cfg->max_connections ? cfg->max_connections : CONNECTIONS;
	h->cfg.idle_s = cfg->idle_s ? cfg->idle_s : IDLE_S;
	h->cfg.max_body = cfg->max_body ? cfg->max_body : BODY_MAX;
	kn_list_init(&h->conns);
	kn_list_init(&h->requests);
	r = cfg->tls ? kn_tls_cred_new(&h->cred, cfg->tls, err) : 0;
	if (!r)
		r = start(h, err);
	if (!r)
		r = kn_httpd_listen(h, cfg->address, cfg->port, err);
	if (r) {
		kn_httpd_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

int kn_httpd_set_tls(struct kn_httpd *h, const struct kn_httpd_tls *tls, struct kn_err *err)
{
	struct kn_tls_cred *c;
	int r = kn_tls_cred_new(&c, tls, err);

	if (r)
		return r;
	kn_tls_cred_unref(h->cred);
	h->cred = c;
	return 0;
}

struct kn_httpd *kn_httpd_free(struct kn_httpd *h)
{
	if (!h)
		return NULL;
	h->freeing = true;
	/* The library wants nothing suspended or upgraded when it is stopped. */
	kn_list_for_each_safe (n, &h->requests)
		kn_httpd_give_up(kn_container_of(n, struct kn_httpd_request, node));
	if (h->mhd) {
		MHD_run(h->mhd);
		MHD_stop_daemon(h->mhd);
	}
	kn_httpd_accept_stop(h);
	kn_io_free(h->io);
	kn_timer_free(h->timer);
	kn_tls_cred_unref(h->cred);
	free(h);
	return NULL;
}
