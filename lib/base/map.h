/* SPDX-License-Identifier: Apache-2.0 */
/* String-keyed hash map (open addressing, keyed hash: input from outside can't force collisions). Copies
 * keys, borrows values. Iteration order is unspecified; don't add or delete while iterating. */
#ifndef KN_BASE_MAP_H
#define KN_BASE_MAP_H

#include <stddef.h>
#include <stdbool.h>

struct kn_map;

struct kn_map *kn_map_new(void);
struct kn_map *kn_map_free(struct kn_map *m, void (*free_value)(void *)); /* both may be NULL; returns NULL */
void *kn_map_get(const struct kn_map *m, const char *key);		  /* NULL: not there */
void *kn_map_set(struct kn_map *m, const char *key,
		 void *value);			     /* value not NULL; returns the one replaced */
void *kn_map_del(struct kn_map *m, const char *key); /* returns the value removed, or NULL */
size_t kn_map_count(const struct kn_map *m);
/* Start with *it = 0; false when done. key and value may be NULL. */
bool kn_map_next(const struct kn_map *m, size_t *it, const char **key, void **value);

#endif
