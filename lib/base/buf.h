/* SPDX-License-Identifier: Apache-2.0 */
/* Growing byte buffer, always NUL-terminated behind len once something was appended. Zero-initialise to use.
 */
#ifndef KN_BASE_BUF_H
#define KN_BASE_BUF_H

#include <stddef.h>
#include "lib/base/mem.h"

struct kn_buf {
	char *data;
	size_t len, cap;
};

void kn_buf_add(struct kn_buf *b, const void *data, size_t len);
void kn_buf_adds(struct kn_buf *b, const char *s);
void kn_buf_addf(struct kn_buf *b, const char *fmt, ...) __attribute__((format(printf, 2, 3)));
void kn_buf_free(struct kn_buf *b); /* frees the data, leaves b empty and usable */
#define kn_auto_buf KN_CLEANUP(kn_buf_free)

#endif
