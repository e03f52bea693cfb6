/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/auth_cache.h"

#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <stdio.h>
#include <stdlib.h>
#include "lib/base/map.h"
#include "lib/base/mem.h"

struct entry {
	void *value;
	int64_t until_ns;
};

struct kn_auth_cache {
	struct kn_map *map;
	void (*free_value)(void *value);
};

struct kn_auth_cache *kn_auth_cache_new(void (*free_value)(void *value))
{
	struct kn_auth_cache *c = kn_calloc(1, sizeof(*c));

	c->map = kn_map_new();
	c->free_value = free_value;
	return c;
}

static void drop(struct kn_auth_cache *c, struct entry *e)
{
	if (!e)
		return;
	c->free_value(e->value);
	free(e);
}

static void clear(struct kn_auth_cache *c)
{
	void *value;
	size_t it = 0;

	while (kn_map_next(c->map, &it, NULL, &value))
		drop(c, value);
	kn_map_free(c->map, NULL);
	c->map = NULL;
}

struct kn_auth_cache *kn_auth_cache_free(struct kn_auth_cache *c)
{
	if (!c)
		return NULL;
	clear(c);
	free(c);
	return NULL;
}

static void digest(const void *key, size_t len, char out[65])
{
	unsigned char sum[32];

	if (gnutls_hash_fast(GNUTLS_DIG_SHA256, key, len, sum) < 0)
		abort(); /* a library without SHA-256 is none */
	for (int i = 0; i < 32; i++)
		snprintf(out + i * 2, 3, "%02x", sum[i]);
}

void *kn_auth_cache_get(struct kn_auth_cache *c, const void *key, size_t len, int64_t now_ns)
{
	char name[65];
	struct entry *e;

	digest(key, len, name);
	e = kn_map_get(c->map, name);
	return e && now_ns < e->until_ns ? e->value : NULL;
}

/* Keys can't be deleted while iterating: what is still good moves to a new map. */
static void sweep(struct kn_auth_cache *c, int64_t now_ns)
{
	struct kn_map *next = kn_map_new();
	const char *key;
	void *value;
	size_t it = 0;

	while (kn_map_next(c->map, &it, &key, &value)) {
		if (now_ns < ((struct entry *)value)->until_ns)
			kn_map_set(next, key, value);
		else
			drop(c, value);
	}
	kn_map_free(c->map, NULL);
	c->map = next;
	if (kn_map_count(next) >= KN_AUTH_CACHE_MAX) {
		clear(c);
		c->map = kn_map_new();
	}
}

void kn_auth_cache_put(struct kn_auth_cache *c, const void *key, size_t len, void *value, int64_t until_ns,
		       int64_t now_ns)
{
	struct entry *e = kn_calloc(1, sizeof(*e));
	char name[65];

	if (kn_map_count(c->map) >= KN_AUTH_CACHE_MAX)
		sweep(c, now_ns);
	e->value = value;
	e->until_ns = until_ns;
	digest(key, len, name);
	drop(c, kn_map_set(c->map, name, e));
}
