/* SPDX-License-Identifier: Apache-2.0 */
/* A BPF file system for the pins: on a machine where nobody mounted one, we do. */
#ifndef KN_PROXY_BPFFS_H
#define KN_PROXY_BPFFS_H

#include "lib/base/err.h"

/* Makes sure that pin_dir is a folder on a bpffs. When no ancestor is one, mounts it: at /sys/fs/bpf when
 * pin_dir lies below that, else on pin_dir itself. */
int kn_bpffs_ensure(const char *pin_dir, struct kn_err *err);

#endif
