/* SPDX-License-Identifier: Apache-2.0 */
/* Files read with a bound and written whole or not at all. */
#ifndef KN_BASE_FILE_H
#define KN_BASE_FILE_H

#include <stddef.h>
#include <stdbool.h>
#include <sys/types.h>
#include "lib/base/buf.h"
#include "lib/base/err.h"

/* Reads a regular file (or procfs/sysfs file) of at most max bytes; -EFBIG if larger (checked before
 * reading). out is untouched on failure. Symlinks are followed. FIFOs and devices are refused (-EINVAL)
 * without blocking. */
int kn_file_read(const char *path, size_t max, struct kn_buf *out, struct kn_err *err);
/* Writes to a temporary file in the same folder, fsyncs, renames, fsyncs the folder. On failure the old
 * content stands and no temporary file is left. */
int kn_file_write_atomic(const char *path, const void *data, size_t len, mode_t mode, struct kn_err *err);
/* Writes data to an existing kernel file (cgroup, sysctl) with one write(). */
int kn_file_write_kernel(const char *path, const char *data, struct kn_err *err);
int kn_mkdir_p(const char *path, mode_t mode, struct kn_err *err); /* as mkdir -p */
/* Removes a tree without following symlinks and without crossing into another mount. ENOENT is no error. */
int kn_rm_rf(const char *path, struct kn_err *err);

#endif
