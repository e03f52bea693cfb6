/* SPDX-License-Identifier: Apache-2.0 */
/* All that is asked of libcgroup: where the controllers are, new groups, values. It keeps its tables in
 * globals: one thread only. It knows no named v1 hierarchy and no cgroup2 mount without controllers. */
#ifndef KN_KUBELET_CGROUP_LIB_H
#define KN_KUBELET_CGROUP_LIB_H

#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"

#define KN_CGROUP_CONTROLLERS_MAX 32
#define KN_CGROUP_VALUES_MAX 4

struct kn_cgroup_controller {
	const char *name, *path; /* "memory", where it is mounted; several may share a mount */
	bool v2;
};

struct kn_cgroup_controllers {
	struct kn_cgroup_controller c[KN_CGROUP_CONTROLLERS_MAX];
	size_t n;
};

struct kn_cgroup_value {
	const char *controller, *file; /* "memory", "memory.max" */
	char value[48];
};

/* Looks for the controllers that are mounted; strings live in the arena. None is no error. */
int kn_cglib_mounts(struct kn_arena *a, struct kn_cgroup_controllers *ret, struct kn_err *err);
/* Makes the group and its parents for the controllers named and writes the values, in their order. What is
 * there already is kept and gets the values. group: "/kubepods/burstable". A value of a controller that is
 * not among the names is -EINVAL. */
int kn_cglib_create(const char *group, const char *const *controllers, size_t n,
		    const struct kn_cgroup_value *values, size_t n_values, struct kn_err *err);

#endif
