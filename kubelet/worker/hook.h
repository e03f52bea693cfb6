/* SPDX-License-Identifier: Apache-2.0 */
/* postStart and preStop of a container (pkg/kubelet/lifecycle/handlers.go): exec, httpGet, sleep. On the
 * loop. */
#ifndef KN_KUBELET_HOOK_H
#define KN_KUBELET_HOOK_H

#include "kubelet/kubelet.h"

struct kn_worker;
struct kn_hook;

/* error: NULL when it went well; valid inside. Never called before kn_hook_start has returned; the handle is
 * gone then. */
typedef void (*kn_hook_done)(void *user, const char *error);
/* handler, container and container_id are borrowed until the end. No time limit of its own: who waits cancels
 * it. Any answer of an HTTP server is good; a server that answers https in plain text is asked again by http.
 */
struct kn_hook *kn_hook_start(struct kn_worker *w, const K8s__LifecycleHandler *handler,
			      const K8s__Container *container, const char *container_id, kn_hook_done done,
			      void *user);
void kn_hook_cancel(struct kn_hook *h); /* NULL accepted; done is not called */

#endif
