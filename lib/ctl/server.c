// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <time.h>
#include <sys/un.h>
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/ctl/address.h"
#include "lib/ctl/ctl.h"
#include "lib/json/write.h"

#define MAX_REQUEST 1024
#define MAX_CLIENTS 32
#define CLIENT_NSEC (5 * KN_NSEC_PER_SEC)

struct client {
	struct kn_list link;
	struct kn_ctl_server *server;
	int fd;
	struct kn_io *io;
	struct kn_timer *deadline;
	char request[MAX_REQUEST];
	size_t got;
	struct kn_buf answer;
	size_t sent;
};

struct kn_ctl_server {
	struct kn_loop *loop;
	const struct kn_log *log;
	kn_ctl_handler handler;
	void *user;
	char *path;
	int fd;
	bool bound;
	struct stat st; /* the socket's inode, so that only our own is removed */
	struct kn_io *io;
	struct kn_list clients;
	unsigned n_clients;
};

static void client_drop(struct client *c)
{
	kn_list_del(&c->link);
	c->server->n_clients--;
	kn_io_free(c->io);
	kn_timer_free(c->deadline);
	close(c->fd);
	kn_buf_free(&c->answer);
	free(c);
}

static void on_deadline(void *user)
{
	struct client *c = user;

	kn_debug(c->server->log, 2, "Dropped a control client that took too long");
	client_drop(c);
}

static void write_error(struct kn_buf *out, const char *msg)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);

	kn_json_obj(w, NULL);
	kn_json_str(w, "error", msg);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}

static void client_send(struct client *c)
{
	while (c->sent < c->answer.len) {
		ssize_t n = send(c->fd, c->answer.data + c->sent, c->answer.len - c->sent,
				 MSG_NOSIGNAL | MSG_DONTWAIT);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0 && errno == EAGAIN) {
			kn_io_events(c->io, EPOLLOUT);
			return;
		}
		if (n < 0)
			break;
		c->sent += (size_t)n;
		kn_timer_arm(c->deadline, CLIENT_NSEC); /* slow, but moving */
	}
	client_drop(c);
}

/* line: the request without its newline. */
static void client_answer(struct client *c, char *line)
{
	struct kn_err err = KN_ERR_INIT;
	struct kn_buf doc = {0};
	char *arg = strchr(line, ' ');

	if (arg) {
		*arg++ = '\0';
		arg += strspn(arg, " ");
	}
	if (c->server->handler(c->server->user, line, arg && *arg ? arg : NULL, &doc, &err) < 0) {
		kn_buf_free(&doc); /* half a document is none */
		write_error(&doc, err.msg[0] ? err.msg : "failed");
	}
	c->answer = doc;
	client_send(c);
}

static void client_read(struct client *c)
{
	ssize_t n = recv(c->fd, c->request + c->got, sizeof(c->request) - c->got, MSG_DONTWAIT);
	char *nl;

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		client_drop(c);
		return;
	}
	c->got += (size_t)n;
	nl = memchr(c->request, '\n', c->got);
	if (!nl && c->got < sizeof(c->request))
		return;
	if (!nl || memchr(c->request, '\0', (size_t)(nl - c->request))) {
		write_error(&c->answer, nl ? "request with a NUL byte" : "request longer than 1 KiB");
		client_send(c);
		return;
	}
	*nl = '\0';
	client_answer(c, c->request);
}

static void on_client(void *user, int fd, uint32_t events)
{
	struct client *c = user;

	if (c->answer.len && events & (EPOLLHUP | EPOLLERR))
		client_drop(c);
	else if (c->answer.len)
		client_send(c);
	else
		client_read(c);
}

/* The mode keeps others out already; this holds where the folder's or the socket's mode was changed by hand.
 */
static bool peer_may(int fd)
{
	struct ucred cred;
	socklen_t len = sizeof(cred);

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &cred, &len) == 0 && cred.uid == 0;
}

static void on_accept(void *user, int fd, uint32_t events)
{
	struct kn_ctl_server *s = user;
	kn_auto_close int cfd = accept4(fd, NULL, NULL, SOCK_CLOEXEC | SOCK_NONBLOCK);
	struct client *c;

	if (cfd < 0 || s->n_clients >= MAX_CLIENTS || !peer_may(cfd))
		return;
	c = kn_calloc(1, sizeof(*c));
	c->io = kn_io_new(s->loop, cfd, EPOLLIN, on_client, c, NULL);
	if (!c->io) {
		free(c);
		return;
	}
	c->server = s;
	c->fd = kn_steal_fd(&cfd);
	c->deadline = kn_timer_new(s->loop, on_deadline, c);
	kn_timer_arm(c->deadline, CLIENT_NSEC);
	kn_list_append(&s->clients, &c->link);
	s->n_clients++;
}

/* Removes a socket that nobody answers on. A full queue is an answer too. */
static int clear_stale(const char *path, const struct sockaddr_un *addr, socklen_t len, struct kn_err *err)
{
	kn_auto_close int fd = -1;
	struct stat st;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "%s", path);
	if (!S_ISSOCK(st.st_mode))
		return kn_err_set(err, EEXIST, "%s: in the way, and not a socket", path);
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return kn_err_errno(err, errno, "socket");
	if (connect(fd, (const struct sockaddr *)addr, len) == 0 || errno == EAGAIN)
		return kn_err_set(err, EADDRINUSE, "%s: another daemon answers on it", path);
	if (errno != ECONNREFUSED && errno != ENOENT)
		return kn_err_errno(err, errno, "%s", path);
	if (unlink(path) < 0 && errno != ENOENT)
		return kn_err_errno(err, errno, "remove stale %s", path);
	return 0;
}

/* A daemon that was killed holds its socket until the last of its threads has gone: not every answer is one.
 * Blocks for a second at most, before the loop runs. */
static int wait_stale(const char *path, const struct sockaddr_un *addr, socklen_t len, struct kn_err *err)
{
	const struct timespec pause = {.tv_nsec = 50 * KN_NSEC_PER_MSEC};
	int r = clear_stale(path, addr, len, err);

	for (int i = 0; i < 20 && r == -EADDRINUSE; i++) {
		nanosleep(&pause, NULL);
		if (err)
			*err = (struct kn_err)KN_ERR_INIT;
		r = clear_stale(path, addr, len, err);
	}
	return r;
}

static int server_listen(struct kn_ctl_server *s, struct kn_err *err)
{
	struct sockaddr_un addr;
	socklen_t len;
	int r = kn_ctl_address(s->path, &addr, &len, err);

	if (r < 0)
		return r;
	r = wait_stale(s->path, &addr, len, err);
	if (r < 0)
		return r;
	s->fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	/* bind() takes the mode from the socket's own inode: it is never wider, not even for a moment. */
	if (s->fd < 0 || fchmod(s->fd, 0600) < 0)
		return kn_err_errno(err, errno, "socket");
	if (bind(s->fd, (struct sockaddr *)&addr, len) < 0)
		return kn_err_errno(err, errno, "bind %s", s->path);
	s->bound = lstat(s->path, &s->st) == 0;
	if (listen(s->fd, MAX_CLIENTS) < 0)
		return kn_err_errno(err, errno, "listen on %s", s->path);
	s->io = kn_io_new(s->loop, s->fd, EPOLLIN, on_accept, s, err);
	return s->io ? 0 : kn_err_wrap(err, "listen on %s", s->path);
}

int kn_ctl_server_new(struct kn_ctl_server **ret, struct kn_loop *loop, const char *path,
		      kn_ctl_handler handler, void *user, const struct kn_log *log, struct kn_err *err)
{
	struct kn_ctl_server *s = kn_calloc(1, sizeof(*s));
	int r;

	s->loop = loop;
	s->log = log;
	s->handler = handler;
	s->user = user;
	s->path = kn_strdup(path);
	s->fd = -1;
	kn_list_init(&s->clients);
	r = server_listen(s, err);
	if (r < 0) {
		kn_ctl_server_free(s);
		return r;
	}
	*ret = s;
	return 0;
}

struct kn_ctl_server *kn_ctl_server_free(struct kn_ctl_server *s)
{
	struct stat st;

	if (!s)
		return NULL;
	kn_list_for_each_safe (pos, &s->clients)
		client_drop(kn_container_of(pos, struct client, link));
	kn_io_free(s->io);
	if (s->fd >= 0)
		close(s->fd);
	if (s->bound && lstat(s->path, &st) == 0 && st.st_ino == s->st.st_ino && st.st_dev == s->st.st_dev)
		unlink(s->path);
	free(s->path);
	free(s);
	return NULL;
}
