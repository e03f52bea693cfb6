/* SPDX-License-Identifier: Apache-2.0 */
/*
 * KubeletConfiguration, kubelet.config.k8s.io/v1beta1: a file, drop-ins merged into it, and flags over all of
 * it (cmd/kubelet/app/server.go). Everything is merged as a tree, then decoded once; then defaults, checks,
 * and the refusal of what is known but not done here.
 */
#ifndef KN_KUBELET_CONFIG_H
#define KN_KUBELET_CONFIG_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/base/flag.h"
#include "lib/json/node.h"
#include "lib/k8s/kubeletconfig.pb-c.h"

typedef Kc__KubeletConfiguration kn_config;

/* Flags that set a field of the configuration: all of them KN_FLAG_STRING or KN_FLAG_TEXT, one `const char *`
 * a flag from offset 0 on. */
extern const struct kn_flag kn_config_flags[];
extern const size_t kn_config_n_flags;
#define KN_CONFIG_FLAGS_MAX 128

struct kn_config_sources {	   /* borrowed */
	const char *file;	   /* --config; NULL: none */
	const char *dir;	   /* --config-dir: its *.conf, by name, folders below it too; NULL: none */
	const char *const *values; /* of kn_config_flags; NULL where the flag was not given */
};
/* Reads, merges, decodes, fills in, checks. *ret lives in the arena and has every default set. Errors name
 * the file and line, or the flag's field. unknown, if not NULL, gets what strict decoding would have refused
 * in the file ("" if nothing): upstream takes such a file with a warning, and so does this. */
int kn_config_load(kn_config **ret, const struct kn_config_sources *from, struct kn_arena *a,
		   const char **unknown, struct kn_err *err);

/* ---- the pure parts ---- */

/* RFC 7386: patch over base; either may be NULL; nodes are shared with both. */
struct kn_node *kn_node_merge(struct kn_arena *a, const struct kn_node *base, const struct kn_node *patch);
/* The flags given, as a tree of the configuration's fields. */
int kn_config_flags_tree(const char *const *values, struct kn_arena *a, struct kn_node **ret,
			 struct kn_err *err);
/* What has no value gets upstream's (SetDefaults_KubeletConfiguration). */
void kn_config_defaults(kn_config *c, struct kn_arena *a);
/* Upstream's rules with upstream's texts, the first that is broken (ValidateKubeletConfiguration). */
int kn_config_validate(const kn_config *c, struct kn_err *err);
/* -EOPNOTSUPP with the name of a field that is set to what is not done here. */
int kn_config_supported(const kn_config *c, struct kn_err *err);
/* The gate's value by configuration or default; false for one that is not known. */
bool kn_config_gate(const kn_config *c, const char *name);

static inline int64_t kn_config_ns(const K8s__Duration *d) /* 0 for NULL */
{
	return d ? d->duration : 0;
}

#endif
