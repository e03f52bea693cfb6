/* SPDX-License-Identifier: Apache-2.0 */
#include <stddef.h>
#include <stdio.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/base/list.h"

static int64_t read_clock(clockid_t id)
{
	struct timespec ts;

	clock_gettime(id, &ts);
	return ts.tv_sec * KN_NSEC_PER_SEC + ts.tv_nsec;
}

static int64_t system_mono(const struct kn_clock *c)
{
	return read_clock(CLOCK_MONOTONIC);
}

static int64_t system_real(const struct kn_clock *c)
{
	return read_clock(CLOCK_REALTIME);
}

const struct kn_clock kn_clock_system = {.mono = system_mono, .real = system_real};

static int64_t fake_mono(const struct kn_clock *c)
{
	return kn_container_of(c, const struct kn_clock_fake, clock)->mono_ns;
}

static int64_t fake_real(const struct kn_clock *c)
{
	return kn_container_of(c, const struct kn_clock_fake, clock)->real_ns;
}

void kn_clock_fake_init(struct kn_clock_fake *f)
{
	*f = (struct kn_clock_fake){
		.clock = {.mono = fake_mono, .real = fake_real},
		.mono_ns = KN_NSEC_PER_SEC,
		.real_ns = 1767225600LL * KN_NSEC_PER_SEC,
	};
}

char *kn_time_rfc3339(int64_t real_ns, char buf[32])
{
	time_t t = (time_t)(real_ns / KN_NSEC_PER_SEC);
	struct tm tm;

	if (!gmtime_r(&t, &tm) || !strftime(buf, 32, "%Y-%m-%dT%H:%M:%SZ", &tm))
		snprintf(buf, 32, "0001-01-01T00:00:00Z");
	return buf;
}
