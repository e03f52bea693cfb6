// SPDX-License-Identifier: Apache-2.0
/* Times, durations and bytes as JSON strings. */
#include <errno.h>
#include <inttypes.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include "lib/base/clock.h"
#include "lib/k8s/codec_internal.h"

/* Exactly n digits. */
static bool number(const char **s, int n, int *ret)
{
	int v = 0;

	for (; n > 0; n--, (*s)++) {
		if (**s < '0' || **s > '9')
			return false;
		v = v * 10 + (**s - '0');
	}
	*ret = v;
	return true;
}

static bool literal(const char **s, char c)
{
	if (**s != c)
		return false;
	(*s)++;
	return true;
}

static bool fraction(const char **s, int32_t *nanos)
{
	int32_t unit = 100000000;

	*nanos = 0;
	if (**s != '.')
		return true;
	if ((*s)[1] < '0' || (*s)[1] > '9')
		return false;
	for ((*s)++; **s >= '0' && **s <= '9'; (*s)++, unit /= 10)
		*nanos += (**s - '0') * unit;
	return true;
}

/* "Z" or an offset, in seconds east. */
static bool zone(const char **s, int *east)
{
	int sign = **s == '-' ? -1 : 1, h, m;

	*east = 0;
	if (literal(s, 'Z'))
		return true;
	if (**s != '+' && **s != '-')
		return false;
	(*s)++;
	if (!number(s, 2, &h) || !literal(s, ':') || !number(s, 2, &m) || h > 23 || m > 59)
		return false;
	*east = sign * (h * 3600 + m * 60);
	return true;
}

int kn_rfc3339_parse(const char *text, int64_t *seconds, int32_t *nanos)
{
	struct tm tm = {0};
	int year, month, day, east;
	int32_t ns;
	time_t t;

	if (!number(&text, 4, &year) || !literal(&text, '-') || !number(&text, 2, &month) ||
	    !literal(&text, '-') || !number(&text, 2, &day) || !literal(&text, 'T') ||
	    !number(&text, 2, &tm.tm_hour) || !literal(&text, ':') || !number(&text, 2, &tm.tm_min) ||
	    !literal(&text, ':') || !number(&text, 2, &tm.tm_sec) || !fraction(&text, &ns) ||
	    !zone(&text, &east) || *text)
		return -EINVAL;
	if (tm.tm_hour > 23 || tm.tm_min > 59 || tm.tm_sec > 59)
		return -EINVAL;
	tm.tm_year = year - 1900;
	tm.tm_mon = month - 1;
	tm.tm_mday = day;
	t = timegm(&tm);
	if (tm.tm_mon != month - 1 || tm.tm_mday != day) /* normalised: no such day */
		return -EINVAL;
	*seconds = t - east;
	*nanos = ns;
	return 0;
}

void kn_rfc3339_print(int64_t seconds, int32_t nanos, bool micro, char out[64])
{
	time_t t = seconds;
	struct tm tm;
	size_t n;

	if (!gmtime_r(&t, &tm) || tm.tm_year > 9999 - 1900 || tm.tm_year < -1900) {
		t = 0; /* RFC 3339 has four digits for a year */
		gmtime_r(&t, &tm);
	}
	n = (size_t)snprintf(out, 64, "%04d-%02d-%02dT%02d:%02d:%02d", tm.tm_year + 1900, tm.tm_mon + 1,
			     tm.tm_mday, tm.tm_hour, tm.tm_min, tm.tm_sec);
	if (micro)
		n += (size_t)snprintf(out + n, 64 - n, ".%06d",
				      nanos < 0 || nanos > 999999999 ? 0 : nanos / 1000);
	snprintf(out + n, 64 - n, "Z");
}

void kn_codec_duration_print(int64_t ns, char out[64])
{
	uint64_t v = ns < 0 ? 0 - (uint64_t)ns : (uint64_t)ns, s = v / KN_NSEC_PER_SEC,
		 rest = v % KN_NSEC_PER_SEC;
	char frac[16] = "";
	int n = 0;

	if (rest) {
		snprintf(frac, sizeof(frac), ".%09" PRIu64, rest);
		for (size_t i = strlen(frac); frac[i - 1] == '0'; i--)
			frac[i - 1] = '\0';
	}
	if (ns < 0)
		out[n++] = '-';
	if (s >= 3600)
		n += snprintf(out + n, 64 - (size_t)n, "%" PRIu64 "h", s / 3600);
	if (s >= 60)
		n += snprintf(out + n, 64 - (size_t)n, "%" PRIu64 "m", s / 60 % 60);
	snprintf(out + n, 64 - (size_t)n, "%" PRIu64 "%ss", s % 60, frac);
}

static const char alphabet[] = "ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789+/";

int kn_base64_decode(const char *text, size_t len, uint8_t *out, size_t *out_len)
{
	size_t n = 0, chars = 0, pad = 0;
	uint32_t acc = 0;

	for (size_t i = 0; i < len; i++) {
		const char *p;

		if (text[i] == '\n' || text[i] == '\r')
			continue;
		chars++;
		if (text[i] == '=' && chars % 4 != 1 && chars % 4 != 2) {
			pad++;
			acc <<= 6;
		} else {
			p = text[i] ? strchr(alphabet, text[i]) : NULL;
			if (!p || pad)
				return -EINVAL;
			acc = acc << 6 | (uint32_t)(p - alphabet);
		}
		if (chars % 4)
			continue;
		for (size_t k = 0; k < 3 - pad; k++)
			out[n++] = (uint8_t)(acc >> (16 - 8 * k));
		acc = 0;
		if (pad > 2)
			return -EINVAL;
	}
	if (chars % 4 || pad > 2)
		return -EINVAL;
	*out_len = n;
	return 0;
}

void kn_base64_encode(const uint8_t *data, size_t len, struct kn_buf *out)
{
	for (size_t i = 0; i < len; i += 3) {
		size_t n = len - i < 3 ? len - i : 3;
		uint32_t v = (uint32_t)data[i] << 16 | (n > 1 ? (uint32_t)data[i + 1] << 8 : 0) |
			     (n > 2 ? data[i + 2] : 0);
		char c[4] = {alphabet[v >> 18], alphabet[v >> 12 & 63], n > 1 ? alphabet[v >> 6 & 63] : '=',
			     n > 2 ? alphabet[v & 63] : '='};

		kn_buf_add(out, c, 4);
	}
}
