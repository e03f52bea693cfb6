/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Arena: many small allocations with one lifetime and one free. One arena a decoded object.
 * Not thread-safe. A limit bounds what input from outside can make us allocate.
 */
#ifndef KN_BASE_ARENA_H
#define KN_BASE_ARENA_H

#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

#include "lib/base/mem.h"
#include "lib/base/mem.h"

struct kn_arena;

/* limit: bytes that may be handed out in all; 0 = unlimited. Never NULL. */
struct kn_arena *kn_arena_new(size_t limit);
struct kn_arena *kn_arena_free(struct kn_arena *a); /* accepts NULL, returns NULL */
void kn_arena_freep(struct kn_arena **a);
#define kn_auto_arena KN_CLEANUP(kn_arena_freep)

/* Zeroed, 16-byte aligned; NULL only when the limit is reached (errno ENOMEM). */
void *kn_arena_alloc(struct kn_arena *a, size_t size);
char *kn_arena_strdup(struct kn_arena *a, const char *s); /* NULL in, NULL out */
char *kn_arena_strndup(struct kn_arena *a, const char *s, size_t n);
char *kn_arena_printf(struct kn_arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
size_t kn_arena_used(const struct kn_arena *a); /* bytes handed out */

/* Allocator for protobuf-c's unpack that draws from the arena; free is a no-op. Lives as long as the arena.
 */
ProtobufCAllocator *kn_arena_pb(struct kn_arena *a);

#endif
