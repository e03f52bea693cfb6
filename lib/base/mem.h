/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Cleanup attributes, and allocation that cannot fail: out of memory ends the process (the service manager
 * restarts it, pods and Services live on), so no caller has an untested path for it. Input from outside never
 * decides how much is allocated: parsers are bounded.
 */
#ifndef KN_BASE_MEM_H
#define KN_BASE_MEM_H

#include <stddef.h>
#include <stdlib.h>
#include <unistd.h>
#include <stdio.h>

#define KN_CLEANUP(fn) __attribute__((cleanup(fn)))
#define kn_auto_free KN_CLEANUP(kn_freep)
#define kn_auto_close KN_CLEANUP(kn_closep)
#define kn_auto_fclose KN_CLEANUP(kn_fclosep)
#define KN_ARRAY_SIZE(a) (sizeof(a) / sizeof((a)[0]))

void *kn_calloc(size_t n, size_t size);		  /* zeroed; never NULL */
void *kn_realloc(void *p, size_t n, size_t size); /* n * size checked for overflow; never NULL */
char *kn_strdup(const char *s);			  /* NULL in, NULL out */
char *kn_sprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2))); /* malloc'd; never NULL */

static inline void kn_freep(void *p)
{
	free(*(void **)p);
}
static inline void kn_closep(int *fd)
{
	if (*fd >= 0)
		close(*fd);
}
static inline void kn_fclosep(FILE **f)
{
	if (*f)
		fclose(*f);
}
static inline int kn_steal_fd(int *fd)
{
	int r = *fd;

	*fd = -1;
	return r;
}
#define kn_steal(p)                                                                                          \
	({                                                                                                   \
		__typeof__(p) kn_stolen_ = (p);                                                              \
		(p) = NULL;                                                                                  \
		kn_stolen_;                                                                                  \
	})

#endif
