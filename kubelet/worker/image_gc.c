// SPDX-License-Identifier: Apache-2.0
#include "kubelet/worker/image_gc.h"

#include "lib/base/clock.h"

void kn_image_limits_default(struct kn_image_limits *l)
{
	if (!l->high_percent) {
		l->high_percent = 85;
		l->low_percent = 80;
	}
	if (!l->min_age_ns)
		l->min_age_ns = 120 * KN_NSEC_PER_SEC;
}

uint64_t kn_image_gc_need(uint64_t capacity, uint64_t available, const struct kn_image_limits *l)
{
	uint64_t wanted;

	if (!capacity || l->high_percent >= 100)
		return 0;
	if (available > capacity)
		available = capacity;
	if (100 - (int)((double)available * 100 / (double)capacity) < l->high_percent)
		return 0;
	wanted = (uint64_t)((double)capacity * (100 - l->low_percent) / 100);
	return wanted > available ? wanted - available : 0;
}

static bool may_go(const struct kn_image_record *r, int64_t begun_ns, const struct kn_image_limits *l)
{
	return !r->in_use && !r->pinned && r->used_ns < begun_ns &&
	       begun_ns - r->detected_ns >= l->min_age_ns;
}

static bool too_old(const struct kn_image_record *r, int64_t begun_ns, const struct kn_image_limits *l)
{
	int64_t last = r->used_ns ? r->used_ns : r->detected_ns;

	return l->max_age_ns && begun_ns - last > l->max_age_ns;
}

/* a goes before b */
static bool before(const struct kn_image_record *a, const struct kn_image_record *b)
{
	return a->used_ns != b->used_ns ? a->used_ns < b->used_ns : a->detected_ns < b->detected_ns;
}

size_t kn_image_gc_choose(const struct kn_image_record *images, size_t n, uint64_t need, int64_t begun_ns,
			  const struct kn_image_limits *l, size_t *order)
{
	size_t chosen = 0;
	uint64_t freed = 0;

	for (size_t i = 0; i < n; i++) {
		if (!may_go(&images[i], begun_ns, l) || !too_old(&images[i], begun_ns, l))
			continue;
		order[chosen++] = i;
		freed += images[i].size;
	}
	while (freed < need) {
		size_t best = n;

		for (size_t i = 0; i < n; i++) {
			bool taken = !may_go(&images[i], begun_ns, l);

			for (size_t j = 0; j < chosen && !taken; j++)
				taken = order[j] == i;
			if (!taken && (best == n || before(&images[i], &images[best])))
				best = i;
		}
		if (best == n)
			break;
		order[chosen++] = best;
		freed += images[best].size;
	}
	return chosen;
}
