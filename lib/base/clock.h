/* SPDX-License-Identifier: Apache-2.0 */
/* Time is asked of a clock that is passed in, so that tests can turn it. Nanoseconds throughout. */
#ifndef KN_BASE_CLOCK_H
#define KN_BASE_CLOCK_H

#include <stdint.h>

#define KN_NSEC_PER_SEC 1000000000LL
#define KN_NSEC_PER_MSEC 1000000LL

struct kn_clock {
	int64_t (*mono)(const struct kn_clock *c); /* CLOCK_MONOTONIC, ns */
	int64_t (*real)(const struct kn_clock *c); /* CLOCK_REALTIME, ns since 1970 */
};
extern const struct kn_clock kn_clock_system;

struct kn_clock_fake {
	struct kn_clock clock;
	int64_t mono_ns, real_ns;
};
void kn_clock_fake_init(struct kn_clock_fake *f); /* mono 1 s, real 2026-01-01 */

static inline int64_t kn_mono(const struct kn_clock *c)
{
	return c->mono(c);
}
static inline int64_t kn_real(const struct kn_clock *c)
{
	return c->real(c);
}
/* RFC 3339 with second precision in UTC, as metav1.Time is printed. buf of at least 32 bytes; returns buf. */
char *kn_time_rfc3339(int64_t real_ns, char buf[32]);

#endif
