/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/stat.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/pod_volumes.h"
#include "lib/base/mem.h"

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

/* The last mount at or (unless exact) below dir, the newest: to be unmounted first; NULL: none. */
static int last_mount(struct kn_arena *a, const char *dir, bool exact, char **ret, struct kn_err *err)
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
		if (!strncmp(word, dir, len) && (!word[len] || (!exact && word[len] == '/')))
			found = kn_arena_strdup(a, word);
	}
	*ret = found;
	return 0;
}

/* rest: a mount's path below the pod's folder. */
static bool is_ours(const char *rest)
{
	static const struct {
		const char *folder;
		unsigned parts; /* of the path behind it */
	} places[] = {
		{"/volumes/kubernetes.io~empty-dir/", 1},    {"/volumes/kubernetes.io~secret/", 1},
		{"/volumes/kubernetes.io~projected/", 1},    {"/volumes/kubernetes.io~configmap/", 1},
		{"/volumes/kubernetes.io~downward-api/", 1}, {"/volume-subpaths/", 3},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(places); i++) {
		size_t len = strlen(places[i].folder);
		unsigned parts = 1;

		if (strncmp(rest, places[i].folder, len) || !rest[len])
			continue;
		for (const char *s = rest + len; *s; s++)
			parts += *s == '/';
		return parts == places[i].parts;
	}
	return false;
}

int kn_volumes_unmount(struct kn_arena *a, const char *pod_dir, struct kn_err *err)
{
	KN_CLEANUP(kn_freep) char *real = realpath(pod_dir, NULL);
	char *at;
	int r;

	if (!real)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "resolve %s", pod_dir);
	while (!(r = last_mount(a, real, false, &at, err)) && at) {
		if (!is_ours(at + strlen(real)))
			return kn_err_set(err, EBUSY, "%s is a mount that is not ours", at);
		if (umount2(at, UMOUNT_NOFOLLOW) < 0)
			return kn_err_errno(err, errno, "unmount %s", at);
	}
	return r;
}

int kn_volume_is_mounted(struct kn_arena *a, const char *path, bool *ret, struct kn_err *err)
{
	KN_CLEANUP(kn_freep) char *real = NULL;
	struct statx st;
	char *at = NULL;
	int r = 0;

	/* The kernel says it since 5.8; a list of all mounts is long on a busy node. */
	if (!statx(AT_FDCWD, path, AT_SYMLINK_NOFOLLOW, 0, &st) &&
	    (st.stx_attributes_mask & STATX_ATTR_MOUNT_ROOT)) {
		*ret = st.stx_attributes & STATX_ATTR_MOUNT_ROOT;
		return 0;
	}
	real = realpath(path, NULL);
	if (!real && errno != ENOENT)
		return kn_err_errno(err, errno, "resolve %s", path);
	if (real)
		r = last_mount(a, real, true, &at, err);
	if (!r)
		*ret = at != NULL;
	return r;
}

int kn_volume_mount_memory(struct kn_arena *a, const char *path, int64_t size, bool secret,
			   struct kn_err *err)
{
	unsigned long flags = secret ? MS_NOSUID | MS_NODEV : 0;
	const char *options = "mode=1777"; /* what tmpfs has by itself, as upstream mounts it */
	bool there = false;
	int r = kn_volume_is_mounted(a, path, &there, err);

	if (r || there)
		return r;
	if (size > 0)
		options = kn_arena_printf(a, "mode=1777,size=%lld", (long long)size);
	/* Swap is a disk. Older kernels don't know the word. */
	if (!mount("tmpfs", path, "tmpfs", flags, kn_arena_printf(a, "%s,noswap", options)))
		return 0;
	if (errno != EINVAL || mount("tmpfs", path, "tmpfs", flags, options) < 0)
		return kn_err_errno(err, errno, "mount tmpfs on %s", path);
	return 0;
}
