/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The runtime's log files: lines of "TIME STREAM TAGS TEXT" (k8s.io/cri-client/pkg/logs). TIME is RFC 3339
 * with up to nine decimals, STREAM stdout or stderr, the first of the TAGS (separated by ':') F for a line's
 * end or P for a piece of a longer one. Pure, but for the functions that take a descriptor or a path.
 */
#ifndef KN_KUBELET_CRI_LOG_H
#define KN_KUBELET_CRI_LOG_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "lib/base/buf.h"
#include "lib/base/err.h"

/* What is longer is cut: a runtime splits lines at 16 KiB by default. */
#define KN_CRI_LOG_LINE_MAX (1024 * 1024)

struct kn_cri_log_line {  /* borrowed from what was parsed */
	const char *time; /* as written */
	size_t time_len;
	int64_t time_ns; /* since 1970 */
	bool is_stderr, partial;
	const char *text; /* without a newline; may hold any byte */
	size_t len;
};

/* line: without its newline. -EINVAL, ret untouched, when it is none. */
int kn_cri_log_parse(const char *line, size_t len, struct kn_cri_log_line *ret);
/* The time with all nine decimals, as `kubectl logs --timestamps` prints it; buf is returned. */
char *kn_cri_log_stamp(const struct kn_cri_log_line *l, char buf[64]);

/* Bytes in, lines out. Zero-initialise; free with kn_cri_log_reader_free. */
struct kn_cri_log_reader {
	struct kn_buf held; /* a line's beginning */
	bool cutting;	    /* the rest of a line that was too long */
	uint64_t bad;	    /* lines that were none, skipped */
};
/* Calls fn for each whole line, in order; it is over (false is returned) when fn says false. */
bool kn_cri_log_feed(struct kn_cri_log_reader *r, const char *data, size_t len,
		     bool (*fn)(void *user, const struct kn_cri_log_line *l), void *user);
void kn_cri_log_reader_free(struct kn_cri_log_reader *r);

/* Where the last n lines of the file begin (lines of the file: a piece counts as one, a last one without
 * newline doesn't, as upstream's tail). Reads blocks from the end and no more of them than needed. */
int kn_cri_log_tail(int fd, uint64_t n, int64_t *offset, struct kn_err *err);
/* The text of the last max_lines lines, of that the last max_bytes, pieces joined, both streams
 * (readLastStringFromContainerLogs in pkg/kubelet/kuberuntime). Appended to out. Reads at most the last
 * 1 MiB. */
int kn_cri_log_last(const char *path, unsigned max_lines, size_t max_bytes, struct kn_buf *out,
		    struct kn_err *err);

#endif
