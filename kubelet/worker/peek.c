/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/worker/peek.h"

#include <string.h>
#include "kubelet/kubelet_private.h"

bool kn_peek_next(const struct kn_kubelet *k, size_t *it, struct kn_pod_peek *ret)
{
	void *value;

	while (kn_map_next(k->workers, it, NULL, &value)) {
		const struct kn_worker *w = value;

		if (!w->pod)
			continue;
		*ret = (struct kn_pod_peek){w->pod, w->seen, w->waiting, w->terminating};
		return true;
	}
	return false;
}

bool kn_peek_pod(const struct kn_kubelet *k, const char *ns, const char *name, struct kn_pod_peek *ret)
{
	struct kn_pod_peek p, found = {0};
	size_t it = 0;

	/* One of the name may still be going while the next has come: the next is meant. */
	while (kn_peek_next(k, &it, &p))
		if (!strcmp(p.pod->name, name) && !strcmp(p.pod->ns, ns) && (!found.pod || !p.terminating))
			found = p;
	if (!found.pod)
		return false;
	*ret = found;
	return true;
}

const K8s__PodStatus *kn_peek_status(const struct kn_kubelet *k, struct kn_arena *a,
				     const struct kn_pod_peek *p)
{
	const K8s__PodStatus *told =
		k->d.status ? kn_status_manager_old(k->d.status, p->pod->uid) : p->pod->obj->status;
	const char *host_ips[] = {k->d.node->host_ip, NULL};
	struct kn_api_status_in in = {
		.pod = p->pod,
		.seen = p->seen,
		.waiting = p->waiting,
		.old = told,
		.host_ips = host_ips,
		.runtime = k->runtime.name,
		.now_ns = kn_real(k->clock),
		.deleted = p->terminating,
		.is_static = true,
	};

	return k->d.status || !p->seen ? told : kn_api_status_make(a, &in);
}
