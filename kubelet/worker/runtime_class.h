/* SPDX-License-Identifier: Apache-2.0 */
/* RuntimeClasses, watched: from the class that a pod names to the runtime's handler
 * (pkg/kubelet/runtimeclass). */
#ifndef KN_KUBELET_RUNTIME_CLASS_H
#define KN_KUBELET_RUNTIME_CLASS_H

#include "lib/k8s/reflector.h"

struct kn_runtime_classes;
struct kn_runtime_classes *kn_runtime_classes_new(struct kn_loop *loop, struct kn_client *client,
						  const struct kn_log *log);
struct kn_runtime_classes *kn_runtime_classes_free(struct kn_runtime_classes *r); /* NULL accepted */
/* *ret is borrowed until the loop turns. -ENOENT: there is no such class; -EAGAIN: not known yet. r NULL (no
 * API server): the handler is called as the class. */
int kn_runtime_class_handler(const struct kn_runtime_classes *r, const char *name, const char **ret,
			     struct kn_err *err);

#endif
