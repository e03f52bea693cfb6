/* SPDX-License-Identifier: Apache-2.0 */
/* Credentials for registries out of Secrets (pkg/credentialprovider). Pure; all results live in the arena
 * (one without a limit). */
#ifndef KN_KUBELET_KEYRING_H
#define KN_KUBELET_KEYRING_H

#include "cri/api.pb-c.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/k8s/core.pb-c.h"

struct kn_keyring_entry {
	const char *key; /* "host[:port][/path]"; the host may hold '*' within a part */
	Cri__AuthConfig *auth;
};
struct kn_keyring { /* zero to begin */
	struct kn_keyring_entry *list;
	size_t n;
};

/* Takes what a Secret of type kubernetes.io/dockerconfigjson or kubernetes.io/dockercfg holds; one of another
 * type counts for nothing. -EINVAL: its JSON is damaged (the message tells nothing of it). */
int kn_keyring_add(struct kn_arena *a, struct kn_keyring *k, const K8s__Secret *s, struct kn_err *err);
/* Those that may serve for the image, the most specific first; NULL-terminated, empty: none. */
Cri__AuthConfig **kn_keyring_find(struct kn_arena *a, const struct kn_keyring *k, const char *image);
/* "busybox:1" -> "docker.io/library/busybox": without tag and digest, with its registry. */
char *kn_image_repository(struct kn_arena *a, const char *image);

#endif
