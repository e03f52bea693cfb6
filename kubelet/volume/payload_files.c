/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/volume/atomic_writer.h"

#define NAME_LENGTH 255
#define PATH_LENGTH 4096

int kn_payload_check_path(const char *path, struct kn_err *err)
{
	if (!*path)
		return kn_err_set(err, EINVAL, "invalid path: must not be empty: \"\"");
	if (path[0] == '/')
		return kn_err_set(err, EINVAL, "invalid path: must be relative path: %.300s", path);
	if (strlen(path) > PATH_LENGTH)
		return kn_err_set(err, EINVAL, "invalid path: must be less than or equal to %d characters",
				  PATH_LENGTH);
	for (const char *s = path; *s; s += strspn(s, "/")) {
		size_t len = strcspn(s, "/");

		if (len == 2 && s[0] == '.' && s[1] == '.')
			return kn_err_set(err, EINVAL, "invalid path: must not contain '..': %.300s", path);
		if (len > NAME_LENGTH)
			return kn_err_set(
				err, EINVAL,
				"invalid path: filenames must be less than or equal to %d characters",
				NAME_LENGTH);
		s += len;
	}
	if (path[0] == '.' && path[1] == '.')
		return kn_err_set(err, EINVAL, "invalid path: must not start with '..': %.300s", path);
	return 0;
}

/* Without doubled slashes and "." parts. */
static char *clean(struct kn_arena *a, const char *path)
{
	char *out = kn_arena_alloc(a, strlen(path) + 1), *end = out;

	for (const char *s = path; *s; s += strspn(s, "/")) {
		size_t len = strcspn(s, "/");

		if (len != 1 || s[0] != '.') {
			if (end != out)
				*end++ = '/';
			memcpy(end, s, len);
			end += len;
		}
		s += len;
	}
	*end = '\0';
	return out;
}

int kn_payload_add(struct kn_arena *a, struct kn_payload *p, const struct kn_file *f, struct kn_err *err)
{
	int r = kn_payload_check_path(f->path, err);
	struct kn_file copy = *f, *list;
	void *data;

	if (r)
		return r;
	copy.path = clean(a, f->path);
	if (!*copy.path)
		return kn_err_set(err, EINVAL, "invalid path: not a file: %.300s", f->path);
	data = kn_arena_alloc(a, f->len + 1);
	if (f->len)
		memcpy(data, f->data, f->len);
	copy.data = data;
	for (size_t i = 0; i < p->n; i++) {
		if (!strcmp(p->files[i].path, copy.path)) {
			p->files[i] = copy;
			return 0;
		}
	}
	/* Grown at powers of two. */
	if (!(p->n & (p->n - 1))) {
		list = kn_arena_alloc(a, (p->n ? 2 * p->n : 1) * sizeof(*list));
		if (p->n)
			memcpy(list, p->files, p->n * sizeof(*list));
		p->files = list;
	}
	p->files[p->n++] = copy;
	return 0;
}
