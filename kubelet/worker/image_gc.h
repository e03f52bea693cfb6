/* SPDX-License-Identifier: Apache-2.0 */
/* Which images go when the disk fills up (pkg/kubelet/images/image_gc_manager.go). Pure. Times: ns since
 * 1970. */
#ifndef KN_KUBELET_IMAGE_GC_H
#define KN_KUBELET_IMAGE_GC_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kn_image_limits { /* imageGCHighThresholdPercent, ...Low..., imageMinimumGCAge, imageMaximumGCAge */
	int high_percent, low_percent; /* high 0: 85 and 80; high 100: never */
	int64_t min_age_ns;	       /* 0: two minutes */
	int64_t max_age_ns;	       /* unused for longer: goes in any case; 0: none does */
};
/* Zeroes become the defaults. */
void kn_image_limits_default(struct kn_image_limits *l);

struct kn_image_record {
	char *id;
	uint64_t size;
	int64_t detected_ns, used_ns; /* used_ns 0: not seen in use yet */
	bool in_use, pinned;
};

/* Bytes to be freed; 0: less than the high threshold is in use. */
uint64_t kn_image_gc_need(uint64_t capacity, uint64_t available, const struct kn_image_limits *l);
/* Fills order (room for n) with those to be removed, in turn: too old ones, then the least recently used ones
 * until need bytes are freed. Returns how many. begun_ns: when the use of images was looked at. */
size_t kn_image_gc_choose(const struct kn_image_record *images, size_t n, uint64_t need, int64_t begun_ns,
			  const struct kn_image_limits *l, size_t *order);

#endif
