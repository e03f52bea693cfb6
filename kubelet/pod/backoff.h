/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Growing delays by key: 10 s, doubled at each failure up to 300 s, forgotten after 600 s without one
 * (k8s.io/ client-go/util/flowcontrol/backoff.go with the kubelet's MaxContainerBackOff and backOffPeriod).
 * One for container restarts (key uid/container), one for image pulls (uid/image). Times are ns since 1970,
 * as containers' are.
 */
#ifndef KN_KUBELET_BACKOFF_H
#define KN_KUBELET_BACKOFF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/clock.h"

#define KN_BACKOFF_INITIAL (10 * KN_NSEC_PER_SEC)
#define KN_BACKOFF_MAX (300 * KN_NSEC_PER_SEC)

struct kn_backoff;

struct kn_backoff *kn_backoff_new(void);
struct kn_backoff *kn_backoff_free(struct kn_backoff *b);
/* A failure at event_ns, handled at now_ns: the delay to come. */
int64_t kn_backoff_next(struct kn_backoff *b, const char *key, int64_t event_ns, int64_t now_ns);
int64_t kn_backoff_delay(const struct kn_backoff *b, const char *key); /* in force; 0: none */
/* ns until something that failed at event_ns may be tried again; 0: now. */
int64_t kn_backoff_wait(const struct kn_backoff *b, const char *key, int64_t event_ns, int64_t now_ns);
/* The same, counted from the last kn_backoff_next (image pulls). */
int64_t kn_backoff_wait_update(const struct kn_backoff *b, const char *key, int64_t now_ns);
void kn_backoff_reset(struct kn_backoff *b, const char *key);
void kn_backoff_gc(struct kn_backoff *b, int64_t now_ns);	       /* drops what is too old to matter */
void kn_backoff_drop_prefix(struct kn_backoff *b, const char *prefix); /* a pod has gone */
size_t kn_backoff_count(const struct kn_backoff *b);

#endif
