// SPDX-License-Identifier: Apache-2.0
/* Decimal numbers with a suffix, without floating point. */
#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"

typedef unsigned __int128 u128;

#define MANTISSA_MAX ((u128)1000000000000000000u) /* 10^18: times 10 and 2^60 it still fits 128 bits */
#define EXPONENT_MAX 100000

struct decimal { /* mantissa * 10^scale, and a bit more if sticky */
	bool minus, sticky;
	u128 mantissa;
	long scale;
	unsigned shift;	  /* * 2^shift */
	const char *rest; /* behind the digits */
};

static int parse_digits(const char *s, struct decimal *d)
{
	bool point = false, any = false;

	*d = (struct decimal){.minus = *s == '-'};
	if (*s == '-' || *s == '+')
		s++;
	for (;; s++) {
		if (*s == '.' && !point) {
			point = true;
			continue;
		}
		if (*s < '0' || *s > '9')
			break;
		any = true;
		if (d->mantissa <= MANTISSA_MAX) {
			d->mantissa = d->mantissa * 10 + (unsigned)(*s - '0');
			d->scale -= point;
		} else {
			d->sticky |= *s != '0';
			d->scale += !point;
		}
	}
	d->rest = s;
	return any ? 0 : -EINVAL;
}

/* Digits of an exponent, with a sign or not, up to the end; far too large ones are cut, they overflow anyway.
 */
static int parse_exponent(const char *s, long *ret)
{
	bool minus = *s == '-';
	long v = 0;

	if (*s == '-' || *s == '+')
		s++;
	if (!*s)
		return -EINVAL;
	for (; *s; s++) {
		if (*s < '0' || *s > '9')
			return -EINVAL;
		if (v < EXPONENT_MAX)
			v = v * 10 + (*s - '0');
	}
	*ret = minus ? -v : v;
	return 0;
}

static int apply_suffix(struct decimal *d)
{
	static const struct {
		char text[3];
		signed char exp10;
		unsigned char exp2;
	} suffixes[] = {
		{"", 0, 0},    {"n", -9, 0},  {"u", -6, 0},  {"m", -3, 0},  {"k", 3, 0},   {"M", 6, 0},
		{"G", 9, 0},   {"T", 12, 0},  {"P", 15, 0},  {"E", 18, 0},  {"Ki", 0, 10}, {"Mi", 0, 20},
		{"Gi", 0, 30}, {"Ti", 0, 40}, {"Pi", 0, 50}, {"Ei", 0, 60},
	};
	long exponent;
	int r;

	for (size_t i = 0; i < KN_ARRAY_SIZE(suffixes); i++) {
		if (strcmp(d->rest, suffixes[i].text) != 0)
			continue;
		d->scale += suffixes[i].exp10;
		d->shift = suffixes[i].exp2;
		return 0;
	}
	if (*d->rest != 'e' && *d->rest != 'E')
		return -EINVAL;
	r = parse_exponent(d->rest + 1, &exponent);
	if (!r)
		d->scale += exponent;
	return r;
}

/* The whole number away from zero; *exact tells whether that was the value itself. */
static int to_int64(const struct decimal *d, int64_t *ret, bool *exact)
{
	u128 v = d->mantissa << d->shift, max = (u128)INT64_MAX + d->minus;
	bool rest = d->sticky;
	long scale = v ? d->scale : 0;

	for (; scale < 0 && v; scale++) {
		rest |= v % 10 != 0;
		v /= 10;
	}
	for (; scale > 0; scale--) {
		if (v > max)
			return -ERANGE;
		v *= 10;
	}
	v += rest;
	if (v > max)
		return -ERANGE;
	*ret = d->minus ? (int64_t)(0 - (uint64_t)v) : (int64_t)v;
	*exact = !rest;
	return 0;
}

static int quantity(const char *text, long shift10, int64_t *ret)
{
	struct decimal d;
	bool exact;

	if (parse_digits(text, &d) || apply_suffix(&d))
		return -EINVAL;
	d.scale += shift10;
	return to_int64(&d, ret, &exact);
}

int kn_quantity_value(const char *text, int64_t *ret)
{
	return quantity(text, 0, ret);
}

int kn_quantity_milli(const char *text, int64_t *ret)
{
	return quantity(text, 3, ret);
}

int kn_decimal_int64(const char *number, int64_t *ret)
{
	struct decimal d;
	int64_t v;
	bool exact;
	int r;

	if (parse_digits(number, &d))
		return -EINVAL;
	if (*d.rest) {
		long exponent;

		if ((*d.rest | 0x20) != 'e' || parse_exponent(d.rest + 1, &exponent))
			return -EINVAL;
		d.scale += exponent;
	}
	r = to_int64(&d, &v, &exact);
	if (r)
		return r;
	if (!exact)
		return -EINVAL;
	*ret = v;
	return 0;
}
