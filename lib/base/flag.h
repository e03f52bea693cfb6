/* SPDX-License-Identifier: Apache-2.0 */
/* Command-line flags by a table, in pflag's syntax: --name=value, --name value, --bool; one dash is as good
 * as two. */
#ifndef KN_BASE_FLAG_H
#define KN_BASE_FLAG_H

#include <stddef.h>
#include <stdint.h>
#include <stdbool.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

enum kn_flag_type {
	KN_FLAG_STRING,	  /* const char *, borrowed from argv */
	KN_FLAG_BOOL,	  /* bool */
	KN_FLAG_TEXT,	  /* const char *, borrowed; "true" where no value is given, as for a boolean */
	KN_FLAG_INT,	  /* int, 0 to 1,000,000 */
	KN_FLAG_DURATION, /* int64_t, ns */
	KN_FLAG_LIST,	  /* const char **, NULL-terminated, in the arena; commas between */
};

struct kn_flag {
	const char *name;
	enum kn_flag_type type;
	size_t offset; /* of the field in the target */
	const char *help;
};

/* Writes the fields of target. -EINVAL with pflag's texts; target may then be partly written. */
int kn_flags_parse(const struct kn_flag *flags, size_t n, void *target, int argc, char *const argv[],
		   struct kn_arena *a, struct kn_err *err);
/* Sets one field from text, as the command line does; NULL is a bool's "true". -EINVAL: not of the type. */
int kn_flag_set(void *target, const struct kn_flag *f, const char *value, struct kn_arena *a);
void kn_flags_usage(const struct kn_flag *flags, size_t n, int fd); /* one line a flag */
/* Go's duration text ("1m30s", "100ms") to ns; -EINVAL. Source: metav1.Duration, Go time.ParseDuration. */
int kn_duration_parse(const char *text, int64_t *ret_ns);

#endif
