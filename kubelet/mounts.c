/* SPDX-License-Identifier: Apache-2.0 */
/* A container's mounts (pkg/kubelet/kubelet_pods.go makeMounts). */
#include <errno.h>
#include <string.h>

#include "kubelet/gen_priv.h"

static const K8s__Volume *volume(const struct kn_pod *p, const char *name)
{
	for (size_t i = 0; i < p->obj->spec->n_volumes; i++)
		if (!strcmp(p->obj->spec->volumes[i]->name, name))
			return p->obj->spec->volumes[i];
	return NULL;
}

static Cri__Mount *add(struct kn_arena *a, Cri__ContainerConfig *out, const char *host, const char *inside)
{
	Cri__Mount *m = KN_MSG(a, Cri__Mount, cri__mount__init);

	m->host_path = (char *)host;
	m->container_path = inside[0] == '/' ? (char *)inside : kn_arena_printf(a, "/%s", inside);
	out->mounts = kn_list_with(a, out->mounts, out->n_mounts, m);
	out->n_mounts++;
	return m;
}

static Cri__MountPropagation propagation(const char *s)
{
	if (s && !strcmp(s, "HostToContainer"))
		return CRI__MOUNT_PROPAGATION__PROPAGATION_HOST_TO_CONTAINER;
	if (s && !strcmp(s, "Bidirectional"))
		return CRI__MOUNT_PROPAGATION__PROPAGATION_BIDIRECTIONAL;
	return CRI__MOUNT_PROPAGATION__PROPAGATION_PRIVATE;
}

/* A sub-path is refused: the container can put a symlink in its place between our check and the runtime's
 * mount, which only a bind mount of an opened descriptor withstands. */
static int one(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
	       const K8s__VolumeMount *vm, size_t i, Cri__ContainerConfig *out, struct kn_err *err)
{
	const K8s__Volume *v = volume(p, vm->name);
	const char *host = v ? kn_path_volume(a, n, p, v) : NULL;
	Cri__Mount *m;

	if (!host)
		return kn_err_set(
			err, EINVAL,
			"volumeMounts[%zu].name: volume \"%.70s\" is of a type that is not supported", i,
			vm->name);
	if (kn_str_set(vm->subpath) || kn_str_set(vm->subpathexpr))
		return kn_err_set(err, EINVAL, "volumeMounts[%zu].%s: not supported", i,
				  kn_str_set(vm->subpath) ? "subPath" : "subPathExpr");
	m = add(a, out, host, vm->mountpath);
	m->readonly = vm->readonly;
	m->propagation = propagation(vm->mountpropagation);
	return 0;
}

static bool mounts_over(const Cri__ContainerConfig *out, const char *path)
{
	for (size_t i = 0; i < out->n_mounts; i++)
		if (!strcmp(out->mounts[i]->container_path, path))
			return true;
	return false;
}

int kn_gen_mounts(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		  const K8s__Container *c, unsigned attempt, Cri__ContainerConfig *out, struct kn_err *err)
{
	for (size_t i = 0; i < c->n_volumemounts; i++) {
		int r = one(a, n, p, c->volumemounts[i], i, out, err);

		if (r)
			return r;
	}
	if ((!kn_pod_is_host_network(p) || p->obj->spec->n_hostaliases) && !mounts_over(out, "/etc/hosts"))
		add(a, out, kn_path_etc_hosts(a, n, p->uid), "/etc/hosts");
	if (kn_str_set(c->terminationmessagepath) && !mounts_over(out, c->terminationmessagepath))
		add(a, out, kn_path_termination(a, n, p, c->name, attempt), c->terminationmessagepath);
	return 0;
}
