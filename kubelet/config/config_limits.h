/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says of logs and images, for those who keep them small. Pure. */
#ifndef KN_KUBELET_CONFIG_LIMITS_H
#define KN_KUBELET_CONFIG_LIMITS_H

#include "kubelet/config/config.h"
#include "kubelet/worker/image_gc.h"
#include "kubelet/log/log_rotate.h"

/* c: with its defaults. containerLogMaxSize that is no quantity counts as the default; negative: never
 * rotated. */
void kn_config_limits(const kn_config *c, struct kn_log_limits *logs, struct kn_image_limits *images);

#endif
