/* SPDX-License-Identifier: Apache-2.0 */
/* Child processes by posix_spawn, watched through a pidfd. No fork after threads exist. Only fds 0-2 are
 * inherited. */
#ifndef KN_LOOP_SPAWN_H
#define KN_LOOP_SPAWN_H

#include "lib/loop/loop.h"

/* argv[0] is an absolute path; no shell. fds: the child's 0, 1, 2 (-1: /dev/null). done gets waitid's si_code
 * and si_status, once. */
int kn_child_spawn(struct kn_loop *l, const char *const argv[], const char *const envp[], const int fds[3],
		   void (*done)(void *user, int code, int status), void *user, struct kn_child **ret,
		   struct kn_err *err);
int kn_child_kill(struct kn_child *c, int signo); /* by pidfd; never hits a reused pid */
pid_t kn_child_pid(const struct kn_child *c);
struct kn_child *kn_child_free(struct kn_child *c); /* kills (SIGKILL) and reaps if still running */

#endif
