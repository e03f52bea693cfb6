/* SPDX-License-Identifier: Apache-2.0 */
/* /healthz on healthzBindAddress:healthzPort (127.0.0.1:10248), answered from the start on, during the
 * bootstrap too: kubeadm waits for it. Plain HTTP, GET only (cmd/kubelet/app/server.go). */
#ifndef KN_KUBELET_HEALTHZ_H
#define KN_KUBELET_HEALTHZ_H

#include "lib/httpd/httpd.h"

struct kn_healthz;
/* Tries again every 5 s while the port is taken. healthy: 0, or an error with its text, then 500 is answered;
 * may be NULL. */
struct kn_healthz *kn_healthz_new(struct kn_loop *loop, const char *address, uint16_t port,
				  int (*healthy)(void *user, struct kn_err *err), void *user,
				  const struct kn_log *log);
struct kn_healthz *kn_healthz_free(struct kn_healthz *h);

#endif
