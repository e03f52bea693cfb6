/* SPDX-License-Identifier: Apache-2.0 */
/* The network configuration that makes the runtime call kernlet-cni. */
#ifndef KN_KUBELET_CNI_CONF_H
#define KN_KUBELET_CNI_CONF_H

#include "lib/base/err.h"

/* Writes DIR/10-kernlet.conflist, atomically and only when it differs, for pod_cidrs ("A.B.C.D/N,X::/M"; each
 * is checked). data_dir: the plugin's address book, NULL for its default. */
int kn_cni_conf_write(const char *dir, const char *pod_cidrs, const char *data_dir, struct kn_err *err);

#endif
