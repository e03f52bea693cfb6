/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Keeps container logs from growing without end (pkg/kubelet/logs/container_log_manager.go): a log of
 * max_bytes is renamed to PATH.YYYYMMDD-HHMMSS and the runtime told to open a new one; at the next turn it is
 * compressed, when nobody writes into it any more; of the oldest, no more than max_files are left, the one
 * being written included. No byte is lost: the runtime writes into the renamed file until it has reopened.
 */
#ifndef KN_KUBELET_LOG_ROTATE_H
#define KN_KUBELET_LOG_ROTATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/err.h"

struct kn_log_limits { /* containerLogMaxSize, containerLogMaxFiles, containerLogMonitorInterval; 0: default
			*/
	int64_t max_bytes;   /* 10 Mi */
	unsigned max_files;  /* 5; at least 2 */
	int64_t interval_ns; /* 10 s */
};

enum kn_log_fate { KN_LOG_KEEP, KN_LOG_REMOVE, KN_LOG_COMPRESS };
/* What becomes of the files PATH.* (names, sorted as strcmp does) before PATH itself is renamed. Pure. */
void kn_log_fates(char *const *names, size_t n, unsigned max_files, enum kn_log_fate *fates);
/* FILE -> FILE.gz, by way of FILE.tmp; FILE is removed when that is whole. Blocking. */
int kn_log_compress(const char *path, struct kn_err *err);
/* Carries out the fates of the files beside path. Blocking. */
int kn_log_tidy(const char *path, unsigned max_files, struct kn_err *err);
/* Removes path and all that was made of it. */
void kn_log_remove_all(const char *path);

#endif
