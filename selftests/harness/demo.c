// SPDX-License-Identifier: Apache-2.0
/*
 * The program in the demo image, and its client for host and pods:
 *   demo serve PORT           answers every TCP connection (as HTTP/1.0) and every UDP datagram with the
 * host's name demo ask tcp|udp ADDR PORT [COUNT] COUNT requests, one line "NAME from ADDR" each; a request
 * without answer prints "-" Exit status of ask: 0 when every request was answered, 1 otherwise.
 */
#include <arpa/inet.h>
#include <errno.h>
#include <netdb.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/time.h>
#include <unistd.h>

enum { TIMEOUT_MS = 2000 };

static int listen_on(int type, int port)
{
	struct sockaddr_in6 a = {.sin6_family = AF_INET6, .sin6_port = htons((unsigned short)port)};
	int one = 1, off = 0, fd = socket(AF_INET6, type | SOCK_CLOEXEC, 0);

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	setsockopt(fd, IPPROTO_IPV6, IPV6_V6ONLY, &off, sizeof(off));
	if (bind(fd, (struct sockaddr *)&a, sizeof(a)) || (type == SOCK_STREAM && listen(fd, 64))) {
		close(fd);
		return -1;
	}
	return fd;
}

static void answer_tcp(int listener, const char *name)
{
	char buf[1024];
	int fd = accept(listener, NULL, NULL);
	struct timeval tv = {.tv_usec = 200000};

	if (fd < 0)
		return;
	/* The request is read before the answer, lest close() resets the connection; who asks nothing is
	 * answered too. */
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	if (recv(fd, buf, sizeof(buf), 0) < 0 && errno != EAGAIN) {
		close(fd);
		return;
	}
	int n = snprintf(buf, sizeof(buf),
			 "HTTP/1.0 200 OK\r\nContent-Type: text/plain\r\nContent-Length: %zu\r\n\r\n%s\n",
			 strlen(name) + 1, name);
	send(fd, buf, (size_t)n, MSG_NOSIGNAL);
	close(fd);
}

static int serve(int port)
{
	char name[256] = "?", buf[2048];
	struct pollfd p[2] = {{.fd = listen_on(SOCK_STREAM, port), .events = POLLIN},
			      {.fd = listen_on(SOCK_DGRAM, port), .events = POLLIN}};

	gethostname(name, sizeof(name) - 1);
	if (p[0].fd < 0 || p[1].fd < 0) {
		perror("demo: bind");
		return 1;
	}
	printf("%s serves on port %d\n", name, port);
	fflush(stdout);
	for (;;) {
		if (poll(p, 2, -1) < 0 && errno != EINTR)
			return 1;
		if (p[0].revents & POLLIN)
			answer_tcp(p[0].fd, name);
		if (p[1].revents & POLLIN) {
			struct sockaddr_storage from;
			socklen_t len = sizeof(from);

			if (recvfrom(p[1].fd, buf, sizeof(buf), 0, (struct sockaddr *)&from, &len) >= 0) {
				int n = snprintf(buf, sizeof(buf), "%s\n", name);
				sendto(p[1].fd, buf, (size_t)n, 0, (struct sockaddr *)&from, len);
			}
		}
	}
}

/* One request. The answering name in name; the peer that recv or getpeername shows in peer. 0 or -1. */
static int ask_one(int type, const struct addrinfo *to, char *name, size_t size, char *peer, size_t peer_size)
{
	char buf[2048];
	struct sockaddr_storage from;
	socklen_t len = sizeof(from);
	struct timeval tv = {.tv_sec = TIMEOUT_MS / 1000};
	int fd = socket(to->ai_family, type | SOCK_CLOEXEC, 0), ret = -1;
	ssize_t n;

	if (fd < 0)
		return -1;
	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	setsockopt(fd, SOL_SOCKET, SO_SNDTIMEO, &tv, sizeof(tv));
	if (type == SOCK_DGRAM) { /* not connected, so that sendmsg and recvmsg hooks are what is used */
		if (sendto(fd, "?", 1, 0, to->ai_addr, to->ai_addrlen) < 0)
			goto out;
		n = recvfrom(fd, buf, sizeof(buf) - 1, 0, (struct sockaddr *)&from, &len);
	} else {
		static const char get[] = "GET / HTTP/1.0\r\n\r\n";

		if (connect(fd, to->ai_addr, to->ai_addrlen) ||
		    send(fd, get, sizeof(get) - 1, MSG_NOSIGNAL) < 0 ||
		    getpeername(fd, (struct sockaddr *)&from, &len))
			goto out;
		n = recv(fd, buf, sizeof(buf) - 1, MSG_WAITALL);
	}
	if (n <= 0)
		goto out;
	buf[n] = 0;
	char *body = type == SOCK_STREAM ? strstr(buf, "\r\n\r\n") : NULL;
	body = body ? body + 4 : buf;
	body[strcspn(body, "\n")] = 0;
	snprintf(name, size, "%.200s", body);
	ret = getnameinfo((struct sockaddr *)&from, len, peer, (socklen_t)peer_size, NULL, 0, NI_NUMERICHOST)
		      ? -1
		      : 0;
out:
	close(fd);
	return ret;
}

static int ask(const char *proto, const char *addr, const char *port, int count)
{
	int type = strcmp(proto, "udp") ? SOCK_STREAM : SOCK_DGRAM, failed = 0;
	struct addrinfo hints = {.ai_flags = AI_NUMERICHOST | AI_NUMERICSERV, .ai_socktype = type}, *to;
	char name[256], peer[128];

	if (getaddrinfo(addr, port, &hints, &to)) {
		fprintf(stderr, "demo: bad address %s port %s\n", addr, port);
		return 2;
	}
	for (int i = 0; i < count; i++) {
		if (ask_one(type, to, name, sizeof(name), peer, sizeof(peer))) {
			failed = 1;
			puts("-");
		} else {
			printf("%s from %s\n", name, peer);
		}
	}
	freeaddrinfo(to);
	return failed;
}

static void leave(int sig)
{
	(void)sig;
	_exit(0);
}

int main(int argc, char **argv)
{
	signal(SIGTERM, leave); /* as pid 1 of a container there is no default action */
	signal(SIGPIPE, SIG_IGN);
	if (argc == 3 && !strcmp(argv[1], "serve"))
		return serve(atoi(argv[2]));
	if ((argc == 5 || argc == 6) && !strcmp(argv[1], "ask"))
		return ask(argv[2], argv[3], argv[4], argc == 6 ? atoi(argv[5]) : 1);
	fprintf(stderr, "usage: demo serve PORT | demo ask tcp|udp ADDR PORT [COUNT]\n");
	return 2;
}
