/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Sub-paths of volumes (pkg/volume/util/subpath): opened without leaving the volume, whatever a container
 * makes of it meanwhile, and bound from the opened descriptor to a place outside the volume, which the
 * runtime then mounts. The bind mounts stay until the pod goes (kn_volumes_unmount).
 */
#ifndef KN_KUBELET_SUBPATH_H
#define KN_KUBELET_SUBPATH_H

#include "kubelet/gen/config_gen.h"

struct kn_subpath {
	size_t index;			    /* of the container's volumeMounts */
	const char *volume;		    /* the volume's path on the host */
	const char *path;		    /* in it: relative, without ".." */
	const char *target;		    /* where it is bound */
	const char *mount_name, *container; /* for messages */
};

/* Those of a container; *n 0: none. subPathExpr is expanded by the container's environment. -EINVAL with
 * upstream's text: absolute or with "..", or an expression with a variable that is not there. Pure. */
int kn_gen_subpaths(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Container *c, const char *const *pod_ips, const struct kn_gen_extra *x,
		    struct kn_subpath **ret, size_t *ret_n, struct kn_err *err);

/* Binds one; folders that aren't there are made with the volume's mode. What is bound already stays if it is
 * the same file. err->msg is upstream's, which tells nothing of the host. Blocking. */
int kn_subpath_bind(const struct kn_subpath *s, struct kn_err *err);

#endif
