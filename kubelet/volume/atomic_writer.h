/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Files of a volume, changed all at once: they live in a folder of their own, "..data" points to it, and what
 * the user sees points through "..data"; a rename of that one link swaps the content (the layout of
 * pkg/volume/util/atomic_writer.go, so that either kubelet can go on with the other's volumes). Blocking: for
 * the pool's threads.
 */
#ifndef KN_KUBELET_ATOMIC_WRITER_H
#define KN_KUBELET_ATOMIC_WRITER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"

struct kn_file {
	const char *path; /* inside the volume */
	const void *data;
	size_t len;
	mode_t mode;
	int64_t uid; /* owner; -1: stays root's */
};

struct kn_payload { /* strings, data and the list live in one arena */
	struct kn_file *files;
	size_t n;
};

/* The path of one file: relative, not empty, no "..", first part not beginning with "..", parts of at most
 * 255 and 4096 characters in all. -EINVAL with upstream's text. */
int kn_payload_check_path(const char *path, struct kn_err *err);
/* Adds a file; its path is cleaned ("a//./b" is "a/b"); one of the same path is replaced, as a later source
 * of a projected volume wins. Strings and data are copied into the arena. -EINVAL for a bad path. */
int kn_payload_add(struct kn_arena *a, struct kn_payload *p, const struct kn_file *f, struct kn_err *err);

/* Makes the existing folder dir hold exactly the payload. The same content writes nothing (changed, may be
 * NULL: whether something was). perms (may be NULL) is called with dir before the new content shows, when
 * there is new content. What a crash left half made is taken away. */
int kn_atomic_write(const char *dir, const struct kn_payload *p,
		    int (*perms)(void *user, const char *dir, struct kn_err *err), void *user, int *changed,
		    struct kn_err *err);

#endif
