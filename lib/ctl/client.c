// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <poll.h>
#include <stddef.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/ctl/address.h"
#include "lib/ctl/ctl.h"

#define MAX_ANSWER ((size_t)64 << 20)

int kn_ctl_address(const char *path, struct sockaddr_un *addr, socklen_t *len, struct kn_err *err)
{
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (!*path)
		return kn_err_set(err, EINVAL, "socket path is empty");
	if (strlen(path) >= sizeof(a.sun_path))
		return kn_err_set(err, ENAMETOOLONG, "%s: longer than a socket's path may be", path);
	strcpy(a.sun_path, path);
	*addr = a;
	*len = sizeof(a);
	return 0;
}

static int wait_for(int fd, short events, int64_t until_ns, struct kn_err *err)
{
	for (;;) {
		int64_t left = until_ns - kn_mono(&kn_clock_system);
		struct pollfd p = {.fd = fd, .events = events};
		int r;

		if (left <= 0)
			return kn_err_set(err, ETIMEDOUT, "no answer in time");
		r = poll(&p, 1, (int)(left / KN_NSEC_PER_MSEC) + 1);
		if (r > 0)
			return 0;
		if (r < 0 && errno != EINTR)
			return kn_err_errno(err, errno, "poll");
	}
}

static int send_all(int fd, const char *data, size_t len, int64_t until, struct kn_err *err)
{
	while (len) {
		ssize_t n = send(fd, data, len, MSG_NOSIGNAL);
		int r;

		if (n >= 0) {
			data += n;
			len -= (size_t)n;
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return kn_err_errno(err, errno, "send");
		r = wait_for(fd, POLLOUT, until, err);
		if (r < 0)
			return r;
	}
	return 0;
}

static int receive_all(int fd, struct kn_buf *b, int64_t until, struct kn_err *err)
{
	for (;;) {
		char chunk[16384];
		ssize_t n = recv(fd, chunk, sizeof(chunk), 0);
		int r;

		if (n == 0)
			return b->len ? 0
				      : kn_err_set(err, EPIPE,
						   "closed without an answer (only root is answered)");
		if (n > 0) {
			if (b->len + (size_t)n > MAX_ANSWER)
				return kn_err_set(err, EMSGSIZE, "answer larger than 64 MiB");
			kn_buf_add(b, chunk, (size_t)n);
			continue;
		}
		if (errno == EINTR)
			continue;
		if (errno != EAGAIN)
			return kn_err_errno(err, errno, "receive");
		r = wait_for(fd, POLLIN, until, err);
		if (r < 0)
			return r;
	}
}

int kn_ctl_request(const char *path, const char *command, const char *arg, int timeout_ms, struct kn_buf *out,
		   struct kn_err *err)
{
	int64_t until = kn_mono(&kn_clock_system) + timeout_ms * KN_NSEC_PER_MSEC;
	kn_auto_buf struct kn_buf line = {0}, answer = {0};
	kn_auto_close int fd = -1;
	struct sockaddr_un addr;
	socklen_t len;
	int r;

	if (strpbrk(command, " \n") || (arg && strchr(arg, '\n')))
		return kn_err_set(err, EINVAL, "a request is one line");
	r = kn_ctl_address(path, &addr, &len, err);
	if (r < 0)
		return r;
	kn_buf_addf(&line, "%s%s%s\n", command, arg ? " " : "", arg ? arg : "");
	fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	if (fd < 0)
		return kn_err_errno(err, errno, "socket");
	/* A full queue is EAGAIN, and nothing tells when there is room. */
	while (connect(fd, (struct sockaddr *)&addr, len) < 0) {
		if (errno != EAGAIN || kn_mono(&kn_clock_system) >= until)
			return kn_err_errno(err, errno, "connect to %s", path);
		poll(NULL, 0, 10);
	}
	r = send_all(fd, line.data, line.len, until, err);
	if (r >= 0)
		r = receive_all(fd, &answer, until, err);
	if (r < 0)
		return kn_err_wrap(err, "%s", path);
	kn_buf_add(out, answer.data, answer.len);
	return 0;
}
