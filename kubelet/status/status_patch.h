/* SPDX-License-Identifier: Apache-2.0 */
/* The strategic-merge patch that takes a pod's status from what the API server has to what it is. Pure. */
#ifndef KN_KUBELET_STATUS_PATCH_H
#define KN_KUBELET_STATUS_PATCH_H

#include <stdbool.h>
#include "lib/base/buf.h"
#include "lib/k8s/core.pb-c.h"

/* Appends {"metadata": {"uid": UID}, "status": {...}} with the fields that the node owns and that differ; the
 * uid makes it fail on another pod of the name. False: none does, nothing is appended. from: NULL counts as
 * empty. Merge keys and replaced lists as k8s.io/api/core/v1 types.go has them. */
bool kn_status_patch(struct kn_buf *out, const char *uid, const K8s__PodStatus *from,
		     const K8s__PodStatus *to);

#endif
