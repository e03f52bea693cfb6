/* SPDX-License-Identifier: Apache-2.0 */
/* Answers of the API server that may be used again for a while. Keys hold secrets: only their SHA-256 is
 * kept. Bounded: when it is full, the old go, and if there are none, all. */
#ifndef KN_KUBELET_AUTH_CACHE_H
#define KN_KUBELET_AUTH_CACHE_H

#include <stdint.h>
#include <stddef.h>

#define KN_AUTH_CACHE_MAX 4096

struct kn_auth_cache;
struct kn_auth_cache *kn_auth_cache_new(void (*free_value)(void *value));
struct kn_auth_cache *kn_auth_cache_free(struct kn_auth_cache *c);
/* Borrowed until the next put; NULL: none, or too old. */
void *kn_auth_cache_get(struct kn_auth_cache *c, const void *key, size_t len, int64_t now_ns);
/* Takes value (not NULL). */
void kn_auth_cache_put(struct kn_auth_cache *c, const void *key, size_t len, void *value, int64_t until_ns,
		       int64_t now_ns);

#endif
