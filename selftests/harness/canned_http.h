/* SPDX-License-Identifier: Apache-2.0 */
/* A server on a thread that gives each request the next of a list of answers, and keeps what was asked. One
 * connection at a time. An answer of NULL cuts the connection. */
#ifndef KN_SELFTESTS_CANNED_HTTP_H
#define KN_SELFTESTS_CANNED_HTTP_H

#include <arpa/inet.h>
#include <pthread.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define CANNED_MAX 32

struct canned_http {
	int fd, port, conn;
	pthread_t thread;
	const char *answers[CANNED_MAX]; /* set before the request is made */
	size_t lens[CANNED_MAX];	 /* 0: strlen */
	int n;				 /* answered */
	char asked[CANNED_MAX][4096];
};

static inline bool canned_read(struct canned_http *s, char *buf, size_t max)
{
	size_t len = 0;

	memset(buf, 0, max);
	for (;;) {
		ssize_t n = recv(s->conn, buf + len, max - 1 - len, 0);
		const char *end, *cl;

		if (n <= 0)
			return false;
		len += (size_t)n;
		end = strstr(buf, "\r\n\r\n");
		cl = strcasestr(buf, "Content-Length:");
		if (end && len >= (size_t)(end + 4 - buf) + (cl ? strtoul(cl + 15, NULL, 10) : 0))
			return true;
	}
}

static inline void *canned_serve(void *user)
{
	struct canned_http *s = user;

	while ((s->conn = accept(s->fd, NULL, NULL)) >= 0) {
		while (s->n < CANNED_MAX && canned_read(s, s->asked[s->n], sizeof(s->asked[0]))) {
			int i = s->n++;

			if (!s->answers[i])
				break;
			send(s->conn, s->answers[i], s->lens[i] ? s->lens[i] : strlen(s->answers[i]),
			     MSG_NOSIGNAL);
		}
		close(s->conn);
	}
	return NULL;
}

static inline void canned_start(struct canned_http *s)
{
	struct sockaddr_in a = {.sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK)};
	socklen_t len = sizeof(a);

	s->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	if (bind(s->fd, (struct sockaddr *)&a, sizeof(a)) < 0 || listen(s->fd, 16) < 0)
		abort();
	getsockname(s->fd, (struct sockaddr *)&a, &len);
	s->port = ntohs(a.sin_port);
	pthread_create(&s->thread, NULL, canned_serve, s);
}

/* After the client is gone. */
static inline void canned_stop(struct canned_http *s)
{
	shutdown(s->fd, SHUT_RDWR);
	pthread_join(s->thread, NULL);
	close(s->fd);
}

#endif
