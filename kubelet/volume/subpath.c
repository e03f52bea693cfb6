/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/subpath.h"

#include <errno.h>
#include <fcntl.h>
#include <linux/openat2.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>
#include <sys/syscall.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/pod_volumes.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

struct vars {
	Cri__ContainerConfig *env;
	const char *missing;
};

static const char *lookup(void *user, const char *name)
{
	struct vars *v = user;
	const char *value = kn_gen_env_lookup(v->env, name);

	if (!kn_str_set(value) && !v->missing)
		v->missing = name;
	return value;
}

static int path_of(struct kn_arena *a, const K8s__VolumeMount *vm, Cri__ContainerConfig *env,
		   const char **ret, struct kn_err *err)
{
	const char *path = vm->subpath;

	if (kn_str_set(vm->subpathexpr)) {
		struct vars v = {.env = env};

		path = kn_expand(a, vm->subpathexpr, lookup, &v);
		if (v.missing)
			return kn_err_set(err, EINVAL, "missing value for %.200s", v.missing);
	}
	if (path && path[0] == '/')
		return kn_err_set(err, EINVAL, "error SubPath `%.300s` must not be an absolute path", path);
	if (path && !kn_path_is_tame(path))
		return kn_err_set(err, EINVAL, "unable to provision SubPath `%.300s`: must not contain '..'",
				  path);
	*ret = path;
	return 0;
}

int kn_gen_subpaths(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Container *c, const char *const *pod_ips, const struct kn_gen_extra *x,
		    struct kn_subpath **ret, size_t *ret_n, struct kn_err *err)
{
	struct kn_subpath *list = kn_arena_alloc(a, (c->n_volumemounts + 1) * sizeof(*list));
	Cri__ContainerConfig *env = NULL;
	size_t count = 0;

	for (size_t i = 0; i < c->n_volumemounts; i++) {
		const K8s__VolumeMount *vm = c->volumemounts[i];
		const K8s__Volume *v = kn_pod_volume(p, vm->name);
		const char *path = NULL;
		int r = 0;

		if (!v || (!kn_str_set(vm->subpath) && !kn_str_set(vm->subpathexpr)))
			continue;
		if (!env && kn_str_set(vm->subpathexpr)) {
			env = KN_MSG(a, Cri__ContainerConfig, cri__container_config__init);
			r = kn_gen_env(a, n, p, c, pod_ips, x, env, err);
		}
		if (!r)
			r = path_of(a, vm, env, &path, err);
		if (r)
			return r;
		if (!kn_str_set(path))
			continue;
		list[count].index = i;
		list[count].volume = kn_path_volume(a, n, p, v);
		list[count].path = path;
		list[count].target = kn_path_subpath(a, n, p, vm->name, c->name, i);
		list[count].mount_name = vm->name;
		list[count].container = c->name;
		count += list[count].volume != NULL;
	}
	*ret = list;
	*ret_n = count;
	return 0;
}

/* Without leaving the folder, by ".." or by symlink. */
static int open_beneath(int dir, const char *path, int flags)
{
	struct open_how how = {.flags = (uint64_t)flags | O_CLOEXEC,
			       .resolve = RESOLVE_BENEATH | RESOLVE_NO_MAGICLINKS};

	for (int tries = 0; tries < 32; tries++) {
		int fd = (int)syscall(SYS_openat2, dir, path, &how, sizeof(how));

		/* Somebody renames in there while ".." of a symlink is followed. */
		if (fd >= 0 || errno != EAGAIN)
			return fd;
	}
	return -1;
}

/* Each part that isn't there yet becomes a folder. */
static int make_folders(int root, const char *path, mode_t mode)
{
	int at kn_auto_close = fcntl(root, F_DUPFD_CLOEXEC, 3);
	size_t done = 0;

	while (at >= 0 && path[done += strspn(path + done, "/")]) {
		size_t len = strcspn(path + done, "/");
		char *so_far kn_auto_free = kn_sprintf("%.*s", (int)(done + len), path);
		char *name kn_auto_free = kn_sprintf("%.*s", (int)len, path + done);
		int next = open_beneath(root, so_far, O_PATH | O_DIRECTORY);

		if (next < 0 && errno == ENOENT) {
			if (mkdirat(at, name, 0700) < 0)
				return -1;
			next = openat(at, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			if (next >= 0 && fchmod(next, mode) < 0) {
				close(next);
				return -1;
			}
		}
		close(at);
		at = next;
		done += len;
	}
	return at < 0 ? -1 : 0;
}

static bool same_file(int fd, const char *target)
{
	struct stat a, b;

	return !fstat(fd, &a) && !lstat(target, &b) && a.st_dev == b.st_dev && a.st_ino == b.st_ino;
}

/* An empty folder or file at target, for what fd is. */
static int make_target(int fd, const char *target, struct kn_err *err)
{
	char *parent kn_auto_free = kn_strdup(target);
	struct stat st, old;
	int file, r;

	*strrchr(parent, '/') = '\0';
	r = kn_mkdir_p(parent, 0750, err);
	if (r)
		return r;
	if (fstat(fd, &st) < 0)
		return kn_err_errno(err, errno, "stat");
	if (!lstat(target, &old)) {
		if (S_ISDIR(old.st_mode) == S_ISDIR(st.st_mode))
			return 0;
		if (remove(target) < 0)
			return kn_err_errno(err, errno, "remove %s", target);
	}
	if (S_ISDIR(st.st_mode))
		return mkdir(target, 0750) < 0 ? kn_err_errno(err, errno, "create %s", target) : 0;
	file = open(target, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0640);
	if (file < 0)
		return kn_err_errno(err, errno, "create %s", target);
	close(file);
	return 0;
}

static int bind_fd(int fd, const char *target, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	char source[64];
	bool mounted = false;
	int r = kn_volume_is_mounted(a, target, &mounted, err);

	if (r)
		return r;
	if (mounted && same_file(fd, target))
		return 0;
	/* The path was made anew since; who still uses the old one keeps it. */
	if (mounted && umount2(target, MNT_DETACH | UMOUNT_NOFOLLOW) < 0)
		return kn_err_errno(err, errno, "unmount %s", target);
	r = make_target(fd, target, err);
	if (r)
		return r;
	snprintf(source, sizeof(source), "/proc/self/fd/%d", fd);
	if (mount(source, target, NULL, MS_BIND, NULL) < 0)
		return kn_err_errno(err, errno, "bind %s", target);
	return 0;
}

int kn_subpath_bind(const struct kn_subpath *s, struct kn_err *err)
{
	int root kn_auto_close = open(s->volume, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fd kn_auto_close = -1;
	struct stat st;

	if (root < 0 || fstat(root, &st) < 0)
		return kn_err_set(err, errno,
				  "failed to prepare subPath for volumeMount \"%s\" of container \"%s\"",
				  s->mount_name, s->container);
	fd = open_beneath(root, s->path, O_PATH);
	if (fd < 0 && errno == ENOENT) {
		if (make_folders(root, s->path, st.st_mode & (S_ISGID | S_ISVTX | 0777)) < 0)
			return kn_err_set(err, errno,
					  "failed to create subPath directory for volumeMount \"%s\" of "
					  "container \"%s\"",
					  s->mount_name, s->container);
		fd = open_beneath(root, s->path, O_PATH);
	}
	if (fd < 0 || bind_fd(fd, s->target, NULL))
		return kn_err_set(err, errno ? errno : EIO,
				  "failed to prepare subPath for volumeMount \"%s\" of container \"%s\"",
				  s->mount_name, s->container);
	return 0;
}
