/* SPDX-License-Identifier: Apache-2.0 */
#include "lib/k8s/ratelimit.h"

void kn_ratelimit_init(struct kn_ratelimit *r, double qps, int burst, int64_t now)
{
	r->qps = qps;
	r->burst = r->tokens = burst > 1 ? burst : 1;
	r->last = now;
}

int64_t kn_ratelimit_take(struct kn_ratelimit *r, int64_t now)
{
	if (r->qps <= 0)
		return 0;
	if (now > r->last) {
		r->tokens += (double)(now - r->last) / 1e9 * r->qps;
		if (r->tokens > r->burst)
			r->tokens = r->burst;
		r->last = now;
	}
	r->tokens -= 1;
	return r->tokens >= 0 ? 0 : (int64_t)(-r->tokens / r->qps * 1e9);
}

void kn_ratelimit_give(struct kn_ratelimit *r)
{
	if (r->qps > 0 && r->tokens < r->burst)
		r->tokens += 1;
}
