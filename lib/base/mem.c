/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"

static void *must(void *p)
{
	if (!p) {
		static const char msg[] = "kernlet: out of memory\n";

		if (write(2, msg, sizeof(msg) - 1) < 0)
			abort();
		abort();
	}
	return p;
}

void *kn_calloc(size_t n, size_t size)
{
	return must(calloc(n ? n : 1, size ? size : 1));
}

void *kn_realloc(void *p, size_t n, size_t size)
{
	if (size && n > SIZE_MAX / size)
		must(NULL);
	return must(realloc(p, n && size ? n * size : 1));
}

char *kn_strdup(const char *s)
{
	return s ? must(strdup(s)) : NULL;
}

char *kn_sprintf(const char *fmt, ...)
{
	char *s = NULL;
	va_list ap;

	va_start(ap, fmt);
	if (vasprintf(&s, fmt, ap) < 0)
		s = NULL;
	va_end(ap);
	return must(s);
}
