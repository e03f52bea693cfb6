// SPDX-License-Identifier: Apache-2.0
/* New pods against the own Node and the pods that are here. */
#include "kubelet/pod/admission.h"
#include "kubelet/kubelet_private.h"
#include "lib/base/mem.h"

/* Uses something of the node: not ended, and not on the way to it with nothing running. */
static bool is_active(const struct kn_worker *w)
{
	if (!w->pod || w->gone || w->rejected)
		return false;
	return !(w->finished || w->terminating) || (w->seen && kn_obs_alive(w->seen));
}

void kn_kubelet_admit(struct kn_worker *w)
{
	struct kn_kubelet *k = w->k;
	struct kn_admission in = {.node = k->node ? (const K8s__Node *)k->node->msg : NULL};
	struct kn_pod **others;
	char reason[64], message[256];
	size_t it = 0;
	void *value;

	if (!in.node)
		return;
	others = kn_calloc(kn_map_count(k->workers) + 1, sizeof(struct kn_pod *));
	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *o = value;

		if (o != w && is_active(o))
			others[in.n++] = o->pod;
	}
	in.others = others;
	if (!kn_admission_check(&in, w->pod, reason, message))
		kn_worker_reject(w, reason, message);
	free(others);
}
