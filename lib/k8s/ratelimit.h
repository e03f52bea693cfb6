/* SPDX-License-Identifier: Apache-2.0 */
/* A token bucket as client-go's flowcontrol.NewTokenBucketRateLimiter has it. Pure: time is passed in. */
#ifndef KN_K8S_RATELIMIT_H
#define KN_K8S_RATELIMIT_H

#include <stdint.h>

struct kn_ratelimit {
	double qps; /* 0 or less: no limit */
	double burst, tokens;
	int64_t last; /* ns, of any clock that does not go back */
};

/* Full at first. burst of at least 1. */
void kn_ratelimit_init(struct kn_ratelimit *r, double qps, int burst, int64_t now);
/* Takes a token, also one that is not there yet: ns until it is, 0 for at once. Callers wait that long, and
 * thus in the order in which they asked. */
int64_t kn_ratelimit_take(struct kn_ratelimit *r, int64_t now);
/* Gives back what was taken and not used. */
void kn_ratelimit_give(struct kn_ratelimit *r);

#endif
