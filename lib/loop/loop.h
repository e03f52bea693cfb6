/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The one loop that owns all state, on sd-event. Everything here is called on the loop's thread, but
 * kn_loop_post. Callbacks never block. Sources are freed with their _free (NULL accepted), also inside their
 * own callback.
 */
#ifndef KN_LOOP_LOOP_H
#define KN_LOOP_LOOP_H

#include <stdint.h>
#include <stdbool.h>
#include <sys/types.h>
#include <systemd/sd-event.h>
#include "lib/base/err.h"
#include "lib/base/clock.h"

struct kn_loop;
struct kn_timer;
struct kn_io;
struct kn_child;

int kn_loop_new(struct kn_loop **ret, struct kn_err *err);
struct kn_loop *kn_loop_free(struct kn_loop *l);
sd_event *kn_loop_event(struct kn_loop *l); /* borrowed; for inotify, sd-bus, watchdog */
const struct kn_clock *kn_loop_clock(struct kn_loop *l);
int kn_loop_run(struct kn_loop *l);			     /* until kn_loop_quit; returns its code */
int kn_loop_run_once(struct kn_loop *l, int64_t timeout_ns); /* one iteration at most; for tests */
void kn_loop_quit(struct kn_loop *l, int code);
/* Runs fn(user) on the loop's thread, in order of posting. From any thread. */
void kn_loop_post(struct kn_loop *l, void (*fn)(void *user), void *user);
/* Blocks SIGTERM/SIGINT/SIGHUP etc. and calls back on the loop. Call before threads start. */
int kn_loop_on_signal(struct kn_loop *l, int signo, void (*fn)(void *user, int signo), void *user,
		      struct kn_err *err);

/* One-shot timer, disarmed at first. */
struct kn_timer *kn_timer_new(struct kn_loop *l, void (*fn)(void *user), void *user);
void kn_timer_arm(struct kn_timer *t, int64_t after_ns); /* re-arms; 0 = next iteration */
void kn_timer_disarm(struct kn_timer *t);
bool kn_timer_armed(const struct kn_timer *t);
struct kn_timer *kn_timer_free(struct kn_timer *t);

/* events: EPOLLIN | EPOLLOUT. The descriptor stays the caller's. */
struct kn_io *kn_io_new(struct kn_loop *l, int fd, uint32_t events,
			void (*fn)(void *user, int fd, uint32_t events), void *user, struct kn_err *err);
void kn_io_events(struct kn_io *io, uint32_t events);
struct kn_io *kn_io_free(struct kn_io *io);

#endif
