/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/gen/gen_priv.h"

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
	const K8s__VolumeSource *s = v->volumesource;
	const char *type = s->emptydir	    ? "empty-dir"
			   : s->secret	    ? "secret"
			   : s->configmap   ? "configmap"
			   : s->downwardapi ? "downward-api"
			   : s->projected   ? "projected"
					    : NULL;

	if (s->hostpath)
		return kn_arena_strdup(a, s->hostpath->path);
	return type ? kn_arena_printf(a, "%s/pods/%s/volumes/kubernetes.io~%s/%s", n->root_dir, p->uid, type,
				      v->name)
		    : NULL;
}

char *kn_path_subpath(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		      const char *volume, const char *container, size_t index)
{
	return kn_arena_printf(a, "%s/pods/%s/volume-subpaths/%s/%s/%zu", n->root_dir, p->uid, volume,
			       container, index);
}

char *kn_path_termination(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
			  const char *container, unsigned attempt)
{
	return kn_arena_printf(a, "%s/pods/%s/containers/%s/%u", n->root_dir, p->uid, container, attempt);
}
