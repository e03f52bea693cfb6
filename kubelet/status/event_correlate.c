// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/event_correlate.h"

#include <stdlib.h>
#include <string.h>
#include "lib/base/clock.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"

#define KEYS_MAX 4096
#define SIMILAR_MAX 10
#define SIMILAR_FOR (600 * KN_NSEC_PER_SEC)
#define BURST 25.0
#define REFILL_NS (300.0 * KN_NSEC_PER_SEC)

struct similar {		    /* alike but for the message */
	uint64_t seen[SIMILAR_MAX]; /* hashes of messages */
	unsigned n;
	int64_t last_ns;
};

struct said { /* the very same */
	unsigned count;
	int64_t first_ns, last_ns;
	char *name;
};

struct budget { /* of one object */
	double tokens;
	int64_t last_ns;
};

struct kn_correlator {
	struct kn_map *similar, *said, *budgets;
};

struct kn_correlator *kn_correlator_new(void)
{
	struct kn_correlator *c = kn_calloc(1, sizeof(*c));

	c->similar = kn_map_new();
	c->said = kn_map_new();
	c->budgets = kn_map_new();
	return c;
}

static void free_said(void *value)
{
	struct said *s = value;

	free(s->name);
	free(s);
}

struct kn_correlator *kn_correlator_free(struct kn_correlator *c)
{
	if (!c)
		return NULL;
	kn_map_free(c->similar, free);
	kn_map_free(c->said, free_said);
	kn_map_free(c->budgets, free);
	free(c);
	return NULL;
}

static uint64_t hash(uint64_t h, const char *s)
{
	do {
		h ^= (unsigned char)*s;
		h *= 0x100000001b3ULL;
	} while (*s++);
	return h;
}

/* 128 bits from two runs of FNV-1a: keys of bounded length, whatever the messages are. */
static void make_key(char key[33], const struct kn_event_key *k, const char *message)
{
	uint64_t h[2] = {0xcbf29ce484222325ULL, 0x84222325cbf29ce4ULL};

	for (int i = 0; i < 2; i++) {
		h[i] = hash(h[i], k->object);
		h[i] = hash(h[i], k->type);
		h[i] = hash(h[i], k->reason);
		h[i] = hash(h[i], message);
	}
	snprintf(key, 33, "%016llx%016llx", (unsigned long long)h[0], (unsigned long long)h[1]);
}

/* Makes room for one more by dropping the half that was not used for longest. All three kinds of values are
 * told apart by the offset of their time. */
static void make_room(struct kn_map *m, size_t time_offset, void (*free_value)(void *))
{
	int64_t oldest = INT64_MAX, newest = 0;
	const char **keys;
	const char *key;
	void *value;
	size_t it = 0, n = 0;

	if (kn_map_count(m) < KEYS_MAX)
		return;
	while (kn_map_next(m, &it, NULL, &value)) {
		int64_t t = *(int64_t *)((char *)value + time_offset);

		oldest = t < oldest ? t : oldest;
		newest = t > newest ? t : newest;
	}
	keys = kn_calloc(kn_map_count(m), sizeof(*keys));
	for (it = 0; kn_map_next(m, &it, &key, &value);)
		if (*(int64_t *)((char *)value + time_offset) <= oldest + (newest - oldest) / 2)
			keys[n++] = key;
	for (size_t i = 0; i < n; i++) {
		char *copy kn_auto_free = kn_strdup(keys[i]);

		free_value(kn_map_del(m, copy));
	}
	free(keys);
}

static bool is_combined(struct kn_correlator *c, const struct kn_event_key *k, int64_t now_ns)
{
	uint64_t message = hash(0xcbf29ce484222325ULL, k->message);
	struct similar *s;
	char key[33];

	make_key(key, k, "");
	s = kn_map_get(c->similar, key);
	if (!s) {
		make_room(c->similar, offsetof(struct similar, last_ns), free);
		s = kn_calloc(1, sizeof(*s));
		kn_map_set(c->similar, key, s);
	}
	if (now_ns - s->last_ns > SIMILAR_FOR)
		s->n = 0;
	s->last_ns = now_ns;
	for (unsigned i = 0; i < s->n; i++)
		if (s->seen[i] == message)
			return s->n >= SIMILAR_MAX;
	if (s->n < SIMILAR_MAX)
		s->seen[s->n++] = message;
	else /* the oldest makes room, so that it stays at the limit while they come */
		s->seen[(uint64_t)now_ns % SIMILAR_MAX] = message;
	return s->n >= SIMILAR_MAX;
}

static bool may_speak(struct kn_correlator *c, const char *subject, int64_t now_ns)
{
	struct budget *b = kn_map_get(c->budgets, subject);

	if (!b) {
		make_room(c->budgets, offsetof(struct budget, last_ns), free);
		b = kn_calloc(1, sizeof(*b));
		*b = (struct budget){.tokens = BURST, .last_ns = now_ns};
		kn_map_set(c->budgets, subject, b);
	}
	if (now_ns > b->last_ns)
		b->tokens += (double)(now_ns - b->last_ns) / REFILL_NS;
	if (b->tokens > BURST)
		b->tokens = BURST;
	b->last_ns = now_ns;
	if (b->tokens < 1)
		return false;
	b->tokens -= 1;
	return true;
}

void kn_correlator_decide(struct kn_correlator *c, const struct kn_event_key *k, int64_t now_ns,
			  struct kn_event_fate *ret)
{
	struct kn_event_fate f = {.combined = is_combined(c, k, now_ns)};
	struct said *s;

	make_key(f.key, k, f.combined ? "" : k->message);
	s = kn_map_get(c->said, f.key);
	if (!s) {
		make_room(c->said, offsetof(struct said, last_ns), free_said);
		s = kn_calloc(1, sizeof(*s));
		s->first_ns = now_ns;
		kn_map_set(c->said, f.key, s);
	}
	s->count++;
	s->last_ns = now_ns;
	f.count = s->count;
	f.first_ns = s->first_ns;
	f.name = s->name;
	f.drop = !may_speak(c, k->subject, now_ns);
	*ret = f;
}

void kn_correlator_named(struct kn_correlator *c, const char *key, const char *name)
{
	struct said *s = kn_map_get(c->said, key);

	if (!s)
		return;
	free(s->name);
	s->name = kn_strdup(name);
}
