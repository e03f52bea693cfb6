/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "kubelet/cgroup/cgroup_priv.h"
#include "lib/base/file.h"

#define HIERARCHIES_MAX 24
#define FILE_MAX (1024 * 1024)

struct hierarchy {
	const char *path, *name; /* name: of a named one, else "" */
	bool v2, by_hand;	 /* by_hand: libcgroup does not know it */
};

struct hierarchies {
	struct kn_cgroup_controllers have;
	struct hierarchy h[HIERARCHIES_MAX];
	size_t n;
};

struct kn_cgroup {
	struct kn_arena *arena;
	enum kn_cgroup_driver driver;
	char *root; /* "" or "/node-a" */
	struct hierarchies hs;
	bool v2;
	int64_t period_us;
	const struct kn_log *log;
};

/* What libcgroup does not tell of: named v1 hierarchies, and a cgroup2 mount beside v1 ones. The first mount
 * of each; later ones are only seen again somewhere else. */
static int find_others(struct kn_arena *a, struct hierarchies *hs, struct kn_err *err)
{
	kn_auto_fclose FILE *f = fopen("/proc/self/mounts", "re");
	KN_CLEANUP(kn_freep) char *line = NULL;
	size_t cap = 0;

	if (!f)
		return kn_err_errno(err, errno, "open /proc/self/mounts");
	while (getline(&line, &cap, f) > 0 && hs->n < HIERARCHIES_MAX) {
		char *save = NULL, *path, *type, *options, *name;
		bool known = false, v2;

		strtok_r(line, " ", &save);
		path = strtok_r(NULL, " ", &save);
		type = strtok_r(NULL, " ", &save);
		options = strtok_r(NULL, " ", &save);
		if (!options || (strcmp(type, "cgroup") && strcmp(type, "cgroup2")))
			continue;
		v2 = !strcmp(type, "cgroup2");
		name = v2 ? NULL : strstr(options, "name=");
		if (!v2 && !name)
			continue;
		for (size_t i = 0; i < hs->n; i++)
			known = known || (hs->h[i].v2 == v2 && (v2 || !strcmp(hs->h[i].name, name)));
		if (known)
			continue;
		hs->h[hs->n].v2 = v2;
		hs->h[hs->n].by_hand = true;
		hs->h[hs->n].name = kn_arena_strdup(a, name ? name : "");
		hs->h[hs->n++].path = kn_arena_strdup(a, path);
	}
	return 0;
}

static int find_hierarchies(struct kn_arena *a, struct hierarchies *ret, struct kn_err *err)
{
	struct hierarchies hs = {.n = 0};
	int r = kn_cglib_mounts(a, &hs.have, err);

	for (size_t i = 0; !r && i < hs.have.n && hs.n < HIERARCHIES_MAX; i++) {
		const struct kn_cgroup_controller *c = &hs.have.c[i];
		bool known = !kn_cgroup_wanted(&hs.have, c);

		for (size_t k = 0; k < hs.n; k++)
			known = known || !strcmp(hs.h[k].path, c->path);
		if (!known)
			hs.h[hs.n++] = (struct hierarchy){.path = c->path, .name = "", .v2 = c->v2};
	}
	if (!r)
		r = find_others(a, &hs, err);
	if (r)
		return r;
	if (!hs.n)
		return kn_err_set(err, ENOENT, "no cgroup hierarchy is mounted");
	*ret = hs;
	return 0;
}

/* No controllers are enabled here: what libcgroup does not know has none that we set. */
static int make_by_hand(const struct hierarchy *h, const char *group, struct kn_err *err)
{
	char dir[4096];

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", h->path, group) >= sizeof(dir))
		return kn_err_set(err, ENAMETOOLONG, "cgroup %.100s", group);
	return kn_mkdir_p(dir, 0755, err);
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

static int inherit_cpusets(const char *mount, const char *group, struct kn_err *err)
{
	char dir[4096], parent[4096];
	size_t base = strlen(mount);
	int r = 0;

	if ((size_t)snprintf(dir, sizeof(dir), "%s%s", mount, group) >= sizeof(dir))
		return kn_err_set(err, ENAMETOOLONG, "cgroup %.100s", group);
	for (char *slash = dir + base; !r && slash; slash = strchr(slash + 1, '/')) {
		char *end = strchr(slash + 1, '/');

		snprintf(parent, sizeof(parent), "%.*s", (int)(slash - dir), dir);
		if (end)
			*end = '\0';
		r = inherit_cpuset(dir, parent, err);
		if (end)
			*end = '/';
	}
	return r;
}

/* libcgroup gives up at the first controller that is refused, as cpu is while a real-time process runs. Then
 * v2 goes one by one; only those that carry a limit must work. */
static int make_one_by_one(const char *group, const char *const *names, size_t n,
			   const struct kn_cgroup_value *values, size_t n_values, struct kn_err *err)
{
	for (size_t i = 0; i < n; i++) {
		size_t from = 0, to;
		int r;

		while (from < n_values && strcmp(values[from].controller, names[i]))
			from++;
		for (to = from; to < n_values && !strcmp(values[to].controller, names[i]);)
			to++;
		r = kn_cglib_create(group, &names[i], 1, values + from, to - from, err);
		if (r && to > from)
			return r;
	}
	return 0;
}

static int make_everywhere(const struct kn_cgroup *c, const char *group, const struct kn_pod_limits *l,
			   bool shares_only, struct kn_err *err)
{
	const struct kn_cgroup_controllers *have = &c->hs.have;
	const struct kn_cgroup_controller *cpuset = kn_cgroup_find(have, "cpuset");
	struct kn_cgroup_value values[KN_CGROUP_VALUES_MAX];
	const char *names[KN_CGROUP_CONTROLLERS_MAX];
	size_t n = 0, n_values = l ? kn_cgroup_values(have, l, c->period_us, shares_only, values) : 0;
	int r = 0;

	for (size_t i = 0; i < have->n; i++)
		if (kn_cgroup_wanted(have, &have->c[i]))
			names[n++] = have->c[i].name;
	if (n)
		r = kn_cglib_create(group, names, n, values, n_values, err);
	if (r && c->v2)
		r = make_one_by_one(group, names, n, values, n_values, err);
	if (!r && cpuset && !cpuset->v2)
		r = inherit_cpusets(cpuset->path, group, err);
	for (size_t i = 0; !r && i < c->hs.n; i++)
		if (c->hs.h[i].by_hand)
			r = make_by_hand(&c->hs.h[i], group, err);
	return r;
}

static int make_qos(struct kn_cgroup *c, struct kn_err *err)
{
	static const struct kn_pod_limits least = {.shares = 2, .quota_us = -1, .memory_bytes = -1};
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	int r = 0;

	if (c->driver == KN_CGROUP_SYSTEMD) {
		r = kn_systemd_slice("kubepods-burstable.slice", &least, c->period_us, err);
		return r ? r : kn_systemd_slice("kubepods-besteffort.slice", &least, c->period_us, err);
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
	r = find_hierarchies(c->arena, &c->hs, err);
	c->v2 = !r && c->hs.n == 1 && c->hs.h[0].v2;
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
		return kn_systemd_slice(group, &l, c->period_us, err);
	return make_everywhere(c, group, &l, false, err);
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
		/* All of them are tried: what is killed in one may leave the others too. */
		for (size_t k = 0; c->driver == KN_CGROUPFS && k < c->hs.n; k++) {
			int one = kn_cgroup_remove_group(c->hs.h[k].path, group, err);

			r = r ? r : one;
		}
	}
	return r;
}

int kn_cgroup2_root(const char *cgroup_root, struct kn_arena *a, char **ret, struct kn_err *err)
{
	struct hierarchies hs;
	int r = check_root(cgroup_root, err);

	if (!r)
		r = find_hierarchies(a, &hs, err);
	for (size_t i = 0; !r && i < hs.n; i++) {
		if (!hs.h[i].v2)
			continue;
		r = strcmp(cgroup_root, "/") ? make_by_hand(&hs.h[i], cgroup_root, err) : 0;
		if (!r)
			*ret = kn_arena_printf(a, "%s%s", hs.h[i].path,
					       strcmp(cgroup_root, "/") ? cgroup_root : "");
		return r;
	}
	return r ? r : kn_err_set(err, ENOENT, "no cgroup2 hierarchy is mounted");
}
