// SPDX-License-Identifier: Apache-2.0
/* The files of one log. Nothing here knows of pods. */
#include "kubelet/log/log_rotate.h"

#include <errno.h>
#include <fcntl.h>
#include <glob.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#include <zlib.h>
#include "lib/base/buf.h"
#include "lib/base/mem.h"

#define BLOCK (64 * 1024)

static bool ends_with(const char *s, const char *end)
{
	size_t n = strlen(s), m = strlen(end);

	return n >= m && !strcmp(s + n - m, end);
}

/* It was compressed, but not removed any more. */
static bool has_compressed(char *const *names, size_t n, size_t i)
{
	size_t len = strlen(names[i]);

	for (size_t j = 0; j < n; j++)
		if (strlen(names[j]) == len + 3 && !strncmp(names[j], names[i], len) &&
		    ends_with(names[j], ".gz"))
			return true;
	return false;
}

void kn_log_fates(char *const *names, size_t n, unsigned max_files, enum kn_log_fate *fates)
{
	/* Besides these there will be the new file and the one that is renamed now. */
	size_t max = max_files > 2 ? max_files - 2 : 0, kept = 0;

	for (size_t i = n; i--;) {
		if (ends_with(names[i], ".tmp") || has_compressed(names, n, i) || kept >= max) {
			fates[i] = KN_LOG_REMOVE;
			continue;
		}
		kept++;
		fates[i] = ends_with(names[i], ".gz") ? KN_LOG_KEEP : KN_LOG_COMPRESS;
	}
}

static int copy_compressed(int in, gzFile out, const char *path, struct kn_err *err)
{
	char *block kn_auto_free = kn_calloc(1, BLOCK);
	ssize_t n;

	while ((n = read(in, block, BLOCK)) != 0) {
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kn_err_errno(err, errno, "read %s", path);
		if (gzwrite(out, block, n) != n)
			return kn_err_set(err, EIO, "compress %s: failed to write", path);
	}
	return 0;
}

int kn_log_compress(const char *path, struct kn_err *err)
{
	char *tmp kn_auto_free = kn_sprintf("%s.tmp", path);
	char *gz kn_auto_free = kn_sprintf("%s.gz", path);
	int in kn_auto_close = open(path, O_RDONLY | O_CLOEXEC | O_NOFOLLOW);
	struct stat st;
	int fd, r;
	gzFile out;

	if (in < 0 || fstat(in, &st) < 0)
		return kn_err_errno(err, errno, "open %s", path);
	fd = open(tmp, O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC | O_NOFOLLOW, st.st_mode & 0777);
	if (fd < 0)
		return kn_err_errno(err, errno, "create %s", tmp);
	out = gzdopen(fd, "wb");
	if (!out) {
		close(fd);
		return kn_err_set(err, ENOMEM, "compress %s", path);
	}
	r = copy_compressed(in, out, path, err);
	if (gzclose(out) != Z_OK && !r)
		r = kn_err_set(err, EIO, "compress %s: failed to write", path);
	if (!r && rename(tmp, gz) < 0)
		r = kn_err_errno(err, errno, "rename %s", tmp);
	unlink(r ? tmp : path);
	return r;
}

/* Names hold what pods are called, which has none of glob's characters but may come to have. */
static char *pattern_of(const char *path)
{
	struct kn_buf b = {0};

	for (; *path; path++) {
		if (strchr("*?[\\", *path))
			kn_buf_adds(&b, "\\");
		kn_buf_add(&b, path, 1);
	}
	kn_buf_adds(&b, ".*");
	return b.data;
}

int kn_log_tidy(const char *path, unsigned max_files, struct kn_err *err)
{
	char *pattern kn_auto_free = pattern_of(path);
	enum kn_log_fate *fates kn_auto_free = NULL;
	glob_t g = {0};
	int r = 0;

	if (glob(pattern, 0, NULL, &g)) {
		globfree(&g);
		return 0;
	}
	fates = kn_calloc(g.gl_pathc, sizeof(*fates));
	kn_log_fates(g.gl_pathv, g.gl_pathc, max_files, fates);
	for (size_t i = 0; i < g.gl_pathc && !r; i++) {
		if (fates[i] == KN_LOG_REMOVE && unlink(g.gl_pathv[i]) < 0 && errno != ENOENT)
			r = kn_err_errno(err, errno, "remove %s", g.gl_pathv[i]);
		else if (fates[i] == KN_LOG_COMPRESS)
			r = kn_log_compress(g.gl_pathv[i], err);
	}
	globfree(&g);
	return r;
}

void kn_log_remove_all(const char *path)
{
	char *pattern kn_auto_free = pattern_of(path);
	glob_t g = {0};

	if (!glob(pattern, 0, NULL, &g))
		for (size_t i = 0; i < g.gl_pathc; i++)
			unlink(g.gl_pathv[i]);
	globfree(&g);
	unlink(path);
}
