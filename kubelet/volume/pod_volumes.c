/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/pod_volumes.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/ownership.h"
#include "kubelet/volume/volume_payload.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

struct kn_volume_contents *kn_volume_contents_new(const struct kn_pod *p)
{
	struct kn_volume_contents *c = kn_calloc(1, sizeof(*c));

	c->arena = kn_arena_new(0);
	c->list = kn_arena_alloc(c->arena, (p->obj->spec->n_volumes + 1) * sizeof(*c->list));
	return c;
}

struct kn_volume_contents *kn_volume_contents_free(struct kn_volume_contents *c)
{
	if (c)
		kn_arena_free(c->arena);
	free(c);
	return NULL;
}

/* No more than the pod may have anyway. */
static int64_t memory_size(const struct kn_node_ctx *n, const struct kn_pod *p,
			   const K8s__EmptyDirVolumeSource *e)
{
	struct kn_pod_limits limits;
	int64_t size = n->memory_bytes, own = 0;

	kn_pod_limits(p, n->cpu_quota_period_us, &limits);
	if (limits.memory_bytes > 0 && (!size || limits.memory_bytes <= size))
		size = limits.memory_bytes;
	if (e && e->sizelimit && kn_str_set(e->sizelimit->string) &&
	    !kn_quantity_value(e->sizelimit->string, &own) && own > 0 && (!size || own <= size))
		size = own;
	return size;
}

static const K8s__PodSecurityContext *group_of(const struct kn_pod *p)
{
	const K8s__PodSecurityContext *sc = p->obj->spec->securitycontext;

	return sc && sc->has_fsgroup ? sc : NULL;
}

/* The folder of a volume, open to all as upstream's; made says whether it is new. */
static int folder(const char *path, bool *made, struct kn_err *err)
{
	struct stat st;
	int r;

	*made = lstat(path, &st) < 0;
	if (!*made)
		return 0;
	r = kn_mkdir_p(path, 0777, err);
	/* mkdir's mode went through the umask. */
	return !r && chmod(path, 0777) < 0 ? kn_err_errno(err, errno, "chmod %s", path) : r;
}

static int empty_dir(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		     const char *path, const K8s__EmptyDirVolumeSource *e, struct kn_err *err)
{
	const K8s__PodSecurityContext *group = group_of(p);
	bool made, there = true;
	int r;

	if (kn_str_set(e->medium) && strcmp(e->medium, "Memory") != 0)
		return kn_err_set(err, EINVAL, "emptyDir medium %.70s is not supported", e->medium);
	r = folder(path, &made, err);
	if (!r && kn_str_set(e->medium))
		r = kn_volume_is_mounted(a, path, &there, err);
	if (!r && !there)
		r = kn_volume_mount_memory(a, path, memory_size(n, p, e), false, err);
	/* Once containers write into it, its modes are theirs. */
	if (!r && group && (made || !there))
		r = kn_volume_own(path, group->fsgroup, false, false, err);
	return r;
}

struct group {
	int64_t id;
};

static int give(void *user, const char *dir, struct kn_err *err)
{
	const struct group *g = user;

	return kn_volume_own(dir, g->id, true, false, err);
}

static int files(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		 const K8s__Volume *v, const char *path, const struct kn_payload *content, struct kn_err *err)
{
	const K8s__PodSecurityContext *sc = group_of(p);
	struct group g = {.id = sc ? sc->fsgroup : 0};
	bool made;
	int r = folder(path, &made, err);

	if (!r && kn_volume_is_secret(v))
		r = kn_volume_mount_memory(a, path, memory_size(n, p, NULL), true, err);
	for (char **d = kn_volume_nested(a, p, v->name); !r && *d; d++)
		r = kn_mkdir_p(kn_arena_printf(a, "%s/%s", path, *d), 0755, err);
	return r ? r : kn_atomic_write(path, content, sc ? give : NULL, &g, NULL, err);
}

static int type_error(const char *path, const char *what, struct kn_err *err)
{
	return kn_err_set(err, EINVAL, "hostPath type check failed: %.300s is not a %s", path, what);
}

static int host_path(const char *path, const char *type, struct kn_err *err)
{
	static const struct {
		const char *type, *what;
		mode_t mode;
	} types[] = {
		{"DirectoryOrCreate", "directory", S_IFDIR}, {"Directory", "directory", S_IFDIR},
		{"FileOrCreate", "file", S_IFREG},	     {"File", "file", S_IFREG},
		{"Socket", "socket file", S_IFSOCK},	     {"CharDevice", "character device", S_IFCHR},
		{"BlockDevice", "block device", S_IFBLK},
	};
	struct stat st;
	bool there = stat(path, &st) == 0;

	for (size_t i = 0; kn_str_set(type) && i < KN_ARRAY_SIZE(types); i++) {
		int fd;

		if (strcmp(type, types[i].type))
			continue;
		if (!there && !strcmp(type, "DirectoryOrCreate"))
			return kn_mkdir_p(path, 0755, err);
		if (!there && !strcmp(type, "FileOrCreate")) {
			fd = open(path, O_CREAT | O_WRONLY | O_CLOEXEC | O_NOCTTY, 0644);
			if (fd < 0)
				return kn_err_errno(err, errno, "create %s", path);
			close(fd);
			return 0;
		}
		return there && (st.st_mode & S_IFMT) == types[i].mode ? 0
								       : type_error(path, types[i].what, err);
	}
	return 0;
}

int kn_volume_setup(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Volume *v, const struct kn_payload *content, struct kn_err *err)
{
	const char *path = kn_path_volume(a, n, p, v);

	if (!path)
		return kn_err_set(err, EINVAL, "volume \"%s\" is of a type that is not supported", v->name);
	if (v->volumesource->hostpath)
		return host_path(path, v->volumesource->hostpath->type, err);
	if (v->volumesource->emptydir)
		return empty_dir(a, n, p, path, v->volumesource->emptydir, err);
	return content ? files(a, n, p, v, path, content, err) : 0;
}
