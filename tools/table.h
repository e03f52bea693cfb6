/* SPDX-License-Identifier: Apache-2.0 */
/* Columns aligned with blanks, as kubectl prints them: three blanks between, none at the end of a line. */
#ifndef KN_TOOLS_TABLE_H
#define KN_TOOLS_TABLE_H

#include "lib/base/buf.h"

struct kc_table;
struct kc_table *kc_table_new(size_t columns);
struct kc_table *kc_table_free(struct kc_table *t);
void kc_table_freep(struct kc_table **t);
#define kc_auto_table KN_CLEANUP(kc_table_freep)

/* Copies as many cells as there are columns; NULL and "" print as "<none>". Control characters, which could
 * steer the terminal, print as "?". */
void kc_table_row(struct kc_table *t, const char *const cells[]);
size_t kc_table_rows(const struct kc_table *t);
/* Sorts all rows but the first, the heading, by their cells from left to right. */
void kc_table_sort(struct kc_table *t);
void kc_table_write(const struct kc_table *t, struct kn_buf *out);

#endif
