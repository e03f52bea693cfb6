/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_KUBELET_OWNERSHIP_H
#define KN_KUBELET_OWNERSHIP_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/err.h"

/* Gives a volume to the pod's fsGroup: group, rw for it (readonly: r), and x and setgid on folders. Symlinks
 * are not followed and no mount is crossed. unless_root_fits: nothing is done when the top folder has all of
 * it already (fsGroupChangePolicy OnRootMismatch). Source: pkg/volume/volume_linux.go. Blocking. */
int kn_volume_own(const char *dir, int64_t fs_group, bool readonly, bool unless_root_fits,
		  struct kn_err *err);

#endif
