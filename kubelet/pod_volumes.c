/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kubelet/pod_volumes.h"
#include "kubelet/gen_priv.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

#define EMPTY_DIRS "/volumes/kubernetes.io~empty-dir/"

/* mountinfo writes space, tab, newline and backslash as three octal digits. In place. */
static void unescape(char *s)
{
	char *out = s;

	for (; *s; s++) {
		if (s[0] == '\\' && s[1] >= '0' && s[1] <= '3' && s[2] && s[3]) {
			*out++ = (char)((s[1] - '0') * 64 + (s[2] - '0') * 8 + (s[3] - '0'));
			s += 3;
		} else {
			*out++ = *s;
		}
	}
	*out = '\0';
}

/* The last mount at or below dir (the newest: to be unmounted first), or NULL. */
static int last_mount(struct kn_arena *a, const char *dir, char **ret, struct kn_err *err)
{
	kn_auto_fclose FILE *f = fopen("/proc/self/mountinfo", "re");
	KN_CLEANUP(kn_freep) char *line = NULL;
	size_t cap = 0, len = strlen(dir);
	char *found = NULL;

	if (!f)
		return kn_err_errno(err, errno, "open /proc/self/mountinfo");
	while (getline(&line, &cap, f) > 0) {
		char *save = NULL, *word = strtok_r(line, " ", &save);

		for (int i = 0; word && i < 4; i++)
			word = strtok_r(NULL, " ", &save);
		if (!word)
			continue;
		unescape(word);
		if (!strncmp(word, dir, len) && (!word[len] || word[len] == '/'))
			found = kn_arena_strdup(a, word);
	}
	*ret = found;
	return 0;
}

int kn_volumes_unmount(struct kn_arena *a, const char *pod_dir, struct kn_err *err)
{
	KN_CLEANUP(kn_freep) char *real = realpath(pod_dir, NULL);
	const char *prefix;
	char *at;
	int r;

	if (!real)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "resolve %s", pod_dir);
	prefix = kn_arena_printf(a, "%s" EMPTY_DIRS, real);
	while (!(r = last_mount(a, real, &at, err)) && at) {
		size_t len = strlen(prefix);

		if (strncmp(at, prefix, len) || !at[len] || strchr(at + len, '/'))
			return kn_err_set(err, EBUSY, "%s is a mount that is not ours", at);
		if (umount2(at, UMOUNT_NOFOLLOW) < 0)
			return kn_err_errno(err, errno, "unmount %s", at);
	}
	return r;
}

static int mount_memory(struct kn_arena *a, const char *path, const K8s__EmptyDirVolumeSource *e,
			struct kn_err *err)
{
	KN_CLEANUP(kn_freep) char *real = realpath(path, NULL);
	const char *options = "mode=0777";
	int64_t size = 0;
	char *at = NULL;
	int r;

	if (!real)
		return kn_err_errno(err, errno, "resolve %s", path);
	r = last_mount(a, real, &at, err);
	if (r || at)
		return r;
	if (e->sizelimit && e->sizelimit->string && !kn_quantity_value(e->sizelimit->string, &size) &&
	    size > 0)
		options = kn_arena_printf(a, "mode=0777,size=%lld", (long long)size);
	if (mount("tmpfs", path, "tmpfs", MS_NOSUID | MS_NODEV, options) < 0)
		return kn_err_errno(err, errno, "mount tmpfs on %s", path);
	return 0;
}

static int empty_dir(struct kn_arena *a, const struct kn_pod *p, const char *path,
		     const K8s__EmptyDirVolumeSource *e, struct kn_err *err)
{
	const K8s__PodSecurityContext *sc = p->obj->spec->securitycontext;
	mode_t mode = 0777;
	int r = kn_mkdir_p(path, 0777, err);

	if (!r && kn_str_set(e->medium) && strcmp(e->medium, "Memory"))
		return kn_err_set(err, EINVAL, "emptyDir medium %.70s is not supported", e->medium);
	if (!r && kn_str_set(e->medium))
		r = mount_memory(a, path, e, err);
	if (r)
		return r;
	if (sc && sc->has_fsgroup) {
		mode = 02777; /* what is made inside belongs to the group too */
		if (lchown(path, (uid_t)-1, (gid_t)sc->fsgroup) < 0)
			return kn_err_errno(err, errno, "chown %s", path);
	}
	/* mkdir's mode went through the umask. */
	return chmod(path, mode) < 0 ? kn_err_errno(err, errno, "chmod %s", path) : 0;
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
		    const K8s__Volume *v, struct kn_err *err)
{
	const char *path = kn_path_volume(a, n, p, v);

	if (!path)
		return kn_err_set(err, EINVAL, "volume \"%s\" is of a type that is not supported", v->name);
	if (v->volumesource->hostpath)
		return host_path(path, v->volumesource->hostpath->type, err);
	return empty_dir(a, p, path, v->volumesource->emptydir, err);
}
