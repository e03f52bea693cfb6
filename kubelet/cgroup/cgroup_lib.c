/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <libcgroup.h>
#include <linux/magic.h>
#include <string.h>
#include <sys/vfs.h>

#include "kubelet/cgroup/cgroup_lib.h"
#include "lib/base/mem.h"

static int lib_error(int r, const char *what, const char *name, struct kn_err *err)
{
	int sys = cgroup_get_last_errno();

	/* Other codes leave the errno of an earlier failure standing. */
	if (r == ECGOTHER && sys > 0)
		return kn_err_errno(err, sys, "%s %.200s", what, name);
	return kn_err_set(err, EIO, "%s %.200s: %s", what, name, cgroup_strerror(r));
}

int kn_cglib_mounts(struct kn_arena *a, struct kn_cgroup_controllers *ret, struct kn_err *err)
{
	struct kn_cgroup_controllers found = {.n = 0};
	struct cgroup_mount_point m;
	void *handle = NULL;
	struct statfs s;
	int r = cgroup_init();

	/* No mount with a controller: what else there is is not its business. */
	if (r == ECGROUPNOTMOUNTED) {
		*ret = found;
		return 0;
	}
	if (r)
		return lib_error(r, "find", "cgroups", err);
	r = cgroup_get_controller_begin(&handle, &m);
	for (; !r && found.n < KN_CGROUP_CONTROLLERS_MAX; r = cgroup_get_controller_next(&handle, &m)) {
		struct kn_cgroup_controller *c = &found.c[found.n];

		if (statfs(m.path, &s) < 0)
			continue;
		c->name = kn_arena_strdup(a, m.name);
		c->path = kn_arena_strdup(a, m.path);
		c->v2 = s.f_type == CGROUP2_SUPER_MAGIC;
		found.n++;
	}
	cgroup_get_controller_end(&handle);
	if (r && r != ECGEOF)
		return lib_error(r, "list", "cgroup controllers", err);
	*ret = found;
	return 0;
}

static int fill(struct cgroup *g, const char *const *controllers, size_t n,
		const struct kn_cgroup_value *values, size_t n_values, struct kn_err *err)
{
	for (size_t i = 0; i < n; i++)
		if (!cgroup_add_controller(g, controllers[i]))
			return kn_err_set(err, EINVAL, "cgroup controller %.100s", controllers[i]);
	for (size_t i = 0; i < n_values; i++) {
		struct cgroup_controller *c = cgroup_get_controller(g, values[i].controller);
		int r = c ? cgroup_set_value_string(c, values[i].file, values[i].value) : ECGINVAL;

		if (r)
			return kn_err_set(err, EINVAL, "%s: %s", values[i].file, cgroup_strerror(r));
	}
	return 0;
}

int kn_cglib_create(const char *group, const char *const *controllers, size_t n,
		    const struct kn_cgroup_value *values, size_t n_values, struct kn_err *err)
{
	struct cgroup *g = cgroup_new_cgroup(group + (*group == '/'));
	int r;

	if (!g)
		return kn_err_set(err, ENOMEM, "cgroup %.200s", group);
	r = fill(g, controllers, n, values, n_values, err);
	if (!r) {
		/* 1: the owner stays who we are. */
		r = cgroup_create_cgroup(g, 1);
		if (r)
			r = lib_error(r, "create cgroup", group, err);
	}
	cgroup_free(&g);
	return r;
}
