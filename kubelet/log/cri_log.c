// SPDX-License-Identifier: Apache-2.0
#include "kubelet/log/cri_log.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define BLOCK 4096
#define LAST_READ_MAX (1024 * 1024)

static bool digits(const char **p, const char *end, unsigned n, int *ret)
{
	int v = 0;

	for (; n; n--, (*p)++) {
		if (*p == end || **p < '0' || **p > '9')
			return false;
		v = v * 10 + (**p - '0');
	}
	*ret = v;
	return true;
}

static bool mark(const char **p, const char *end, char c)
{
	return *p < end && *(*p)++ == c;
}

static bool parse_fraction(const char **p, const char *end, int64_t *ns)
{
	int64_t scale = 100000000;
	int digit;

	*ns = 0;
	if (*p == end || **p != '.')
		return true;
	(*p)++;
	if (*p == end || **p < '0' || **p > '9')
		return false;
	while (*p < end && **p >= '0' && **p <= '9') {
		digits(p, end, 1, &digit);
		*ns += digit * scale;
		scale /= 10;
	}
	return true;
}

static bool parse_zone(const char **p, const char *end, int64_t *offset_s)
{
	int h, m, sign;

	*offset_s = 0;
	if (*p == end)
		return false;
	if (**p == 'Z') {
		(*p)++;
		return true;
	}
	sign = **p == '-' ? -1 : 1;
	if (**p != '-' && **p != '+')
		return false;
	(*p)++;
	if (!digits(p, end, 2, &h) || !mark(p, end, ':') || !digits(p, end, 2, &m))
		return false;
	*offset_s = sign * (h * 3600 + m * 60);
	return true;
}

static bool parse_time(const char *p, const char *end, int64_t *ns)
{
	int64_t fraction, offset;
	struct tm tm = {0};

	if (!digits(&p, end, 4, &tm.tm_year) || !mark(&p, end, '-') || !digits(&p, end, 2, &tm.tm_mon) ||
	    !mark(&p, end, '-') || !digits(&p, end, 2, &tm.tm_mday) || !mark(&p, end, 'T') ||
	    !digits(&p, end, 2, &tm.tm_hour) || !mark(&p, end, ':') || !digits(&p, end, 2, &tm.tm_min) ||
	    !mark(&p, end, ':') || !digits(&p, end, 2, &tm.tm_sec) || !parse_fraction(&p, end, &fraction) ||
	    !parse_zone(&p, end, &offset) || p != end)
		return false;
	/* ns since 1970 fit for these years only. */
	if (tm.tm_year < 1970 || tm.tm_year > 2261 || tm.tm_mon < 1 || tm.tm_mon > 12 || tm.tm_mday < 1 ||
	    tm.tm_mday > 31 || tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 60)
		return false;
	tm.tm_year -= 1900;
	tm.tm_mon--;
	*ns = (timegm(&tm) - offset) * KN_NSEC_PER_SEC + fraction;
	return true;
}

/* The word up to the next space; *p goes behind that. */
static const char *word(const char **p, const char *end, size_t *len)
{
	const char *w = *p, *space = memchr(w, ' ', end - w);

	if (!space)
		return NULL;
	*len = space - w;
	*p = space + 1;
	return w;
}

int kn_cri_log_parse(const char *line, size_t len, struct kn_cri_log_line *ret)
{
	const char *p = line, *end = line + len, *w;
	struct kn_cri_log_line l = {0};
	size_t n;

	l.time = word(&p, end, &l.time_len);
	if (!l.time || !parse_time(l.time, l.time + l.time_len, &l.time_ns))
		return -EINVAL;
	w = word(&p, end, &n);
	if (!w || n != 6 || (memcmp(w, "stdout", 6) != 0 && memcmp(w, "stderr", 6) != 0))
		return -EINVAL;
	l.is_stderr = !memcmp(w, "stderr", 6);
	w = word(&p, end, &n);
	if (!w)
		return -EINVAL;
	l.partial = n && *w == 'P' && (n == 1 || w[1] == ':');
	l.text = p;
	l.len = end - p;
	*ret = l;
	return 0;
}

char *kn_cri_log_stamp(const struct kn_cri_log_line *l, char buf[64])
{
	size_t base = l->time_len < 19 ? l->time_len : 19, zone = base;
	char fraction[16];

	while (zone < l->time_len && (l->time[zone] == '.' || (l->time[zone] >= '0' && l->time[zone] <= '9')))
		zone++;
	snprintf(fraction, sizeof(fraction), "%09u", (unsigned)(l->time_ns % KN_NSEC_PER_SEC));
	snprintf(buf, 64, "%.*s.%s%.*s", (int)base, l->time, fraction, (int)(l->time_len - zone),
		 l->time + zone);
	return buf;
}

static bool line_done(struct kn_cri_log_reader *r, const char *line, size_t len,
		      bool (*fn)(void *user, const struct kn_cri_log_line *l), void *user)
{
	struct kn_cri_log_line l;

	if (kn_cri_log_parse(line, len, &l)) {
		r->bad++;
		return true;
	}
	return fn(user, &l);
}

bool kn_cri_log_feed(struct kn_cri_log_reader *r, const char *data, size_t len,
		     bool (*fn)(void *user, const struct kn_cri_log_line *l), void *user)
{
	const char *end = data + len;

	while (data < end) {
		const char *eol = memchr(data, '\n', end - data);
		size_t n = (eol ? eol : end) - data;
		bool go_on = true;

		if (r->held.len + n > KN_CRI_LOG_LINE_MAX) {
			kn_buf_add(&r->held, data, KN_CRI_LOG_LINE_MAX - r->held.len);
			r->cutting = true;
		} else if (!r->cutting && (!eol || r->held.len)) {
			kn_buf_add(&r->held, data, n);
		}
		if (eol && r->held.len) {
			go_on = line_done(r, r->held.data, r->held.len, fn, user);
			kn_buf_free(&r->held);
			r->cutting = false;
		} else if (eol) {
			go_on = line_done(r, data, n, fn, user);
		}
		if (!go_on)
			return false;
		data += n + (eol != NULL);
	}
	return true;
}

void kn_cri_log_reader_free(struct kn_cri_log_reader *r)
{
	kn_buf_free(&r->held);
	*r = (struct kn_cri_log_reader){0};
}

static int read_at(int fd, char *buf, size_t len, int64_t at, struct kn_err *err)
{
	ssize_t n;

	while (len) {
		n = pread(fd, buf, len, at);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return kn_err_errno(err, errno, "read log");
		if (n == 0)
			return kn_err_set(err, EIO, "read log: the file became shorter");
		buf += n;
		at += n;
		len -= n;
	}
	return 0;
}

int kn_cri_log_tail(int fd, uint64_t n, int64_t *offset, struct kn_err *err)
{
	char block[BLOCK];
	struct stat st;
	uint64_t count = 0;
	int64_t right;

	if (fstat(fd, &st) < 0)
		return kn_err_errno(err, errno, "stat log");
	for (right = st.st_size; right > 0;) {
		size_t len = right < BLOCK ? right : BLOCK;
		int r = read_at(fd, block, len, right - (int64_t)len, err);

		if (r)
			return r;
		for (size_t i = len; i--;) {
			/* The n+1st newline from the end stands before the n lines. */
			if (block[i] == '\n' && count++ == n) {
				*offset = right - (int64_t)len + (int64_t)i + 1;
				return 0;
			}
		}
		right -= (int64_t)len;
	}
	*offset = 0;
	return 0;
}

static bool collect(void *user, const struct kn_cri_log_line *l)
{
	struct kn_buf *b = user;

	kn_buf_add(b, l->text, l->len);
	if (!l->partial)
		kn_buf_add(b, "\n", 1);
	return true;
}

int kn_cri_log_last(const char *path, unsigned max_lines, size_t max_bytes, struct kn_buf *out,
		    struct kn_err *err)
{
	int fd kn_auto_close = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	struct kn_cri_log_reader reader = {0};
	struct kn_buf text kn_auto_buf = {0};
	struct stat st;
	int64_t at;
	int r;

	if (fd < 0 || fstat(fd, &st) < 0)
		return kn_err_errno(err, errno, "open log");
	if (!S_ISREG(st.st_mode))
		return kn_err_set(err, EINVAL, "log is not a regular file");
	r = kn_cri_log_tail(fd, max_lines, &at, err);
	if (r)
		return r;
	/* The first of these lines may then be half a line, which is skipped. */
	if (st.st_size - at > LAST_READ_MAX)
		at = st.st_size - LAST_READ_MAX;
	while (at < st.st_size) {
		char block[BLOCK];
		size_t len = st.st_size - at < BLOCK ? st.st_size - at : BLOCK;

		r = read_at(fd, block, len, at, err);
		if (r)
			break;
		kn_cri_log_feed(&reader, block, len, collect, &text);
		at += (int64_t)len;
	}
	kn_cri_log_reader_free(&reader);
	if (!r && text.len) {
		size_t cut = text.len > max_bytes ? text.len - max_bytes : 0;

		kn_buf_add(out, text.data + cut, text.len - cut);
	}
	return r;
}
