/* SPDX-License-Identifier: Apache-2.0 */
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "lib/base/buf.h"
#include "lib/base/log.h"

static const char level_char[] = {[KN_LOG_ERROR] = 'E', [KN_LOG_WARNING] = 'W', [KN_LOG_INFO] = 'I'};
static const char *const level_name[] = {
	[KN_LOG_ERROR] = "error", [KN_LOG_WARNING] = "warning", [KN_LOG_INFO] = "info"};
static const char level_syslog[] = {[KN_LOG_ERROR] = '3', [KN_LOG_WARNING] = '4', [KN_LOG_INFO] = '6'};

/* JOURNAL_STREAM names the device and inode of the stream that systemd connected (systemd.exec(5)). */
static bool is_journal(int fd)
{
	const char *s = getenv("JOURNAL_STREAM");
	unsigned long long dev, ino;
	struct stat st;

	return s && sscanf(s, "%llu:%llu", &dev, &ino) == 2 && fstat(fd, &st) == 0 && st.st_dev == dev &&
	       st.st_ino == ino;
}

void kn_log_init(struct kn_log *log, int fd, enum kn_log_format format, int verbosity)
{
	*log = (struct kn_log){.fd = fd, .format = format, .verbosity = verbosity, .journal = is_journal(fd)};
}

static void add_quoted(struct kn_buf *b, const char *s)
{
	kn_buf_adds(b, "\"");
	for (; s && *s; s++) {
		unsigned char ch = (unsigned char)*s;

		if (ch == '"' || ch == '\\')
			kn_buf_addf(b, "\\%c", ch);
		else if (ch == '\n')
			kn_buf_adds(b, "\\n");
		else if (ch < 0x20 || ch == 0x7f)
			kn_buf_addf(b, "\\u%04x", ch);
		else
			kn_buf_add(b, s, 1);
	}
	kn_buf_adds(b, "\"");
}

static void add_text_head(struct kn_buf *b, const struct kn_log *log, enum kn_log_level level,
			  const char *file, int line)
{
	struct timespec ts;
	struct tm tm;

	if (log->journal) {
		kn_buf_addf(b, "<%c>", level_syslog[level]);
		return;
	}
	clock_gettime(CLOCK_REALTIME, &ts);
	localtime_r(&ts.tv_sec, &tm);
	kn_buf_addf(b, "%c%02d%02d %02d:%02d:%02d.%06ld %7ld %s:%d] ", level_char[level], tm.tm_mon + 1,
		    tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec, ts.tv_nsec / 1000,
		    (long)syscall(SYS_gettid), file, line);
}

static void add_json_head(struct kn_buf *b, enum kn_log_level level, int v, const char *file, int line)
{
	struct timespec ts;

	clock_gettime(CLOCK_REALTIME, &ts);
	kn_buf_addf(b, "{\"ts\":%lld.%03ld,\"caller\":\"%s:%d\",\"level\":\"%s\",\"v\":%d,\"msg\":",
		    (long long)ts.tv_sec * 1000 + ts.tv_nsec / 1000000, ts.tv_nsec / 1000 % 1000, file, line,
		    level_name[level], v);
}

void kn_log_kv(const struct kn_log *log, enum kn_log_level level, int v, const char *file, int line,
	       const char *msg, ...)
{
	kn_auto_buf struct kn_buf b = {0};
	const char *base, *key;
	va_list ap;

	if (!log || v > log->verbosity)
		return;
	base = strrchr(file, '/') ? strrchr(file, '/') + 1 : file;
	if (log->format == KN_LOG_JSON)
		add_json_head(&b, level, v, base, line);
	else
		add_text_head(&b, log, level, base, line);
	add_quoted(&b, msg);
	va_start(ap, msg);
	while ((key = va_arg(ap, const char *))) {
		kn_buf_addf(&b, log->format == KN_LOG_JSON ? ",\"%s\":" : " %s=", key);
		add_quoted(&b, va_arg(ap, const char *));
	}
	va_end(ap);
	kn_buf_adds(&b, log->format == KN_LOG_JSON ? "}\n" : "\n");
	/* A log that can't be written has nowhere to be reported. */
	if (write(log->fd, b.data, b.len) < 0)
		return;
}

const char *kn_int_str(char buf[24], long long n)
{
	snprintf(buf, 24, "%lld", n);
	return buf;
}
