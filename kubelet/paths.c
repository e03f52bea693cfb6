/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/gen_priv.h"

char *kn_path_pod(struct kn_arena *a, const struct kn_node_ctx *n, const char *uid)
{
	return kn_arena_printf(a, "%s/pods/%s", n->root_dir, uid);
}

char *kn_path_pod_logs(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p)
{
	return kn_arena_printf(a, "%s/%s_%s_%s", n->pod_logs_dir, p->ns, p->name, p->uid);
}

char *kn_path_etc_hosts(struct kn_arena *a, const struct kn_node_ctx *n, const char *uid)
{
	return kn_arena_printf(a, "%s/pods/%s/etc-hosts", n->root_dir, uid);
}

char *kn_path_volume(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		     const K8s__Volume *v)
{
	if (v->volumesource->hostpath)
		return kn_arena_strdup(a, v->volumesource->hostpath->path);
	if (v->volumesource->emptydir)
		return kn_arena_printf(a, "%s/pods/%s/volumes/kubernetes.io~empty-dir/%s", n->root_dir,
				       p->uid, v->name);
	return NULL;
}

char *kn_path_termination(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			  const char *container, unsigned attempt)
{
	return kn_arena_printf(a, "%s/pods/%s/containers/%s/%u", n->root_dir, p->uid, container, attempt);
}
