/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <string.h>

#include "lib/base/buf.h"

static void reserve(struct kn_buf *b, size_t more)
{
	size_t cap = b->cap ? b->cap : 256;

	while (cap - b->len <= more)
		cap *= 2;
	if (cap != b->cap) {
		b->data = kn_realloc(b->data, cap, 1);
		b->cap = cap;
	}
}

void kn_buf_add(struct kn_buf *b, const void *data, size_t len)
{
	reserve(b, len);
	if (len)
		memcpy(b->data + b->len, data, len);
	b->len += len;
	b->data[b->len] = '\0';
}

void kn_buf_adds(struct kn_buf *b, const char *s)
{
	kn_buf_add(b, s, strlen(s));
}

void kn_buf_addf(struct kn_buf *b, const char *fmt, ...)
{
	va_list ap, ap2;
	int n;

	va_start(ap, fmt);
	va_copy(ap2, ap);
	n = vsnprintf(NULL, 0, fmt, ap);
	va_end(ap);
	if (n > 0) {
		reserve(b, (size_t)n);
		vsnprintf(b->data + b->len, (size_t)n + 1, fmt, ap2);
		b->len += (size_t)n;
	}
	va_end(ap2);
}

void kn_buf_free(struct kn_buf *b)
{
	free(b->data);
	*b = (struct kn_buf){0};
}
