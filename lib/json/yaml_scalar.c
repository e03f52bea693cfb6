// SPDX-License-Identifier: Apache-2.0
#include <errno.h>
#include <inttypes.h>
#include <math.h>
#include <stdio.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/json/yaml_scalar.h"

#define TAG "tag:yaml.org,2002:"
#define NUMBER_MAX 128 /* longer texts that look like numbers are strings */

static const struct word {
	const char *text;
	enum kn_node_type type;
	bool boolean;
} words[] = {
	{"", KN_NODE_NULL, false},	 {"~", KN_NODE_NULL, false},	  {"null", KN_NODE_NULL, false},
	{"Null", KN_NODE_NULL, false},	 {"NULL", KN_NODE_NULL, false},	  {"y", KN_NODE_BOOL, true},
	{"Y", KN_NODE_BOOL, true},	 {"yes", KN_NODE_BOOL, true},	  {"Yes", KN_NODE_BOOL, true},
	{"YES", KN_NODE_BOOL, true},	 {"true", KN_NODE_BOOL, true},	  {"True", KN_NODE_BOOL, true},
	{"TRUE", KN_NODE_BOOL, true},	 {"on", KN_NODE_BOOL, true},	  {"On", KN_NODE_BOOL, true},
	{"ON", KN_NODE_BOOL, true},	 {"n", KN_NODE_BOOL, false},	  {"N", KN_NODE_BOOL, false},
	{"no", KN_NODE_BOOL, false},	 {"No", KN_NODE_BOOL, false},	  {"NO", KN_NODE_BOOL, false},
	{"false", KN_NODE_BOOL, false},	 {"False", KN_NODE_BOOL, false},  {"FALSE", KN_NODE_BOOL, false},
	{"off", KN_NODE_BOOL, false},	 {"Off", KN_NODE_BOOL, false},	  {"OFF", KN_NODE_BOOL, false},
	{".nan", KN_NODE_NUMBER, false}, {".NaN", KN_NODE_NUMBER, false}, {".NAN", KN_NODE_NUMBER, false},
	{".inf", KN_NODE_NUMBER, false}, {".Inf", KN_NODE_NUMBER, false}, {".INF", KN_NODE_NUMBER, false},
};

static const struct word *word_find(const char *text, size_t len)
{
	/* An infinity may have a sign. */
	if (len == 5 && (*text == '+' || *text == '-') && text[1] == '.')
		text++, len--;
	for (size_t i = 0; i < KN_ARRAY_SIZE(words); i++)
		if (strlen(words[i].text) == len && !memcmp(words[i].text, text, len))
			return &words[i];
	return NULL;
}

static size_t digits(const char *s)
{
	return strspn(s, "0123456789");
}

/* An exponent or nothing, and then the end. */
static bool is_exponent(const char *s)
{
	size_t n;

	if (!*s)
		return true;
	if (*s != 'e' && *s != 'E')
		return false;
	s++;
	if (*s == '+' || *s == '-')
		s++;
	n = digits(s);
	return n && !s[n];
}

static bool is_json_number(const char *s)
{
	size_t n;

	if (*s == '-')
		s++;
	n = digits(s);
	if (!n || (n > 1 && *s == '0'))
		return false;
	s += n;
	if (*s == '.') {
		n = digits(s + 1);
		if (!n)
			return false;
		s += 1 + n;
	}
	return is_exponent(s);
}

static bool is_yaml_float(const char *s)
{
	size_t before, after = 0;

	if (*s == '+' || *s == '-')
		s++;
	before = digits(s);
	s += before;
	if (*s == '.') {
		after = digits(s + 1);
		s += 1 + after;
	}
	return before + after > 0 && is_exponent(s);
}

static unsigned base_of(const char **s)
{
	const char *p = *s;

	if (p[0] != '0' || !p[1])
		return 10;
	*s += 2;
	switch (p[1] | 0x20) {
	case 'x':
		return 16;
	case 'o':
		return 8;
	case 'b':
		return 2;
	}
	*s -= 1;
	return 8;
}

/* An integer in any of the bases, from INT64_MIN to UINT64_MAX (a sign halves the range); false: it is none.
 */
static bool parse_int(const char *s, char out[32])
{
	bool minus = *s == '-', sign = minus || *s == '+';
	uint64_t v = 0, max;
	unsigned base;

	s += sign;
	base = base_of(&s);
	if (!*s)
		return false;
	max = minus ? (uint64_t)INT64_MAX + 1 : sign ? INT64_MAX : UINT64_MAX;
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s | 0x20;
		unsigned d = c >= '0' && c <= '9' && *s >= '0' ? c - '0'
			     : c >= 'a' && c <= 'f'	       ? c - 'a' + 10
							       : 99;

		if (d >= base || v > (max - d) / base)
			return false;
		v = v * base + d;
	}
	snprintf(out, 32, "%s%" PRIu64, minus && v ? "-" : "", v);
	return true;
}

/* The shortest text that reads back as the same double. */
static bool parse_float(const char *s, char out[32])
{
	double v = strtod(s, NULL);

	if (!isfinite(v))
		return false;
	for (int precision = 15; precision <= 17; precision++) {
		snprintf(out, 32, "%.*g", precision, v);
		if (strtod(out, NULL) == v)
			break;
	}
	return true;
}

/* What a plain scalar that is no word may still be: a number, or else a string. */
static void resolve_number(const char *text, size_t len, struct kn_yaml_scalar *out)
{
	char plain[NUMBER_MAX];
	size_t n = 0;

	out->type = KN_NODE_STRING;
	if (len >= sizeof(plain) || !strchr("+-.0123456789", *text))
		return;
	for (size_t i = 0; i < len; i++)
		if (text[i] != '_' || *text == '.')
			plain[n++] = text[i];
	plain[n] = '\0';
	if (strlen(plain) != n) /* a NUL inside */
		return;
	if ((*text == '.' || !parse_int(plain, out->number)) &&
	    (!is_yaml_float(plain) || !parse_float(plain, out->number))) {
		out->number[0] = '\0';
		return;
	}
	out->type = KN_NODE_NUMBER;
	/* "1.50" or a long fraction is kept as written: nothing is lost on the way through a double. */
	if (n == len && is_json_number(text))
		out->number[0] = '\0';
}

/* Whether what the text resolved to is what the tag asks for. */
static int check_tag(const char *tag, const struct kn_yaml_scalar *s)
{
	static const struct {
		const char *name;
		enum kn_node_type type;
	} tags[] = {
		{"bool", KN_NODE_BOOL}, {"int", KN_NODE_NUMBER},       {"float", KN_NODE_NUMBER},
		{"null", KN_NODE_NULL}, {"timestamp", KN_NODE_STRING},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(tags); i++)
		if (!strcmp(tag, tags[i].name))
			return s->type == tags[i].type ? 0 : -EINVAL;
	return -EINVAL;
}

int kn_yaml_resolve(const char *text, size_t len, const char *tag, bool plain, struct kn_yaml_scalar *ret)
{
	struct kn_yaml_scalar s = {.type = KN_NODE_STRING};
	const struct word *w;
	int r = 0;

	/* Private tags ("!x") say nothing to us; the text is taken as it is, as upstream does. */
	if (tag ? strncmp(tag, TAG, strlen(TAG)) != 0 || !strcmp(tag, TAG "str") : !plain) {
		*ret = s;
		return 0;
	}
	w = word_find(text, len);
	if (w && w->type == KN_NODE_NUMBER)
		return -EINVAL;
	if (w) {
		s.type = w->type;
		s.boolean = w->boolean;
	} else {
		resolve_number(text, len, &s);
	}
	if (tag)
		r = check_tag(tag + strlen(TAG), &s);
	if (r)
		return r;
	if (tag && !strcmp(tag, TAG "int") && s.type == KN_NODE_NUMBER &&
	    strpbrk(s.number[0] ? s.number : text, ".eE"))
		return -EINVAL;
	*ret = s;
	return 0;
}
