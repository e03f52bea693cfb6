/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/atomic_writer.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdbool.h>
#include <string.h>
#include <sys/random.h>
#include <sys/stat.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"

#define DATA "..data"
#define DATA_NEW "..data_tmp"

struct writer {
	const char *path; /* of the volume */
	int fd;		  /* the same, opened */
	const struct kn_payload *p;
	struct kn_err *err;
	char now[256]; /* the folder that "..data" points to; "": none */
};

static void closedirp(DIR **d)
{
	if (*d)
		closedir(*d);
}

/* path is a file of the payload, or a folder above one. */
static bool is_wanted(const struct kn_payload *p, const char *path)
{
	size_t len = strlen(path);

	for (size_t i = 0; i < p->n; i++)
		if (!strncmp(p->files[i].path, path, len) &&
		    (!p->files[i].path[len] || p->files[i].path[len] == '/'))
			return true;
	return false;
}

/* Something below the folder (named prefix, "" at the top) that the payload doesn't have. */
static bool has_stale(const struct kn_payload *p, int parent, const char *name, const char *prefix)
{
	int fd = openat(parent, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	KN_CLEANUP(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;

	if (!d) {
		if (fd >= 0)
			close(fd);
		return true;
	}
	while ((e = readdir(d))) {
		KN_CLEANUP(kn_freep)
		char *path = kn_sprintf("%s%s%s", prefix, *prefix ? "/" : "", e->d_name);

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, ".."))
			continue;
		if (!is_wanted(p, path) || (e->d_type == DT_DIR && has_stale(p, dirfd(d), e->d_name, path)))
			return true;
	}
	return false;
}

static bool same_content(int dir, const struct kn_file *f)
{
	int fd kn_auto_close = openat(dir, f->path, O_RDONLY | O_NOFOLLOW | O_CLOEXEC | O_NONBLOCK);
	struct stat st;
	char buf[4096];

	if (fd < 0 || fstat(fd, &st) || !S_ISREG(st.st_mode) || (size_t)st.st_size != f->len)
		return false;
	for (size_t at = 0; at < f->len;) {
		ssize_t got = read(fd, buf, sizeof(buf));

		if (got <= 0 || (size_t)got > f->len - at || memcmp((const char *)f->data + at, buf, got))
			return false;
		at += (size_t)got;
	}
	return true;
}

static bool up_to_date(struct writer *w)
{
	int fd kn_auto_close = *w->now ? openat(w->fd, w->now, O_RDONLY | O_DIRECTORY | O_CLOEXEC) : -1;

	if (fd < 0 || has_stale(w->p, w->fd, w->now, ""))
		return false;
	for (size_t i = 0; i < w->p->n; i++)
		if (!same_content(fd, &w->p->files[i]))
			return false;
	return true;
}

/* A new folder "..TIME.RANDOM"; its name is left in ret. The umask does not count in a volume. */
static int new_folder(struct writer *w, char *ret, size_t size)
{
	char stamp[64];
	time_t t = time(NULL);
	struct tm tm;

	gmtime_r(&t, &tm);
	strftime(stamp, sizeof(stamp), "..%Y_%m_%d_%H_%M_%S.", &tm);
	for (int tries = 0; tries < 100; tries++) {
		unsigned r = 0;

		if (getrandom(&r, sizeof(r), 0) < 0)
			return kn_err_errno(w->err, errno, "getrandom");
		snprintf(ret, size, "%s%u", stamp, r);
		if (!mkdirat(w->fd, ret, 0755))
			return fchmodat(w->fd, ret, 0755, 0) < 0
				       ? kn_err_errno(w->err, errno, "chmod %s/%s", w->path, ret)
				       : 0;
		if (errno != EEXIST)
			break;
	}
	return kn_err_errno(w->err, errno, "create a folder in %s", w->path);
}

static int make_parents(struct writer *w, int dir, const char *path)
{
	KN_CLEANUP(kn_freep) char *copy = kn_strdup(path);

	for (char *s = strchr(copy, '/'); s; s = strchr(s + 1, '/')) {
		*s = '\0';
		if (!mkdirat(dir, copy, 0755))
			fchmodat(dir, copy, 0755, 0);
		else if (errno != EEXIST)
			return kn_err_errno(w->err, errno, "create folder %s in %s", copy, w->path);
		*s = '/';
	}
	return 0;
}

static int write_file(struct writer *w, int dir, const struct kn_file *f)
{
	int fd kn_auto_close = -1;
	int r = make_parents(w, dir, f->path);

	if (r)
		return r;
	fd = openat(dir, f->path, O_WRONLY | O_CREAT | O_EXCL | O_NOFOLLOW | O_CLOEXEC, 0600);
	if (fd < 0)
		return kn_err_errno(w->err, errno, "create %s in %s", f->path, w->path);
	for (size_t at = 0; at < f->len;) {
		ssize_t put = write(fd, (const char *)f->data + at, f->len - at);

		if (put < 0 && errno != EINTR)
			return kn_err_errno(w->err, errno, "write %s in %s", f->path, w->path);
		at += put > 0 ? (size_t)put : 0;
	}
	if (f->uid >= 0 && fchown(fd, (uid_t)f->uid, (gid_t)-1) < 0)
		return kn_err_errno(w->err, errno, "chown %s in %s", f->path, w->path);
	return fchmod(fd, f->mode) < 0 ? kn_err_errno(w->err, errno, "chmod %s in %s", f->path, w->path) : 0;
}

static int fill(struct writer *w, const char *name)
{
	int fd kn_auto_close = openat(w->fd, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		return kn_err_errno(w->err, errno, "open %s/%s", w->path, name);
	for (size_t i = 0; !r && i < w->p->n; i++)
		r = write_file(w, fd, &w->p->files[i]);
	return r;
}

static int swap(struct writer *w, const char *name)
{
	if (unlinkat(w->fd, DATA_NEW, 0) < 0 && errno != ENOENT)
		return kn_err_errno(w->err, errno, "remove %s/" DATA_NEW, w->path);
	if (symlinkat(name, w->fd, DATA_NEW) < 0 || renameat(w->fd, DATA_NEW, w->fd, DATA) < 0)
		return kn_err_errno(w->err, errno, "link %s/" DATA, w->path);
	snprintf(w->now, sizeof(w->now), "%s", name);
	return 0;
}

/* The first part of each path, as a link through "..data". */
static int show(struct writer *w)
{
	for (size_t i = 0; i < w->p->n; i++) {
		const struct kn_file *f = &w->p->files[i];
		int len = (int)strcspn(f->path, "/");
		KN_CLEANUP(kn_freep) char *name = kn_sprintf("%.*s", len, f->path);
		KN_CLEANUP(kn_freep) char *target = kn_sprintf(DATA "/%s", name);

		if (!symlinkat(target, w->fd, name)) {
			if (f->uid >= 0)
				fchownat(w->fd, name, (uid_t)f->uid, (gid_t)-1, AT_SYMLINK_NOFOLLOW);
		} else if (errno != EEXIST) {
			return kn_err_errno(w->err, errno, "link %s in %s", name, w->path);
		}
	}
	return 0;
}

/* Links of ours whose file has gone, and folders that "..data" doesn't point to. */
static int tidy(struct writer *w)
{
	int fd = openat(w->fd, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	KN_CLEANUP(closedirp) DIR *d = fd >= 0 ? fdopendir(fd) : NULL;
	struct dirent *e;
	int r = 0;

	if (!d)
		return kn_err_errno(w->err, errno, "read %s", w->path);
	while (!r && (e = readdir(d))) {
		bool hidden = e->d_name[0] == '.' && e->d_name[1] == '.';

		if (!strcmp(e->d_name, ".") || !strcmp(e->d_name, "..") || !strcmp(e->d_name, DATA))
			continue;
		if (hidden && e->d_type == DT_DIR && strcmp(e->d_name, w->now) != 0) {
			KN_CLEANUP(kn_freep) char *path = kn_sprintf("%s/%s", w->path, e->d_name);

			r = kn_rm_rf(path, w->err);
		} else if (!hidden && e->d_type == DT_LNK && !is_wanted(w->p, e->d_name)) {
			unlinkat(w->fd, e->d_name, 0);
		}
	}
	return r;
}

static int replace(struct writer *w, int (*perms)(void *, const char *, struct kn_err *), void *user)
{
	char name[256];
	int r = new_folder(w, name, sizeof(name));

	if (r)
		return r;
	r = fill(w, name);
	if (!r && perms)
		r = perms(user, w->path, w->err);
	if (!r)
		r = swap(w, name);
	if (r) {
		KN_CLEANUP(kn_freep) char *path = kn_sprintf("%s/%s", w->path, name);

		kn_rm_rf(path, NULL);
	}
	return r;
}

int kn_atomic_write(const char *dir, const struct kn_payload *p,
		    int (*perms)(void *user, const char *dir, struct kn_err *err), void *user, int *changed,
		    struct kn_err *err)
{
	int fd kn_auto_close = open(dir, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	struct writer w = {.path = dir, .fd = fd, .p = p, .err = err};
	bool write = true;
	ssize_t len;
	int r = 0;

	if (fd < 0)
		return kn_err_errno(err, errno, "open %s", dir);
	len = readlinkat(fd, DATA, w.now, sizeof(w.now) - 1);
	if (len < 0 && errno != ENOENT)
		return kn_err_errno(err, errno, "read link %s/" DATA, dir);
	/* A link that leads elsewhere is not ours. */
	w.now[len > 0 ? len : 0] = '\0';
	if (strchr(w.now, '/') || strncmp(w.now, "..", 2) != 0 || !w.now[2])
		w.now[0] = '\0';
	write = !up_to_date(&w);
	if (write)
		r = replace(&w, perms, user);
	if (!r)
		r = show(&w);
	if (!r)
		r = tidy(&w);
	if (!r && changed)
		*changed = write;
	return r;
}
