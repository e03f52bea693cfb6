/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Structured logging to one descriptor: klog's text layout with key="value" pairs, or one JSON object a line.
 * With a stderr connected to journald (JOURNAL_STREAM) lines get a <N> priority prefix instead of a
 * timestamp. Usable from any thread; one write() a line.
 */
#ifndef KN_BASE_LOG_H
#define KN_BASE_LOG_H

#include <stdbool.h>

enum kn_log_level { KN_LOG_ERROR, KN_LOG_WARNING, KN_LOG_INFO };
enum kn_log_format { KN_LOG_TEXT, KN_LOG_JSON };

struct kn_log {
	int fd;
	enum kn_log_format format;
	int verbosity; /* as klog's -v */
	bool journal;
};
void kn_log_init(struct kn_log *log, int fd, enum kn_log_format format, int verbosity);

/* key/value pairs of C strings, ended by NULL; a NULL value prints as empty. log may be NULL: nothing is
 * written. */
void kn_log_kv(const struct kn_log *log, enum kn_log_level level, int v, const char *file, int line,
	       const char *msg, ...) __attribute__((sentinel));

#define kn_error(log, msg, ...) kn_log_kv(log, KN_LOG_ERROR, 0, __FILE__, __LINE__, msg, ##__VA_ARGS__, NULL)
#define kn_warn(log, msg, ...) kn_log_kv(log, KN_LOG_WARNING, 0, __FILE__, __LINE__, msg, ##__VA_ARGS__, NULL)
#define kn_info(log, msg, ...) kn_log_kv(log, KN_LOG_INFO, 0, __FILE__, __LINE__, msg, ##__VA_ARGS__, NULL)
#define kn_debug(log, v, msg, ...)                                                                           \
	kn_log_kv(log, KN_LOG_INFO, v, __FILE__, __LINE__, msg, ##__VA_ARGS__, NULL)

/* A number as a value: kn_info(log, "x", "count", KN_INT(n)). Valid to the end of the enclosing block. */
#define KN_INT(n) kn_int_str((char[24]){0}, (long long)(n))
const char *kn_int_str(char buf[24], long long n);

#endif
