// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/backoff.h"

#include <string.h>
#include "lib/base/map.h"
#include "lib/base/mem.h"

struct entry {
	int64_t delay, updated;
};

struct kn_backoff {
	struct kn_map *entries;
};

struct kn_backoff *kn_backoff_new(void)
{
	struct kn_backoff *b = kn_calloc(1, sizeof(*b));

	b->entries = kn_map_new();
	return b;
}

struct kn_backoff *kn_backoff_free(struct kn_backoff *b)
{
	if (!b)
		return NULL;
	kn_map_free(b->entries, free);
	free(b);
	return NULL;
}

/* Twice the longest delay without a failure: whatever ran since then ran well. */
static bool expired(const struct entry *e, int64_t event_ns)
{
	return event_ns - e->updated > 2 * KN_BACKOFF_MAX;
}

int64_t kn_backoff_next(struct kn_backoff *b, const char *key, int64_t event_ns, int64_t now_ns)
{
	struct entry *e = kn_map_get(b->entries, key);

	if (!e) {
		e = kn_calloc(1, sizeof(*e));
		e->delay = KN_BACKOFF_INITIAL;
		kn_map_set(b->entries, key, e);
	} else if (expired(e, event_ns)) {
		e->delay = KN_BACKOFF_INITIAL;
	} else {
		e->delay = e->delay * 2 > KN_BACKOFF_MAX ? KN_BACKOFF_MAX : e->delay * 2;
	}
	e->updated = now_ns;
	return e->delay;
}

int64_t kn_backoff_delay(const struct kn_backoff *b, const char *key)
{
	const struct entry *e = kn_map_get(b->entries, key);

	return e ? e->delay : 0;
}

static int64_t left(int64_t since, int64_t delay, int64_t now_ns)
{
	int64_t wait = since + delay - now_ns;

	if (wait <= 0)
		return 0;
	/* The wall clock may have been set back meanwhile: never wait longer than the delay itself. */
	return wait > delay ? delay : wait;
}

int64_t kn_backoff_wait(const struct kn_backoff *b, const char *key, int64_t event_ns, int64_t now_ns)
{
	const struct entry *e = kn_map_get(b->entries, key);

	if (!e || expired(e, event_ns))
		return 0;
	return left(event_ns, e->delay, now_ns);
}

int64_t kn_backoff_wait_update(const struct kn_backoff *b, const char *key, int64_t now_ns)
{
	const struct entry *e = kn_map_get(b->entries, key);

	return e && !expired(e, now_ns) ? left(e->updated, e->delay, now_ns) : 0;
}

void kn_backoff_reset(struct kn_backoff *b, const char *key)
{
	free(kn_map_del(b->entries, key));
}

/* The map mustn't be changed while it is walked: find one, delete it, start again. Few entries, called
 * seldom. */
static void drop_where(struct kn_backoff *b,
		       bool (*match)(const char *key, const struct entry *e, const void *arg),
		       const void *arg)
{
	for (;;) {
		const char *key, *found = NULL;
		void *value;
		size_t it = 0;

		while (!found && kn_map_next(b->entries, &it, &key, &value))
			if (match(key, value, arg))
				found = key;
		if (!found)
			return;
		char *copy kn_auto_free = kn_strdup(found);
		free(kn_map_del(b->entries, copy));
	}
}

static bool is_old(const char *key, const struct entry *e, const void *arg)
{
	return expired(e, *(const int64_t *)arg);
}

static bool has_prefix(const char *key, const struct entry *e, const void *arg)
{
	return !strncmp(key, arg, strlen(arg));
}

void kn_backoff_gc(struct kn_backoff *b, int64_t now_ns)
{
	drop_where(b, is_old, &now_ns);
}

void kn_backoff_drop_prefix(struct kn_backoff *b, const char *prefix)
{
	drop_where(b, has_prefix, prefix);
}

size_t kn_backoff_count(const struct kn_backoff *b)
{
	return kn_map_count(b->entries);
}
