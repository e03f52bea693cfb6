/* SPDX-License-Identifier: Apache-2.0 */
/* Decoded messages as values: copies and comparison, by reflection. */
#ifndef KN_K8S_MESSAGE_H
#define KN_K8S_MESSAGE_H

#include <stdbool.h>
#include "lib/base/arena.h"

/* A deep copy in the arena (one without a limit), fields unknown to the schema too. NULL in, NULL out. */
void *kn_msg_copy(struct kn_arena *a, const void *msg);
/* Both say the same, where what is unset is its zero value, as in Go: the API server writes out empty strings
 * that others leave away. Either may be NULL (all unset). Fields unknown to the schema are not compared. */
bool kn_msg_same(const void *a, const void *b);
/* The same for lists of messages, in order. */
bool kn_msg_list_same(void *const *a, size_t na, void *const *b, size_t nb);

#endif
