/* SPDX-License-Identifier: Apache-2.0 */
/* A few threads for what blocks (mounts, recursive deletes). work gets only copied inputs; done runs on the
 * loop. */
#ifndef KN_LOOP_POOL_H
#define KN_LOOP_POOL_H

#include "lib/loop/loop.h"

struct kn_pool;
/* Threads are started with the first job. */
int kn_pool_new(struct kn_pool **ret, struct kn_loop *l, unsigned threads, struct kn_err *err);
/* Runs work(user) on a pool thread, then done(user) on the loop. */
void kn_pool_submit(struct kn_pool *p, void (*work)(void *user), void (*done)(void *user), void *user);
struct kn_pool *
kn_pool_free(struct kn_pool *p); /* waits for running work; queued work is run too, its done dropped */

#endif
