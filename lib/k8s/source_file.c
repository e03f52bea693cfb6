// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <string.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "lib/k8s/source_file.h"

struct kn_source_file *kn_source_file_new(const char *path)
{
	struct kn_source_file *f = kn_calloc(1, sizeof(*f));

	f->path = kn_strdup(path);
	return f;
}

struct kn_source_file *kn_source_file_free(struct kn_source_file *f)
{
	if (!f)
		return NULL;
	kn_manifest_list_free(&f->list);
	free(f->path);
	free(f);
	return NULL;
}

static bool same_time(struct timespec a, struct timespec b)
{
	return a.tv_sec == b.tv_sec && a.tv_nsec == b.tv_nsec;
}

static bool same_stamp(const struct stat *a, const struct stat *b)
{
	return a->st_dev == b->st_dev && a->st_ino == b->st_ino && a->st_size == b->st_size &&
	       a->st_mode == b->st_mode && same_time(a->st_mtim, b->st_mtim) &&
	       same_time(a->st_ctim, b->st_ctim);
}

/* FNV-1a. Who may write here may run any pod anyway: no need to resist made-up collisions. */
static uint64_t hash_bytes(const char *p, size_t n)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < n; i++)
		h = (h ^ (unsigned char)p[i]) * 0x100000001b3u;
	return h;
}

static enum kn_source_look read_file(struct kn_source_file *f, struct kn_err *err)
{
	kn_auto_buf struct kn_buf b = {0};
	struct kn_manifest_list next = {0};
	uint64_t hash;
	int r = kn_file_read(f->path, KN_MANIFEST_MAX_BYTES, &b, err);

	if (r == -ENOENT) /* gone since the stat */
		return KN_SOURCE_GONE;
	if (r < 0)
		return KN_SOURCE_REFUSED;
	hash = hash_bytes(b.data, b.len);
	if (f->hashed && hash == f->hash)
		return KN_SOURCE_SAME;
	f->hash = hash;
	f->hashed = true;
	if (kn_manifest_parse(f->path, b.data ? b.data : "", b.len, &next, err) < 0)
		return KN_SOURCE_REFUSED;
	kn_manifest_list_keep(&next, &f->list);
	kn_manifest_list_free(&f->list);
	f->list = next;
	return KN_SOURCE_CHANGED;
}

enum kn_source_look kn_source_file_look(struct kn_source_file *f, bool force, struct kn_err *err)
{
	struct stat st;
	bool same;

	if (stat(f->path, &st) < 0) {
		if (errno == ENOENT || errno == ENOTDIR)
			return KN_SOURCE_GONE;
		/* Not an answer about the file: say so once, keep what it held. */
		if (f->unreachable)
			return KN_SOURCE_SAME;
		f->unreachable = true;
		f->st = (struct stat){0};
		kn_err_errno(err, errno, "stat");
		return KN_SOURCE_REFUSED;
	}
	f->unreachable = false;
	if (S_ISDIR(st.st_mode))
		return KN_SOURCE_GONE;
	same = same_stamp(&st, &f->st);
	f->st = st;
	if (same && !force)
		return KN_SOURCE_SAME;
	if (S_ISREG(st.st_mode) && st.st_size <= (off_t)KN_MANIFEST_MAX_BYTES)
		return read_file(f, err);
	f->hashed = false;
	if (same)
		return KN_SOURCE_SAME;
	if (!S_ISREG(st.st_mode))
		kn_err_set(err, EINVAL, "not a regular file");
	else
		kn_err_set(err, EFBIG, "%lld bytes: larger than %u", (long long)st.st_size,
			   KN_MANIFEST_MAX_BYTES);
	return KN_SOURCE_REFUSED;
}
