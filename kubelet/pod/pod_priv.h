/* SPDX-License-Identifier: Apache-2.0 */
/* The steps of kn_pod_new, each usable on its own in tests. All work on a decoded object inside its arena. */
#ifndef KN_KUBELET_POD_PRIV_H
#define KN_KUBELET_POD_PRIV_H

#include <stddef.h>
#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/k8s/core.pb-c.h"

/* Fills in what the API server would (pkg/apis/core/v1/defaults.go). metadata and spec must be there.
 * -ENOMEM when the arena's limit is reached; the object may then be half defaulted. */
int kn_pod_default(struct kn_arena *a, K8s__Pod *obj, struct kn_err *err);
/* Checks a defaulted object; -EINVAL with "FIELD: what is wrong" (pkg/apis/core/validation, the part a node
 * needs). */
int kn_pod_validate(const K8s__Pod *obj, struct kn_err *err);
int kn_container_validate(const K8s__PodSpec *spec, const K8s__Container *c, const char *path, bool init,
			  struct kn_err *err);

/* RFC 1123 label of at most 63, and subdomain of at most 253 characters. NULL is neither. */
bool kn_is_dns_label(const char *s);
bool kn_is_dns_subdomain(const char *s);
/* The value is one of the NULL-terminated list. NULL never is. */
bool kn_one_of(const char *s, const char *const *list);
/* A path that does not climb: no ".." between slashes. */
bool kn_path_is_tame(const char *s);

static inline bool kn_str_set(const char *s)
{
	return s && *s;
}

/* A zeroed and initialised message in the arena, or NULL at its limit. */
#define KN_MSG(a, type, init)                                                                                \
	({                                                                                                   \
		type *kn_msg_ = kn_arena_alloc(a, sizeof(*kn_msg_));                                         \
		if (kn_msg_)                                                                                 \
			init(kn_msg_);                                                                       \
		kn_msg_;                                                                                     \
	})

/* The list with one more pointer behind it, in the arena; NULL at its limit. */
void *kn_list_with(struct kn_arena *a, void *list, size_t n, void *item);

#endif
