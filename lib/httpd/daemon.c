/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The library's daemon in external mode: its epoll descriptor and its timeout are the loop's. The library
 * takes certificates at start only; so new ones mean a new daemon on the same listening socket, while the old
 * one stops accepting and goes with its last connection.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/gnutls.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "lib/httpd/httpd_internal.h"

#define CONNECTIONS 512
#define IDLE_S 90
#define BODY_MAX (64u * 1024)
/* A connection's memory: request line, headers, query, and the buffer that streams are sent from. */
#define CONNECTION_MEMORY (128u * 1024)
#define BACKLOG 128
#define RETIRED_CHECK (5 * KN_NSEC_PER_SEC)
/* TLS 1.2 and 1.3, at least 128 bits: what Go's servers offer. */
#define PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"

static void daemon_free(struct kn_httpd_daemon *d)
{
	if (d->mhd)
		MHD_stop_daemon(d->mhd);
	kn_io_free(d->io);
	kn_timer_free(d->timer);
	free(d);
}

static unsigned connections(const struct kn_httpd_daemon *d)
{
	const union MHD_DaemonInfo *i = MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_CURRENT_CONNECTIONS);

	return i ? i->num_connections : 0;
}

static void daemon_run(struct kn_httpd_daemon *d)
{
	MHD_UNSIGNED_LONG_LONG ms;
	int64_t wait = -1;
	unsigned n;

	MHD_run(d->mhd);
	n = connections(d);
	if (d->retired && !n) {
		kn_list_del(&d->node);
		daemon_free(d);
		return;
	}
	if (MHD_get_timeout(d->mhd, &ms) == MHD_YES)
		wait = ms < 3600 * 1000 ? (int64_t)ms * KN_NSEC_PER_MSEC : 3600 * KN_NSEC_PER_SEC;
	if (d->retired && (wait < 0 || wait > RETIRED_CHECK))
		wait = RETIRED_CHECK;
	/* At its limit it stops accepting, and begins again only in a run after the one that frees a place.
	 */
	if (d->full && n < d->h->cfg.max_connections)
		wait = 0;
	d->full = n >= d->h->cfg.max_connections;
	if (wait >= 0)
		kn_timer_arm(d->timer, wait);
	else
		kn_timer_disarm(d->timer);
}

static void on_timer(void *user)
{
	daemon_run(user);
}

static void on_ready(void *user, int fd, uint32_t events)
{
	daemon_run(user);
}

void kn_httpd_kick(struct kn_httpd_daemon *d)
{
	kn_timer_arm(d->timer, 0);
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

/* The library's own check comes too late and tells too little. */
static int check_tls(const struct kn_httpd_tls *tls, struct kn_err *err)
{
	gnutls_certificate_credentials_t cred;
	gnutls_datum_t cert = {(unsigned char *)tls->cert_pem, (unsigned)strlen(tls->cert_pem)};
	gnutls_datum_t key = {(unsigned char *)tls->key_pem, (unsigned)strlen(tls->key_pem)};
	int r = gnutls_certificate_allocate_credentials(&cred);

	if (r < 0)
		return kn_err_set(err, ENOMEM, "certificate: %s", gnutls_strerror(r));
	r = gnutls_certificate_set_x509_key_mem(cred, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (r < 0)
		kn_err_set(err, EINVAL, "serving certificate: %s", gnutls_strerror(r));
	if (r >= 0 && tls->client_ca_pem) {
		gnutls_datum_t ca = {(unsigned char *)tls->client_ca_pem,
				     (unsigned)strlen(tls->client_ca_pem)};

		r = gnutls_certificate_set_x509_trust_mem(cred, &ca, GNUTLS_X509_FMT_PEM);
		if (r <= 0) {
			kn_err_set(err, EINVAL, "client CA: %s",
				   r ? gnutls_strerror(r) : "no certificate in it");
			r = -1;
		}
	}
	gnutls_certificate_free_credentials(cred);
	return r < 0 ? -EINVAL : 0;
}

static int daemon_start(struct kn_httpd *h, const struct kn_httpd_tls *tls, struct kn_httpd_daemon **ret,
			struct kn_err *err)
{
	struct kn_httpd_daemon *d = kn_calloc(1, sizeof(*d));
	struct MHD_OptionItem opt[8] = {{MHD_OPTION_END, 0, NULL}};
	unsigned flags = MHD_USE_EPOLL | MHD_ALLOW_UPGRADE | MHD_ALLOW_SUSPEND_RESUME | MHD_USE_ERROR_LOG;
	const union MHD_DaemonInfo *info;
	size_t n = 0;
	int fd = dup(h->listen_fd);

	d->h = h;
	kn_list_init(&d->node);
	if (tls) {
		flags |= MHD_USE_TLS;
		opt[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_CERT, 0, (void *)tls->cert_pem};
		opt[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_KEY, 0, (void *)tls->key_pem};
		opt[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_PRIORITIES, 0, (void *)PRIORITIES};
		if (tls->client_ca_pem)
			opt[n++] = (struct MHD_OptionItem){MHD_OPTION_HTTPS_MEM_TRUST, 0,
							   (void *)tls->client_ca_pem};
	}
	opt[n] = (struct MHD_OptionItem){MHD_OPTION_END, 0, NULL};
	d->mhd =
		fd < 0 ? NULL
		       : MHD_start_daemon(flags, 0, NULL, NULL, kn_httpd_access, d,
					  MHD_OPTION_EXTERNAL_LOGGER, on_log, h, MHD_OPTION_LISTEN_SOCKET, fd,
					  MHD_OPTION_ARRAY, opt, MHD_OPTION_CONNECTION_LIMIT,
					  h->cfg.max_connections, MHD_OPTION_CONNECTION_TIMEOUT,
					  h->cfg.idle_s, MHD_OPTION_CONNECTION_MEMORY_LIMIT,
					  (size_t)CONNECTION_MEMORY, MHD_OPTION_SIGPIPE_HANDLED_BY_APP, 1,
					  MHD_OPTION_URI_LOG_CALLBACK, kn_httpd_target_seen, d,
					  MHD_OPTION_NOTIFY_COMPLETED, kn_httpd_completed, d, MHD_OPTION_END);
	info = d->mhd ? MHD_get_daemon_info(d->mhd, MHD_DAEMON_INFO_EPOLL_FD) : NULL;
	if (!info) {
		if (!d->mhd && fd >= 0)
			close(fd);
		daemon_free(d);
		return kn_err_set(err, EIO, "HTTP server: can't be started");
	}
	d->timer = kn_timer_new(h->loop, on_timer, d);
	d->io = kn_io_new(h->loop, info->epoll_fd, EPOLLIN, on_ready, d, err);
	if (!d->io) {
		daemon_free(d);
		return kn_err_wrap(err, "HTTP server");
	}
	kn_httpd_kick(d);
	*ret = d;
	return 0;
}

static int parse_address(const char *text, uint16_t port, struct sockaddr_storage *ss, socklen_t *len)
{
	struct sockaddr_in *v4 = (struct sockaddr_in *)ss;
	struct sockaddr_in6 *v6 = (struct sockaddr_in6 *)ss;

	memset(ss, 0, sizeof(*ss));
	if (inet_pton(AF_INET, text, &v4->sin_addr) == 1) {
		v4->sin_family = AF_INET;
		v4->sin_port = htons(port);
		*len = sizeof(*v4);
	} else if (inet_pton(AF_INET6, text, &v6->sin6_addr) == 1) {
		v6->sin6_family = AF_INET6;
		v6->sin6_port = htons(port);
		*len = sizeof(*v6);
	} else {
		return -EINVAL;
	}
	return 0;
}

static int open_listener(const char *address, uint16_t port, struct kn_err *err)
{
	struct sockaddr_storage ss;
	socklen_t len = 0;
	kn_auto_close int fd = -1;
	int one = 1;

	if (parse_address(address, port, &ss, &len))
		return kn_err_set(err, EINVAL, "listen address \"%s\" is not an IP address", address);
	fd = socket(ss.ss_family, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	/* [::] serves both families, as Go has it. */
	if (fd < 0 || setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one)) < 0 ||
	    bind(fd, (struct sockaddr *)&ss, len) < 0 || listen(fd, BACKLOG) < 0)
		return kn_err_errno(err, errno, "listen on %s port %u", address, port);
	return kn_steal_fd(&fd);
}

int kn_httpd_new(struct kn_httpd **ret, struct kn_loop *loop, const struct kn_httpd_config *cfg,
		 kn_httpd_handler handler, void *user, const struct kn_log *log, struct kn_err *err)
{
	struct kn_httpd *h = kn_calloc(1, sizeof(*h));
	int r = cfg->tls ? check_tls(cfg->tls, err) : 0;

	*h = (struct kn_httpd){.loop = loop, .log = log, .handler = handler, .user = user, .cfg = *cfg};
	h->cfg.tls = NULL;
	h->cfg.address = NULL;
	h->cfg.max_connections = cfg->max_connections ? cfg->max_connections : CONNECTIONS;
	h->cfg.idle_s = cfg->idle_s ? cfg->idle_s : IDLE_S;
	h->cfg.max_body = cfg->max_body ? cfg->max_body : BODY_MAX;
	kn_list_init(&h->retired);
	kn_list_init(&h->requests);
	h->listen_fd = r ? r : open_listener(cfg->address, cfg->port, err);
	if (!r)
		r = h->listen_fd < 0 ? h->listen_fd : daemon_start(h, cfg->tls, &h->current, err);
	if (r) {
		kn_httpd_free(h);
		return r;
	}
	*ret = h;
	return 0;
}

static void retire(struct kn_httpd_daemon *d)
{
	MHD_socket fd = MHD_quiesce_daemon(d->mhd);

	if (fd != MHD_INVALID_SOCKET)
		close(fd);
	d->retired = true;
	kn_list_append(&d->h->retired, &d->node);
	kn_httpd_kick(d);
}

int kn_httpd_set_tls(struct kn_httpd *h, const struct kn_httpd_tls *tls, struct kn_err *err)
{
	struct kn_httpd_daemon *d;
	int r = check_tls(tls, err);

	if (!r)
		r = daemon_start(h, tls, &d, err);
	if (r)
		return r;
	retire(h->current);
	h->current = d;
	return 0;
}

uint16_t kn_httpd_port(const struct kn_httpd *h)
{
	struct sockaddr_storage ss;
	socklen_t len = sizeof(ss);

	if (getsockname(h->listen_fd, (struct sockaddr *)&ss, &len) < 0)
		return 0;
	return ntohs(ss.ss_family == AF_INET6 ? ((struct sockaddr_in6 *)&ss)->sin6_port
					      : ((struct sockaddr_in *)&ss)->sin_port);
}

struct kn_httpd *kn_httpd_free(struct kn_httpd *h)
{
	if (!h)
		return NULL;
	h->freeing = true;
	/* The library wants nothing suspended or upgraded when it is stopped. */
	kn_list_for_each_safe (n, &h->requests)
		kn_httpd_give_up(kn_container_of(n, struct kn_httpd_request, node));
	if (h->current) {
		MHD_run(h->current->mhd);
		daemon_free(h->current);
	}
	kn_list_for_each_safe (n, &h->retired) {
		struct kn_httpd_daemon *d = kn_container_of(n, struct kn_httpd_daemon, node);

		MHD_run(d->mhd);
		daemon_free(d);
	}
	if (h->listen_fd >= 0)
		close(h->listen_fd);
	free(h);
	return NULL;
}
