/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/arena.h"
#include "lib/base/mem.h"

/* The first chunk is small (most objects are), later ones a quarter of what there is: thousands of objects
 * are held at once, each with an arena that should not be twice its size. */
#define CHUNK_FIRST 1024
#define CHUNK_MAX (64 * 1024)
#define ALIGN 16

struct chunk {
	struct chunk *next;
	size_t size, used;
	_Alignas(ALIGN) unsigned char data[];
};

struct kn_arena {
	struct chunk *head;
	size_t limit, used, held;
	ProtobufCAllocator pb;
};

struct kn_arena *kn_arena_new(size_t limit)
{
	struct kn_arena *a = kn_calloc(1, sizeof(*a));

	a->limit = limit ? limit : SIZE_MAX;
	return a;
}

struct kn_arena *kn_arena_free(struct kn_arena *a)
{
	if (!a)
		return NULL;
	while (a->head) {
		struct chunk *c = a->head;

		a->head = c->next;
		free(c);
	}
	free(a);
	return NULL;
}

void kn_arena_freep(struct kn_arena **a)
{
	kn_arena_free(*a);
}

static struct chunk *chunk_new(struct kn_arena *a, size_t need)
{
	size_t size = a->held / 4;
	struct chunk *c;

	size = size < CHUNK_FIRST ? CHUNK_FIRST : size > CHUNK_MAX ? CHUNK_MAX : size;
	if (size < need)
		size = need;
	c = kn_calloc(1, sizeof(*c) + size);
	a->held += size;
	c->size = size;
	c->next = a->head;
	a->head = c;
	return c;
}

void *kn_arena_alloc(struct kn_arena *a, size_t size)
{
	struct chunk *c = a->head;
	void *p;

	if (size > SIZE_MAX - ALIGN || size > a->limit - a->used) {
		errno = ENOMEM;
		return NULL;
	}
	a->used += size;
	size = (size + ALIGN - 1) & ~(size_t)(ALIGN - 1);
	if (!c || c->size - c->used < size)
		c = chunk_new(a, size);
	p = c->data + c->used;
	c->used += size;
	return p;
}

char *kn_arena_strndup(struct kn_arena *a, const char *s, size_t n)
{
	char *p = kn_arena_alloc(a, n + 1);

	if (p && n)
		memcpy(p, s, n);
	return p;
}

char *kn_arena_strdup(struct kn_arena *a, const char *s)
{
	return s ? kn_arena_strndup(a, s, strlen(s)) : NULL;
}

char *kn_arena_printf(struct kn_arena *a, const char *fmt, ...)
{
	va_list ap, ap2;
	char *p;
	int n;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	p = n < 0 ? NULL : kn_arena_alloc(a, (size_t)n + 1);
	if (p)
		vsnprintf(p, (size_t)n + 1, fmt, ap2);
	va_end(ap2);
	return p;
}

size_t kn_arena_used(const struct kn_arena *a)
{
	return a->used;
}

static void *pb_alloc(void *data, size_t size)
{
	return kn_arena_alloc(data, size);
}

static void pb_free(void *data, void *p)
{
}

ProtobufCAllocator *kn_arena_pb(struct kn_arena *a)
{
	a->pb = (ProtobufCAllocator){.alloc = pb_alloc, .free = pb_free, .allocator_data = a};
	return &a->pb;
}
