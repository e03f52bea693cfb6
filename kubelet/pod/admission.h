/* SPDX-License-Identifier: Apache-2.0 */
/* Whether a pod may run here: the scheduler's rules that a node checks again (pkg/kubelet/lifecycle/
 * predicate.go, pkg/scheduler AdmissionCheck). Pure. */
#ifndef KN_KUBELET_ADMISSION_H
#define KN_KUBELET_ADMISSION_H

#include <stdbool.h>
#include "kubelet/pod/pod.h"

struct kn_admission {
	const K8s__Node *node;	      /* labels, taints, status.allocatable */
	struct kn_pod *const *others; /* that are here and use something */
	size_t n;
};

/* True: it may. Else reason ("OutOfcpu", "NodeAffinity" ...) and message, in upstream's words. */
bool kn_admission_check(const struct kn_admission *in, const struct kn_pod *p, char reason[64],
			char message[256]);
/* What the scheduler counts for a pod: app containers and sidecars, at least the greatest init container, its
 * overhead; the pod's own requests instead where it has them. Thousandths for cpu, else whole units. */
int64_t kn_pod_request(const struct kn_pod *p, const char *resource);
/* sysctls.c: all are safe ones; reason "SysctlForbidden". */
bool kn_sysctls_allowed(const struct kn_pod *p, char reason[64], char message[256]);
bool kn_node_selector_matches(const struct kn_pod *p, const K8s__Node *node);

#endif
