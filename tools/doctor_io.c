// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <spawn.h>
#include <string.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <sys/wait.h>
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "tools/doctor_io.h"

#define PROGRAM_NSEC (3 * KN_NSEC_PER_SEC)

extern char **environ;

bool kc_socket_answers(const char *path)
{
	kn_auto_close int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC | SOCK_NONBLOCK, 0);
	struct sockaddr_un a = {.sun_family = AF_UNIX};

	if (fd < 0 || strlen(path) >= sizeof(a.sun_path))
		return false;
	strcpy(a.sun_path, path);
	return connect(fd, (struct sockaddr *)&a, sizeof(a)) == 0 || errno == EAGAIN;
}

static bool start(char *const argv[], int out, pid_t *pid)
{
	posix_spawn_file_actions_t fa;
	bool good;

	posix_spawn_file_actions_init(&fa);
	posix_spawn_file_actions_addopen(&fa, 0, "/dev/null", O_RDONLY, 0);
	posix_spawn_file_actions_adddup2(&fa, out, 1);
	posix_spawn_file_actions_addopen(&fa, 2, "/dev/null", O_WRONLY, 0);
	good = posix_spawnp(pid, argv[0], &fa, NULL, argv, environ) == 0;
	posix_spawn_file_actions_destroy(&fa);
	return good;
}

void kc_first_line(char *const argv[], char *line, size_t size)
{
	int64_t until = kn_mono(&kn_clock_system) + PROGRAM_NSEC;
	int fds[2];
	size_t got = 0;
	pid_t pid;
	bool started;

	line[0] = '\0';
	if (pipe2(fds, O_CLOEXEC) < 0)
		return;
	started = start(argv, fds[1], &pid);
	close(fds[1]);
	while (started && got < size - 1) {
		int64_t left = (until - kn_mono(&kn_clock_system)) / KN_NSEC_PER_MSEC;
		struct pollfd p = {.fd = fds[0], .events = POLLIN};
		ssize_t n =
			left > 0 && poll(&p, 1, (int)left) > 0 ? read(fds[0], line + got, size - 1 - got) : 0;

		if (n <= 0)
			break;
		got += (size_t)n;
		if (memchr(line, '\n', got))
			break;
	}
	close(fds[0]);
	line[got] = '\0';
	line[strcspn(line, "\n")] = '\0';
	if (started) {
		kill(pid, SIGKILL); /* our own child, not yet reaped; its line is all that was wanted */
		waitpid(pid, NULL, 0);
	}
}
