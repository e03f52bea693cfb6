/* SPDX-License-Identifier: Apache-2.0 */
/* Open addressing with linear probing and backward-shift deletion: no tombstones, so a map that lives for
 * months does not slow down. */
#include <stdint.h>
#include <string.h>
#include <sys/random.h>
#include <time.h>

#include "lib/base/map.h"
#include "lib/base/mem.h"

struct slot {
	char *key;
	void *value;
	uint64_t hash;
};

struct kn_map {
	struct slot *slots;
	size_t count, cap; /* cap: power of two */
	uint64_t seed[2];
};

#define ROTL(x, b) (((x) << (b)) | ((x) >> (64 - (b))))

static void sipround(uint64_t v[4])
{
	v[0] += v[1];
	v[1] = ROTL(v[1], 13) ^ v[0];
	v[0] = ROTL(v[0], 32);
	v[2] += v[3];
	v[3] = ROTL(v[3], 16) ^ v[2];
	v[0] += v[3];
	v[3] = ROTL(v[3], 21) ^ v[0];
	v[2] += v[1];
	v[1] = ROTL(v[1], 17) ^ v[2];
	v[2] = ROTL(v[2], 32);
}

/* SipHash-1-3 (Aumasson, Bernstein: "SipHash: a fast short-input PRF"). */
static uint64_t hash_key(const struct kn_map *m, const char *s)
{
	uint64_t k0 = m->seed[0], k1 = m->seed[1], b;
	uint64_t v[4] = {k0 ^ 0x736f6d6570736575ULL, k1 ^ 0x646f72616e646f6dULL, k0 ^ 0x6c7967656e657261ULL,
			 k1 ^ 0x7465646279746573ULL};
	size_t len = strlen(s), i;

	for (i = 0; i + 8 <= len; i += 8) {
		memcpy(&b, s + i, 8);
		v[3] ^= b;
		sipround(v);
		v[0] ^= b;
	}
	b = (uint64_t)len << 56;
	for (size_t j = 0; i + j < len; j++)
		b |= (uint64_t)(unsigned char)s[i + j] << (8 * j);
	v[3] ^= b;
	sipround(v);
	v[0] ^= b;
	v[2] ^= 0xff;
	sipround(v);
	sipround(v);
	sipround(v);
	return v[0] ^ v[1] ^ v[2] ^ v[3];
}

struct kn_map *kn_map_new(void)
{
	struct kn_map *m = kn_calloc(1, sizeof(*m));

	if (getrandom(m->seed, sizeof(m->seed), GRND_NONBLOCK) != sizeof(m->seed))
		m->seed[0] = (uintptr_t)m ^ (uint64_t)time(NULL);
	return m;
}

struct kn_map *kn_map_free(struct kn_map *m, void (*free_value)(void *))
{
	if (!m)
		return NULL;
	for (size_t i = 0; i < m->cap; i++) {
		if (!m->slots[i].key)
			continue;
		if (free_value)
			free_value(m->slots[i].value);
		free(m->slots[i].key);
	}
	free(m->slots);
	free(m);
	return NULL;
}

/* The slot of key, or the empty one where it would go. cap must not be 0. */
static size_t find(const struct kn_map *m, const char *key, uint64_t hash)
{
	size_t i = hash & (m->cap - 1);

	while (m->slots[i].key && (m->slots[i].hash != hash || strcmp(m->slots[i].key, key) != 0))
		i = (i + 1) & (m->cap - 1);
	return i;
}

void *kn_map_get(const struct kn_map *m, const char *key)
{
	size_t i;

	if (!m || !m->count)
		return NULL;
	i = find(m, key, hash_key(m, key));
	return m->slots[i].key ? m->slots[i].value : NULL;
}

static void grow(struct kn_map *m)
{
	struct slot *old = m->slots;
	size_t n = m->cap;

	m->cap = n ? n * 2 : 8;
	m->slots = kn_calloc(m->cap, sizeof(*m->slots));
	for (size_t i = 0; i < n; i++)
		if (old[i].key)
			m->slots[find(m, old[i].key, old[i].hash)] = old[i];
	free(old);
}

void *kn_map_set(struct kn_map *m, const char *key, void *value)
{
	uint64_t hash = hash_key(m, key);
	struct slot *s;
	void *old;

	if ((m->count + 1) * 4 > m->cap * 3)
		grow(m);
	s = &m->slots[find(m, key, hash)];
	old = s->key ? s->value : NULL;
	if (!s->key) {
		s->key = kn_strdup(key);
		s->hash = hash;
		m->count++;
	}
	s->value = value;
	return old;
}

void *kn_map_del(struct kn_map *m, const char *key)
{
	size_t i, j;
	void *old;

	if (!m->count)
		return NULL;
	i = find(m, key, hash_key(m, key));
	if (!m->slots[i].key)
		return NULL;
	old = m->slots[i].value;
	free(m->slots[i].key);
	for (j = (i + 1) & (m->cap - 1); m->slots[j].key; j = (j + 1) & (m->cap - 1)) {
		size_t home = m->slots[j].hash & (m->cap - 1);

		/* Move j into the hole unless its home lies behind the hole. */
		if (((j - home) & (m->cap - 1)) >= ((j - i) & (m->cap - 1))) {
			m->slots[i] = m->slots[j];
			i = j;
		}
	}
	m->slots[i] = (struct slot){0};
	m->count--;
	return old;
}

size_t kn_map_count(const struct kn_map *m)
{
	return m ? m->count : 0;
}

bool kn_map_next(const struct kn_map *m, size_t *it, const char **key, void **value)
{
	while (m && *it < m->cap) {
		const struct slot *s = &m->slots[(*it)++];

		if (!s->key)
			continue;
		if (key)
			*key = s->key;
		if (value)
			*value = s->value;
		return true;
	}
	return false;
}
