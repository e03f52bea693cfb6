/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/epoll.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "lib/base/mem.h"
#include "lib/loop/spawn.h"

#ifndef P_PIDFD
#define P_PIDFD 3
#endif

struct kn_child {
	pid_t pid;
	int pidfd;
	bool reaped;
	struct kn_io *io;
	void (*done)(void *user, int code, int status);
	void *user;
};

static void on_exit_event(void *user, int fd, uint32_t events)
{
	struct kn_child *c = user;
	siginfo_t si = {0};

	if (waitid(P_PIDFD, (id_t)c->pidfd, &si, WEXITED | WNOHANG) < 0 || !si.si_pid)
		return;
	c->reaped = true;
	c->io = kn_io_free(c->io);
	if (c->done)
		c->done(c->user, si.si_code, si.si_status);
}

static int spawn(pid_t *pid, const char *const argv[], const char *const envp[], const int fds[3])
{
	posix_spawn_file_actions_t fa;
	posix_spawnattr_t attr;
	sigset_t none, all;
	int r = 0;

	sigemptyset(&none);
	sigfillset(&all);
	posix_spawn_file_actions_init(&fa);
	posix_spawnattr_init(&attr);
	/* The loop blocks its signals; a child must not inherit that. */
	posix_spawnattr_setsigmask(&attr, &none);
	posix_spawnattr_setsigdefault(&attr, &all);
	posix_spawnattr_setflags(&attr, POSIX_SPAWN_SETSIGMASK | POSIX_SPAWN_SETSIGDEF);
	for (int i = 0; i < 3 && !r; i++) {
		if (fds[i] < 0)
			r = posix_spawn_file_actions_addopen(&fa, i, "/dev/null", O_RDWR, 0);
		else
			r = posix_spawn_file_actions_adddup2(&fa, fds[i], i);
	}
	/* Ours are O_CLOEXEC; this is for what a library forgot. */
	if (!r)
		r = posix_spawn_file_actions_addclosefrom_np(&fa, 3);
	if (!r)
		r = posix_spawn(pid, argv[0], &fa, &attr, (char *const *)argv, (char *const *)envp);
	posix_spawn_file_actions_destroy(&fa);
	posix_spawnattr_destroy(&attr);
	return -r;
}

int kn_child_spawn(struct kn_loop *l, const char *const argv[], const char *const envp[], const int fds[3],
		   void (*done)(void *user, int code, int status), void *user, struct kn_child **ret,
		   struct kn_err *err)
{
	struct kn_child *c = kn_calloc(1, sizeof(*c));
	int r = spawn(&c->pid, argv, envp, fds);

	if (r) {
		free(c);
		return kn_err_errno(err, r, "start %s", argv[0]);
	}
	c->done = done;
	c->user = user;
	c->pidfd = (int)syscall(SYS_pidfd_open, c->pid, 0);
	if (c->pidfd >= 0)
		c->io = kn_io_new(l, c->pidfd, EPOLLIN, on_exit_event, c, err);
	else
		kn_err_errno(err, errno, "pidfd_open");
	if (!c->io) {
		kn_child_free(c);
		return -EIO;
	}
	*ret = c;
	return 0;
}

int kn_child_kill(struct kn_child *c, int signo)
{
	if (c->reaped)
		return -ESRCH;
	if (c->pidfd < 0)
		return kill(c->pid, signo) < 0 ? -errno : 0;
	return syscall(SYS_pidfd_send_signal, c->pidfd, signo, NULL, 0) < 0 ? -errno : 0;
}

pid_t kn_child_pid(const struct kn_child *c)
{
	return c->pid;
}

struct kn_child *kn_child_free(struct kn_child *c)
{
	if (!c)
		return NULL;
	kn_io_free(c->io);
	if (!c->reaped) {
		kn_child_kill(c, SIGKILL);
		while (waitpid(c->pid, NULL, 0) < 0 && errno == EINTR)
			;
	}
	if (c->pidfd >= 0)
		close(c->pidfd);
	free(c);
	return NULL;
}
