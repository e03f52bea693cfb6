/* SPDX-License-Identifier: Apache-2.0 */
/* What the configuration says of the daemon's own process, and of the machine it may run on. */
#ifndef KN_KUBELET_PROCESS_H
#define KN_KUBELET_PROCESS_H

#include "kubelet/config/config.h"
#include "lib/base/log.h"

/* oomScoreAdj and maxOpenFiles of this process; what isn't permitted is warned of. */
void kn_process_setup(const kn_config *c, const struct kn_log *log);
/* -EOPNOTSUPP with swap on while failSwapOn is set (pkg/kubelet/cm/container_manager_linux.go). path:
 * "/proc/swaps"; one that isn't there has no swap. */
int kn_process_check_swap(const kn_config *c, const char *path, struct kn_err *err);

#endif
