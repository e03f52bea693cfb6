/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>

#include "kubelet/cgroup_priv.h"
#include "lib/base/file.h"

#define HIERARCHIES_MAX 24
#define DEPTH_MAX 16
#define RMDIR_TRIES 40
#define RMDIR_WAIT_NS 5000000L
#define FILE_MAX (1024 * 1024)

struct hierarchy {
	char *path, *options;
	bool v2;
};

struct kn_cgroup {
	struct kn_arena *arena;
	enum kn_cgroup_driver driver;
	char *root; /* "" or "/node-a" */
	struct hierarchy h[HIERARCHIES_MAX];
	size_t n;
	bool v2;
	int64_t period_us;
	const struct kn_log *log;
};

/* The first mount of each hierarchy; later ones are only seen again somewhere else. */
static int find_hierarchies(struct kn_arena *a, struct hierarchy h[HIERARCHIES_MAX], size_t *n,
			    struct kn_err *err)
{
	kn_auto_fclose FILE *f = fopen("/proc/self/mounts", "re");
	KN_CLEANUP(kn_freep) char *line = NULL;
	size_t cap = 0;

	if (!f)
		return kn_err_errno(err, errno, "open /proc/self/mounts");
	*n = 0;
	while (getline(&line, &cap, f) > 0 && *n < HIERARCHIES_MAX) {
		char *save = NULL, *path, *type, *options;
		bool known = false;

		strtok_r(line, " ", &save);
		path = strtok_r(NULL, " ", &save);
		type = strtok_r(NULL, " ", &save);
		options = strtok_r(NULL, " ", &save);
		if (!options || (strcmp(type, "cgroup") && strcmp(type, "cgroup2")))
			continue;
		for (size_t i = 0; i < *n; i++)
			known = known || (h[i].v2 == !strcmp(type, "cgroup2") &&
					  (h[i].v2 || !strcmp(h[i].options, options)));
		if (known)
			continue;
		h[*n].v2 = !strcmp(type, "cgroup2");
		h[*n].path = kn_arena_strdup(a, path);
		h[(*n)++].options = kn_arena_strdup(a, options);
	}
	return *n ? 0 : kn_err_set(err, ENOENT, "no cgroup hierarchy is mounted");
}

static bool has_controller(const struct hierarchy *h, const char *name)
{
	size_t len = strlen(name);

	for (const char *s = h->options; *s; s += strcspn(s, ","), s += *s == ',')
		if (!strncmp(s, name, len) && (s[len] == ',' || !s[len]))
			return true;
	return false;
}

/* A new v1 cpuset group has neither cpus nor memory nodes and takes no process until it does. */
static int inherit_cpuset(const char *dir, const char *parent, struct kn_err *err)
{
	static const char *const files[] = {"cpuset.cpus", "cpuset.mems"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(files); i++) {
		KN_CLEANUP(kn_buf_free) struct kn_buf own = {0};
		KN_CLEANUP(kn_buf_free) struct kn_buf from = {0};
		char path[4200];
		int r;

		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		r = kn_file_read(path, FILE_MAX, &own, err);
		if (r || own.len > 1)
			return r;
		snprintf(path, sizeof(path), "%s/%s", parent, files[i]);
		r = kn_file_read(path, FILE_MAX, &from, err);
		snprintf(path, sizeof(path), "%s/%s", dir, files[i]);
		if (!r && from.len)
			r = kn_file_write_kernel(path, from.data, err);
		if (r)
			return r;
	}
	return 0;
}

/* Lets the children have what the parent has; one at a time, as one that is refused would take the rest with
 * it. */
static void enable_controllers(const char *parent)
{
	static const char *const wanted[] = {"+cpu", "+cpuset", "+memory", "+pids", "+io", "+hugetlb"};
	char path[4200];

	snprintf(path, sizeof(path), "%s/cgroup.subtree_control", parent);
	for (size_t i = 0; i < KN_ARRAY_SIZE(wanted); i++)
		kn_file_write_kernel(path, wanted[i], NULL);
}

static int make_group(const struct hierarchy *h, const char *group, struct kn_err *err)
{
	char dir[4096], parent[4096];
	size_t base = strlen(h->path);

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", h->path, group) >= sizeof(dir))
		return kn_err_set(err, ENAMETOOLONG, "cgroup %.100s", group);
	for (char *slash = dir + base; slash; slash = strchr(slash + 1, '/')) {
		char *end = strchr(slash + 1, '/');
		int r = 0;

		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
		if (end)
			*end = '\0';
		if (h->v2)
			enable_controllers(parent);
		if (mkdir(dir, 0755) < 0 && errno != EEXIST)
			return kn_err_errno(err, errno, "create cgroup %s", dir);
		if (!h->v2 && has_controller(h, "cpuset"))
			r = inherit_cpuset(dir, parent, err);
		if (end)
			*end = '/';
		if (r)
			return r;
	}
	return 0;
}

static int set(const struct hierarchy *h, const char *group, const char *file, const char *value,
	       struct kn_err *err)
{
	char path[4200];

	snprintf(path, sizeof(path), "%s%s/%s", h->path, group, file);
	/* A v2 group without the controller (hybrid) does not have the file. */
	if (h->v2 && access(path, F_OK) < 0)
		return 0;
	return kn_file_write_kernel(path, value, err);
}

static int set_limits(const struct kn_cgroup *c, const struct hierarchy *h, const char *group,
		      const struct kn_pod_limits *l, bool shares_only, struct kn_err *err)
{
	char v[64];
	int r = 0;

	snprintf(v, sizeof(v), "%lld", (long long)(h->v2 ? kn_shares_to_weight(l->shares) : l->shares));
	if (h->v2 || has_controller(h, "cpu"))
		r = set(h, group, h->v2 ? "cpu.weight" : "cpu.shares", v, err);
	if (r || shares_only)
		return r;
	if (h->v2) {
		if (l->quota_us < 0)
			snprintf(v, sizeof(v), "max %lld", (long long)c->period_us);
		else
			snprintf(v, sizeof(v), "%lld %lld", (long long)l->quota_us, (long long)c->period_us);
		r = set(h, group, "cpu.max", v, err);
	} else if (has_controller(h, "cpu")) {
		snprintf(v, sizeof(v), "%lld", (long long)c->period_us);
		r = set(h, group, "cpu.cfs_period_us", v, err);
		snprintf(v, sizeof(v), "%lld", (long long)l->quota_us);
		if (!r)
			r = set(h, group, "cpu.cfs_quota_us", v, err);
	}
	if (r || (!h->v2 && !has_controller(h, "memory")))
		return r;
	snprintf(v, sizeof(v), "%lld", (long long)l->memory_bytes);
	return set(h, group, h->v2 ? "memory.max" : "memory.limit_in_bytes",
		   h->v2 && l->memory_bytes < 0 ? "max" : v, err);
}

static int make_everywhere(const struct kn_cgroup *c, const char *group, const struct kn_pod_limits *l,
			   bool shares_only, struct kn_err *err)
{
	for (size_t i = 0; i < c->n; i++) {
		int r = make_group(&c->h[i], group, err);

		if (!r && l)
			r = set_limits(c, &c->h[i], group, l, shares_only, err);
		if (r)
			return r;
	}
	return 0;
}

static int make_qos(struct kn_cgroup *c, struct kn_err *err)
{
	static const struct kn_pod_limits least = {.shares = 2, .quota_us = -1, .memory_bytes = -1};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	int r = 0;

	if (c->driver == KN_CGROUP_SYSTEMD) {
		r = kn_systemd_slice("kubepods-burstable.slice", &least, err);
		return r ? r : kn_systemd_slice("kubepods-besteffort.slice", &least, err);
	}
	r = make_everywhere(c, kn_arena_printf(a, "%s/kubepods", c->root), NULL, false, err);
	if (!r)
		r = make_everywhere(c, kn_arena_printf(a, "%s/kubepods/burstable", c->root), &least, true,
				    err);
	if (!r)
		r = make_everywhere(c, kn_arena_printf(a, "%s/kubepods/besteffort", c->root), &least, true,
				    err);
	return r;
}

static int check_root(const char *root, struct kn_err *err)
{
	if (root[0] != '/' || !kn_path_is_tame(root) || strlen(root) > 1024)
		return kn_err_set(err, EINVAL, "cgroupRoot: \"%.100s\" is not an absolute path", root);
	return 0;
}

int kn_cgroup_new(struct kn_cgroup **ret, enum kn_cgroup_driver driver, const char *root,
		  const struct kn_node_ctx *n, const struct kn_log *log, struct kn_err *err)
{
	struct kn_cgroup *c;
	size_t len;
	int r = check_root(root, err);

	if (r)
		return r;
	c = kn_calloc(1, sizeof(*c));
	c->arena = kn_arena_new(0);
	c->driver = driver;
	for (len = strlen(root); len && root[len - 1] == '/'; len--)
		;
	c->root = kn_arena_strndup(c->arena, root, len);
	c->period_us = n->cpu_quota_period_us;
	c->log = log;
	r = find_hierarchies(c->arena, c->h, &c->n, err);
	c->v2 = !r && c->n == 1 && c->h[0].v2;
	if (!r)
		r = make_qos(c, err);
	if (r) {
		kn_cgroup_free(c);
		return r;
	}
	*ret = c;
	return 0;
}

struct kn_cgroup *kn_cgroup_free(struct kn_cgroup *c)
{
	if (c)
		kn_arena_free(c->arena);
	free(c);
	return NULL;
}

bool kn_cgroup_is_v2(const struct kn_cgroup *c)
{
	return c->v2;
}

/* qos_dir: "", "/burstable" or "/besteffort" */
static char *pod_group(const struct kn_cgroup *c, struct kn_arena *a, const char *qos_dir, const char *uid)
{
	char *name;

	if (c->driver == KN_CGROUPFS)
		return kn_arena_printf(a, "%s/kubepods%s/pod%s", c->root, qos_dir, uid);
	/* A dash separates levels in a slice's name. */
	name = kn_arena_printf(a, "kubepods%s%s-pod%s.slice", *qos_dir ? "-" : "",
			       *qos_dir ? qos_dir + 1 : "", uid);
	for (char *s = strstr(name, "-pod"); (s = strchr(s + 1, '-'));)
		*s = '_';
	return name;
}

static const char *qos_dir(const struct kn_pod *p)
{
	enum kn_qos q = kn_pod_qos(p);

	return q == KN_QOS_GUARANTEED ? "" : q == KN_QOS_BURSTABLE ? "/burstable" : "/besteffort";
}

char *kn_cgroup_pod_parent(const struct kn_cgroup *c, struct kn_arena *a, const struct kn_pod *p)
{
	return pod_group(c, a, qos_dir(p), p->uid);
}

int kn_cgroup_pod_create(struct kn_cgroup *c, const struct kn_pod *p, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	const char *group = kn_cgroup_pod_parent(c, a, p);
	struct kn_pod_limits l;

	kn_pod_limits(p, c->period_us, &l);
	if (c->driver == KN_CGROUP_SYSTEMD)
		return kn_systemd_slice(group, &l, err);
	return make_everywhere(c, group, &l, false, err);
}

static void kill_procs(const char *dir)
{
	KN_CLEANUP(kn_buf_free) struct kn_buf b = {0};
	char path[4200], *save = NULL;

	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	if (kn_file_read(path, FILE_MAX, &b, NULL) || !b.len)
		return;
	for (char *s = strtok_r(b.data, "\n", &save); s; s = strtok_r(NULL, "\n", &save)) {
		long pid = strtol(s, NULL, 10);

		/* 0 stands for a process of another pid namespace; kill(0) would hit ourselves. */
		if (pid > 1 && pid != getpid())
			kill((pid_t)pid, SIGKILL);
	}
}

static void remove_tree(const char *dir, unsigned depth)
{
	DIR *d = depth < DEPTH_MAX ? opendir(dir) : NULL;
	char path[4096];
	struct dirent *e;

	while (d && (e = readdir(d))) {
		if (e->d_type != DT_DIR || e->d_name[0] == '.')
			continue;
		if ((size_t)snprintf(path, sizeof(path), "%s/%s", dir, e->d_name) < sizeof(path))
			remove_tree(path, depth + 1);
	}
	if (d)
		closedir(d);
	if (rmdir(dir) < 0 && errno == EBUSY)
		kill_procs(dir);
}

static int remove_group(const struct hierarchy *h, const char *group, struct kn_err *err)
{
	const struct timespec wait = {0, RMDIR_WAIT_NS};
	char dir[4096];

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", h->path, group) >= sizeof(dir))
		return kn_err_set(err, ENAMETOOLONG, "cgroup %.100s", group);
	for (int i = 0; i < RMDIR_TRIES; i++) {
		if (access(dir, F_OK) < 0)
			return 0;
		if (i)
			nanosleep(&wait, NULL);
		remove_tree(dir, 0);
	}
	return access(dir, F_OK) < 0 ? 0 : kn_err_set(err, EBUSY, "cgroup %s is still busy", dir);
}

int kn_cgroup_pod_remove(struct kn_cgroup *c, const char *uid, struct kn_err *err)
{
	static const char *const dirs[] = {"", "/burstable", "/besteffort"};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	int r = 0;

	/* The uid may be a runtime's label, not one that we let in. */
	if (!*uid || strchr(uid, '/') || strstr(uid, ".."))
		return kn_err_set(err, EINVAL, "bad pod uid \"%.70s\"", uid);
	for (size_t i = 0; i < KN_ARRAY_SIZE(dirs); i++) {
		const char *group = pod_group(c, a, dirs[i], uid);

		if (c->driver == KN_CGROUP_SYSTEMD && (r = kn_systemd_slice_stop(group, err)))
			return r;
		for (size_t k = 0; c->driver == KN_CGROUPFS && k < c->n; k++)
			if ((r = remove_group(&c->h[k], group, err)))
				return r;
	}
	return 0;
}

int kn_cgroup2_root(const char *cgroup_root, struct kn_arena *a, char **ret, struct kn_err *err)
{
	struct hierarchy h[HIERARCHIES_MAX];
	size_t n;
	int r = check_root(cgroup_root, err);

	if (!r)
		r = find_hierarchies(a, h, &n, err);
	for (size_t i = 0; !r && i < n; i++) {
		if (!h[i].v2)
			continue;
		r = strcmp(cgroup_root, "/") ? make_group(&h[i], cgroup_root, err) : 0;
		if (!r)
			*ret = kn_arena_printf(a, "%s%s", h[i].path,
					       strcmp(cgroup_root, "/") ? cgroup_root : "");
		return r;
	}
	return r ? r : kn_err_set(err, ENOENT, "no cgroup2 hierarchy is mounted");
}
