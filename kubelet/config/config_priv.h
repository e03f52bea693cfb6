/* SPDX-License-Identifier: Apache-2.0 */
/* Between the config_*.c files. */
#ifndef KN_KUBELET_CONFIG_PRIV_H
#define KN_KUBELET_CONFIG_PRIV_H

#include "kubelet/config/config.h"

/* One document of the right kind. */
int kn_config_read(const char *path, struct kn_arena *a, struct kn_node **ret, struct kn_err *err);
/* *.conf below dir, in the order of their paths. */
int kn_config_drop_ins(const char *dir, struct kn_arena *a, char ***ret, size_t *ret_n, struct kn_err *err);

struct kn_gate { /* a feature gate of this version, feature_gates.c */
	const char *name;
	bool on;     /* by default */
	bool locked; /* to that */
};
extern const struct kn_gate kn_gates[];
extern const size_t kn_n_gates;

#endif
