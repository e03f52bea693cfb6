// SPDX-License-Identifier: Apache-2.0
/* What others on the node may know of the pods: addresses and readiness. */
#include "kubelet/kubelet_private.h"

#include "lib/base/mem.h"

void kn_kubelet_each(struct kn_kubelet *k, void (*fn)(void *user, const struct kn_pod_view *v), void *user)
{
	const char *host[] = {k->d.node->host_ip, NULL};
	static const char *const none[] = {NULL};
	void *value;
	size_t it = 0;

	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *w = value;
		const struct kn_obs_sandbox *sb = kn_obs_newest(w->seen);
		struct kn_pod_view v = {.pod = w->pod, .ips = none, .terminating = w->terminating};
		struct kn_status s;

		if (!w->pod)
			continue;
		kn_status_make(&s, w->pod, w->seen, w->waiting, w->terminating);
		if (sb && sb->ready && kn_pod_is_host_network(w->pod))
			v.ips = host;
		else if (sb && sb->ready && s.ips)
			v.ips = s.ips;
		v.ready =
			sb && sb->ready && !w->finished && s.phase == KN_PHASE_RUNNING && s.ready == s.total;
		fn(user, &v);
		kn_status_free(&s);
	}
}

/* Each pod that the first list showed must have been looked at, too: addresses come from there. */
bool kn_kubelet_observed(const struct kn_kubelet *k)
{
	void *value;
	size_t it = 0;

	if (!k->listed)
		return false;
	while (kn_map_next(k->workers, &it, NULL, &value)) {
		const struct kn_worker *w = value;

		if (w->pod && w->relist && !w->seen)
			return false;
	}
	return true;
}

void kn_kubelet_tell(struct kn_kubelet *k)
{
	if (k->d.on_status)
		k->d.on_status(k->d.on_status_user);
}
