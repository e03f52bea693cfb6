// SPDX-License-Identifier: Apache-2.0
#include <dirent.h>
#include <errno.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>
#include "lib/base/file.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/k8s/source_dir.h"
#include "lib/k8s/source_file.h"

#define MAX_FILES 65536

/* A file that is made and then written is looked at when its writer closes it, not before: half a manifest
 * may decode. IN_CREATE alone is the last word only for symbolic and hard links. */
#define FOLDER_EVENTS                                                                                        \
	(IN_CLOSE_WRITE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE | IN_CREATE | IN_ATTRIB | IN_DELETE_SELF | \
	 IN_MOVE_SELF | IN_ONLYDIR)

struct kn_source_dir {
	struct kn_loop *loop;
	char *dir;
	char *only;		/* path is one file: its name in dir; else NULL */
	sd_event_source *watch; /* NULL while there is no folder to watch */
	struct kn_timer *rescan, *soon;
	int64_t rescan_ns;
	struct kn_source_file **file; /* sorted by path, as the set is */
	size_t n, cap;
	bool first_done, changed,
		lost; /* lost: the folder under the watch is no longer the one at the path */
	void (*on_change)(void *user, struct kn_manifest *const *set, size_t n);
	void (*on_error)(void *user, const char *file, const struct kn_err *err);
	void *user;
};

static void report(struct kn_source_dir *s, const char *path, struct kn_err *err)
{
	kn_err_wrap(err, "%s", path);
	if (s->on_error)
		s->on_error(s->user, path, err);
}

/* Index of path, or where it belongs. */
static size_t file_index(const struct kn_source_dir *s, const char *path, bool *found)
{
	size_t lo = 0, hi = s->n;

	*found = false;
	while (lo < hi) {
		size_t mid = (lo + hi) / 2;
		int c = strcmp(s->file[mid]->path, path);

		if (!c) {
			*found = true;
			return mid;
		}
		if (c < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	return lo;
}

static void file_drop(struct kn_source_dir *s, size_t i)
{
	s->changed = s->changed || s->file[i]->list.n > 0;
	kn_source_file_free(s->file[i]);
	memmove(&s->file[i], &s->file[i + 1], (s->n - i - 1) * sizeof(s->file[0]));
	s->n--;
}

static void file_insert(struct kn_source_dir *s, size_t i, const char *path)
{
	if (s->n == s->cap) {
		s->cap = s->cap ? s->cap * 2 : 16;
		s->file = kn_realloc(s->file, s->cap, sizeof(s->file[0]));
	}
	memmove(&s->file[i + 1], &s->file[i], (s->n - i) * sizeof(s->file[0]));
	s->file[i] = kn_source_file_new(path);
	s->n++;
}

static void report_entries(struct kn_source_dir *s, const struct kn_source_file *f)
{
	for (size_t i = 0; i < f->list.n; i++) {
		struct kn_err err = KN_ERR_INIT;

		if (!f->list.entry[i].error)
			continue;
		kn_err_set(&err, EINVAL, "%s", f->list.entry[i].error);
		report(s, f->path, &err);
	}
}

static void look_at(struct kn_source_dir *s, const char *name, bool force)
{
	kn_auto_free char *path = kn_sprintf("%s/%s", s->dir, name);
	struct kn_err err = KN_ERR_INIT;
	bool found;
	size_t i;

	if (name[0] == '.' || (s->only && strcmp(name, s->only)))
		return;
	i = file_index(s, path, &found);
	if (!found) {
		if (s->n >= MAX_FILES)
			return;
		file_insert(s, i, path);
	}
	s->file[i]->seen = true;
	switch (kn_source_file_look(s->file[i], force, &err)) {
	case KN_SOURCE_SAME:
		break;
	case KN_SOURCE_CHANGED:
		s->changed = true;
		report_entries(s, s->file[i]);
		break;
	case KN_SOURCE_REFUSED:
		report(s, path, &err);
		break;
	case KN_SOURCE_GONE:
		file_drop(s, i);
		break;
	}
}

/* The first file, in order of names, that defines an object has it. */
static void tell(struct kn_source_dir *s)
{
	struct kn_map *have = kn_map_new();
	kn_auto_free struct kn_manifest **set = NULL;
	size_t n = 0, cap = 0;

	for (size_t i = 0; i < s->n; i++) {
		for (size_t j = 0; j < s->file[i]->list.n; j++) {
			struct kn_manifest_entry *e = &s->file[i]->list.entry[j];
			const struct kn_manifest *other = e->manifest ? kn_map_get(have, e->key) : NULL;
			struct kn_err err = KN_ERR_INIT;

			if (!e->manifest)
				continue;
			if (other && e->told_double)
				continue;
			if (other) {
				e->told_double = true;
				kn_err_set(&err, EEXIST,
					   "line %d: %s: left out, it stands in %s line %d already",
					   e->manifest->line, e->key, other->file, other->line);
				report(s, s->file[i]->path, &err);
				continue;
			}
			kn_map_set(have, e->key, e->manifest);
			if (n == cap) {
				cap = cap ? cap * 2 : 16;
				set = kn_realloc(set, cap, sizeof(*set));
			}
			set[n++] = e->manifest;
		}
	}
	kn_map_free(have, NULL);
	s->changed = false;
	s->first_done = true;
	s->on_change(s->user, set, n);
}

static void scan(struct kn_source_dir *s)
{
	struct kn_err err = KN_ERR_INIT;
	DIR *d = opendir(s->dir);
	struct dirent *e;

	if (!d && errno != ENOENT && errno != ENOTDIR) {
		/* No answer is not an empty folder: what is known stays, and sources are not ready before. */
		kn_err_errno(&err, errno, "open folder");
		report(s, s->dir, &err);
		return;
	}
	for (size_t i = 0; i < s->n; i++)
		s->file[i]->seen = false;
	errno = 0;
	while (d && (e = readdir(d))) {
		look_at(s, e->d_name, false);
		errno = 0;
	}
	if (d && errno) {
		kn_err_errno(&err, errno, "read folder");
		report(s, s->dir, &err);
		closedir(d);
		return;
	}
	if (d)
		closedir(d);
	for (size_t i = s->n; i-- > 0;)
		if (!s->file[i]->seen)
			file_drop(s, i);
	if (s->changed || !s->first_done)
		tell(s);
}

/* Made in one step: nobody will close it after writing. */
static bool is_whole(const struct kn_source_dir *s, const char *name)
{
	kn_auto_free char *path = kn_sprintf("%s/%s", s->dir, name);
	struct stat st;

	return lstat(path, &st) == 0 && (!S_ISREG(st.st_mode) || st.st_nlink > 1);
}

static int on_inotify(sd_event_source *src, const struct inotify_event *ev, void *user)
{
	struct kn_source_dir *s = user;

	if (ev->mask & (IN_DELETE_SELF | IN_MOVE_SELF | IN_IGNORED | IN_UNMOUNT)) {
		s->lost = true;
		kn_timer_arm(s->soon, 0);
	} else if (ev->mask & IN_Q_OVERFLOW || !ev->len || ev->name[0] == '.') {
		/* Hidden names: "..data" of a mounted ConfigMap swaps what the links point to. */
		kn_timer_arm(s->soon, 0);
	} else if (!(ev->mask & IN_CREATE) || is_whole(s, ev->name)) {
		look_at(s, ev->name, true);
		if (s->changed && !kn_timer_armed(s->soon))
			kn_timer_arm(s->soon, 0); /* a burst of events is told once */
	}
	return 0;
}

static void watch_again(struct kn_source_dir *s)
{
	if (s->watch && !s->lost)
		return;
	s->watch = sd_event_source_unref(s->watch);
	s->lost = false;
	/* No folder, or no watches left: the rescan finds what changes, only later. */
	if (sd_event_add_inotify(kn_loop_event(s->loop), &s->watch, s->dir, FOLDER_EVENTS, on_inotify, s) < 0)
		s->watch = NULL;
}

static void on_soon(void *user)
{
	struct kn_source_dir *s = user;

	watch_again(s); /* before the scan, so that nothing falls between the two */
	scan(s);
}

static void on_rescan(void *user)
{
	struct kn_source_dir *s = user;

	on_soon(s);
	kn_timer_arm(s->rescan, s->rescan_ns);
}

static bool names_a_file(const char *path)
{
	static const char *const ends[] = {".yaml", ".yml", ".json"};
	size_t len = strlen(path);
	struct stat st;

	if (stat(path, &st) == 0)
		return !S_ISDIR(st.st_mode);
	for (size_t i = 0; i < KN_ARRAY_SIZE(ends); i++)
		if (len > strlen(ends[i]) && !strcmp(path + len - strlen(ends[i]), ends[i]))
			return true;
	return false;
}

static void split_path(struct kn_source_dir *s, const char *path)
{
	kn_auto_free char *p = kn_strdup(path);
	char *slash;
	size_t len = strlen(p);

	while (len > 1 && p[len - 1] == '/')
		p[--len] = '\0';
	if (!names_a_file(p)) {
		s->dir = kn_steal(p);
		return;
	}
	slash = strrchr(p, '/');
	s->only = kn_strdup(slash ? slash + 1 : p);
	if (slash)
		*slash = '\0';
	s->dir = kn_strdup(!slash ? "." : p[0] ? p : "/");
}

int kn_source_dir_new(struct kn_source_dir **ret, struct kn_loop *loop, const char *path, int64_t rescan_ns,
		      void (*on_change)(void *user, struct kn_manifest *const *set, size_t n),
		      void (*on_error)(void *user, const char *file, const struct kn_err *err), void *user,
		      struct kn_err *err)
{
	struct kn_source_dir *s = kn_calloc(1, sizeof(*s));
	int r;

	s->loop = loop;
	s->rescan_ns = rescan_ns > 0 ? rescan_ns : 20 * KN_NSEC_PER_SEC;
	s->on_change = on_change;
	s->on_error = on_error;
	s->user = user;
	split_path(s, path);
	r = kn_mkdir_p(s->dir, 0755, err);
	if (r < 0) {
		kn_source_dir_free(s);
		return kn_err_wrap(err, "manifest folder %s", path);
	}
	s->rescan = kn_timer_new(loop, on_rescan, s);
	s->soon = kn_timer_new(loop, on_soon, s);
	/* The first scan runs from the loop: no callback before the caller has what it needs in *ret. */
	kn_timer_arm(s->rescan, 0);
	*ret = s;
	return 0;
}

struct kn_source_dir *kn_source_dir_free(struct kn_source_dir *s)
{
	if (!s)
		return NULL;
	sd_event_source_unref(s->watch);
	kn_timer_free(s->rescan);
	kn_timer_free(s->soon);
	for (size_t i = 0; i < s->n; i++)
		kn_source_file_free(s->file[i]);
	free(s->file);
	free(s->dir);
	free(s->only);
	free(s);
	return NULL;
}
