/* SPDX-License-Identifier: Apache-2.0 */
/* A container's mounts (pkg/kubelet/kubelet_pods.go makeMounts). */
#include <errno.h>
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/volume_payload.h"

const K8s__Volume *kn_pod_volume(const struct kn_pod *p, const char *name)
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

/* 1: yes; 0: no; negative: asked for, and can't be had (resolveRecursiveReadOnly). */
static int recursive(const K8s__VolumeMount *vm, const struct kn_gen_extra *x, struct kn_err *err)
{
	static const char failed[] = "failed to resolve recursive read-only mode: volume \"%s\" requested "
				     "recursive read-only mode, but it is not %s%s";
	const char *mode = vm->recursivereadonly, *prop = vm->mountpropagation;

	if (!kn_str_set(mode) || !strcmp(mode, "Disabled"))
		return 0;
	if (!vm->readonly)
		return kn_err_set(err, EINVAL, failed, vm->name, "read-only", "");
	if (kn_str_set(prop) && strcmp(prop, "None") != 0)
		return kn_err_set(err, EINVAL, failed, vm->name, "compatible with propagation ", prop);
	if (!strcmp(mode, "Enabled") && !x->recursive_read_only)
		return kn_err_set(err, EINVAL, failed, vm->name, "supported by the runtime", "");
	return x->recursive_read_only;
}

/* A sub-path has been bound to a place of its own: the container can put a symlink where it was between our
 * check and the runtime's mount, which only a bind mount of an opened descriptor withstands. */
static int one(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
	       const K8s__VolumeMount *vm, size_t i, const struct kn_gen_extra *x, Cri__ContainerConfig *out,
	       struct kn_err *err)
{
	const K8s__Volume *v = kn_pod_volume(p, vm->name);
	const char *host = v ? kn_path_volume(a, n, p, v) : NULL;
	int rro = recursive(vm, x, err);
	Cri__Mount *m;

	if (rro < 0)
		return rro;
	if (!host)
		return kn_err_set(
			err, EINVAL,
			"volumeMounts[%zu].name: volume \"%.70s\" is of a type that is not supported", i,
			vm->name);
	if (x->subpaths && x->subpaths[i])
		host = x->subpaths[i];
	else if (kn_str_set(vm->subpath) || kn_str_set(vm->subpathexpr))
		return kn_err_set(err, EINVAL, "failed to prepare subPath for volumeMount \"%s\"", vm->name);
	m = add(a, out, host, vm->mountpath);
	m->readonly = vm->readonly || kn_volume_has_payload(v);
	m->recursive_read_only = rro;
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
		  const K8s__Container *c, unsigned attempt, const struct kn_gen_extra *x,
		  Cri__ContainerConfig *out, struct kn_err *err)
{
	for (size_t i = 0; i < c->n_volumemounts; i++) {
		int r = one(a, n, p, c->volumemounts[i], i, x, out, err);

		if (r)
			return r;
	}
	if ((!kn_pod_is_host_network(p) || p->obj->spec->n_hostaliases) && !mounts_over(out, "/etc/hosts"))
		add(a, out, kn_path_etc_hosts(a, n, p->uid), "/etc/hosts");
	if (kn_str_set(c->terminationmessagepath) && !mounts_over(out, c->terminationmessagepath))
		add(a, out, kn_path_termination(a, n, p, c->name, attempt), c->terminationmessagepath);
	return 0;
}
