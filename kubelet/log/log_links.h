/* SPDX-License-Identifier: Apache-2.0 */
/* One flat folder of links to all containers' logs, for log shippers: POD_NAMESPACE_CONTAINER-ID.log
 * (pkg/kubelet/kuberuntime/legacy.go). It lies beside the pods' log folder: /var/log/containers. Quick: on
 * the loop. */
#ifndef KN_KUBELET_LOG_LINKS_H
#define KN_KUBELET_LOG_LINKS_H

#include "lib/base/err.h"

/* "DIR/POD_NS_CONTAINER-ID.log", cut to a file name's 255 bytes; malloc'd. Pure. */
char *kn_log_link_path(const char *pod_logs_dir, const char *pod, const char *ns, const char *container,
		       const char *id);
/* Nothing happens while there is no log. Replaces a link that is there. */
int kn_log_link_make(const char *link, const char *log, struct kn_err *err);
void kn_log_link_remove(const char *link); /* a link; nothing else */
/* Removes the links that lead nowhere, but not those to elsewhere. */
void kn_log_links_sweep(const char *pod_logs_dir);

#endif
