/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <fcntl.h>
#include <libgen.h>
#include <limits.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/vfs.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"

int kn_file_read(const char *path, size_t max, struct kn_buf *out, struct kn_err *err)
{
	kn_auto_buf struct kn_buf b = {0};
	kn_auto_close int fd = -1;
	char chunk[16384];
	struct stat st;
	ssize_t n;

	fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);
	if (fd < 0)
		return kn_err_errno(err, errno, "open %s", path);
	if (fstat(fd, &st) < 0)
		return kn_err_errno(err, errno, "stat %s", path);
	if (!S_ISREG(st.st_mode))
		return kn_err_set(err, EINVAL, "%s: not a regular file", path);
	if ((unsigned long long)st.st_size > max)
		return kn_err_set(err, EFBIG, "%s: %lld bytes, more than the limit of %zu", path,
				  (long long)st.st_size, max);
	/* Kernel files say size 0, and a file can grow meanwhile: count what is read. */
	while ((n = read(fd, chunk, sizeof(chunk))) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kn_err_errno(err, errno, "read %s", path);
		if (b.len + (size_t)n > max)
			return kn_err_set(err, EFBIG, "%s: more than the limit of %zu bytes", path, max);
		kn_buf_add(&b, chunk, (size_t)n);
	}
	kn_buf_add(&b, "", 0);
	kn_buf_free(out);
	*out = b;
	b = (struct kn_buf){0};
	return 0;
}

static int write_all(int fd, const char *p, size_t len)
{
	while (len) {
		ssize_t n = write(fd, p, len);

		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return -errno;
		p += n;
		len -= (size_t)n;
	}
	return 0;
}

static int sync_parent(const char *path)
{
	kn_auto_free char *copy = kn_strdup(path);
	kn_auto_close int fd = open(dirname(copy), O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 || fsync(fd) < 0)
		return -errno;
	return 0;
}

int kn_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct kn_err *err)
{
	kn_auto_free char *tmp = kn_sprintf("%s.tmp.XXXXXX", path);
	kn_auto_close int fd = mkostemp(tmp, O_CLOEXEC);
	int r;

	if (fd < 0)
		return kn_err_errno(err, errno, "create %s", tmp);
	r = write_all(fd, data, len);
	if (!r && fchmod(fd, mode) < 0)
		r = -errno;
	if (!r && fsync(fd) < 0)
		r = -errno;
	if (!r && rename(tmp, path) < 0)
		r = -errno;
	if (r) {
		unlink(tmp);
		return kn_err_errno(err, r, "write %s", path);
	}
	r = sync_parent(path);
	return r ? kn_err_errno(err, r, "sync the folder of %s", path) : 0;
}

int kn_file_write_kernel(const char *path, const char *data, struct kn_err *err)
{
	kn_auto_close int fd = open(path, O_WRONLY | O_CLOEXEC);

	if (fd < 0)
		return kn_err_errno(err, errno, "open %s", path);
	if (write(fd, data, strlen(data)) < 0)
		return kn_err_errno(err, errno, "write \"%s\" to %s", data, path);
	return 0;
}

int kn_mkdir_p(const char *path, mode_t mode, struct kn_err *err)
{
	kn_auto_free char *copy = kn_strdup(path);
	struct stat st;

	for (char *p = copy + 1; *copy && *p; p++) {
		if (*p != '/')
			continue;
		*p = '\0';
		if (mkdir(copy, mode) < 0 && errno != EEXIST)
			return kn_err_errno(err, errno, "mkdir %s", copy);
		*p = '/';
	}
	if (mkdir(copy, mode) < 0 && errno != EEXIST)
		return kn_err_errno(err, errno, "mkdir %s", copy);
	if (stat(copy, &st) < 0 || !S_ISDIR(st.st_mode))
		return kn_err_errno(err, ENOTDIR, "mkdir %s", copy);
	return 0;
}
