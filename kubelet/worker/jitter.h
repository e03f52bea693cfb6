/* SPDX-License-Identifier: Apache-2.0 */
/* A number in [0, 1) that differs from node to node, so that nodes don't step in line. */
#ifndef KN_KUBELET_JITTER_H
#define KN_KUBELET_JITTER_H

#include <stdint.h>
#include <sys/random.h>

static inline double kn_jitter(void)
{
	uint32_t n;

	if (getrandom(&n, sizeof(n), GRND_NONBLOCK) != sizeof(n))
		return 0.5; /* early in the boot */
	return n / 4294967296.0;
}

#endif
