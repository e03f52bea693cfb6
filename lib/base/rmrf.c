/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/stat.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"

/* Deeper than any path a pod can make by name; by descriptors it could nest further, and then we stop with an
 * error. */
#define DEPTH_MAX 2048

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int rm_entry(int parent, const char *name, dev_t dev, unsigned depth, struct kn_err *err);

static int rm_children(int dirfd, dev_t dev, unsigned depth, struct kn_err *err)
{
	KN_CLEANUP(closedirp) DIR *d = fdopendir(dirfd);
	struct dirent *e;

	if (!d) {
		int r = errno;

		close(dirfd);
		return kn_err_errno(err, r, "read folder");
	}
	while ((errno = 0, e = readdir(d))) {
		int r;

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		r = rm_entry(dirfd, e->d_name, dev, depth + 1, err);
		if (r)
			return r;
	}
	return errno ? kn_err_errno(err, errno, "read folder") : 0;
}

static int rm_entry(int parent, const char *name, dev_t dev, unsigned depth, struct kn_err *err)
{
	struct stat st;
	int fd, r;

	if (unlinkat(parent, name, 0) == 0 || errno == ENOENT)
		return 0;
	if (errno != EISDIR && errno != EPERM)
		return kn_err_errno(err, errno, "remove %s", name);
	if (depth > DEPTH_MAX)
		return kn_err_errno(err, ELOOP, "remove %s", name);
	fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	if (fd < 0)
		return kn_err_errno(err, errno, "open %s", name);
	if (fstat(fd, &st) < 0 || st.st_dev != dev) {
		close(fd);
		return kn_err_set(err, EXDEV, "remove %s: a mount lies there", name);
	}
	r = rm_children(fd, dev, depth, err);
	if (r)
		return r;
	if (unlinkat(parent, name, AT_REMOVEDIR) < 0 && errno != ENOENT)
		return kn_err_errno(err, errno, "remove %s", name);
	return 0;
}

int kn_rm_rf(const char *path, struct kn_err *err)
{
	struct stat st;
	int r;

	if (lstat(path, &st) < 0)
		return errno == ENOENT ? 0 : kn_err_errno(err, errno, "stat %s", path);
	r = rm_entry(AT_FDCWD, path, st.st_dev, 0, err);
	return r ? kn_err_wrap(err, "remove %s", path) : 0;
}
