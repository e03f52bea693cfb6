/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/flag.h"
#include "lib/base/mem.h"

int kn_duration_parse(const char *text, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	double sum = 0;
	const char *p = text;

	if (!strcmp(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	do {
		size_t i, n;
		char *end;
		double v;

		if (!strchr("0123456789.", *p) || !*p)
			return -EINVAL;
		v = strtod(p, &end);
		n = strcspn(end, "0123456789.");
		for (i = 0; i < KN_ARRAY_SIZE(units); i++)
			if (strlen(units[i].unit) == n && !strncmp(units[i].unit, end, n))
				break;
		if (i == KN_ARRAY_SIZE(units))
			return -EINVAL;
		sum += v * units[i].ns;
		p = end + n;
	} while (*p);
	if (sum > 9e18)
		return -EINVAL;
	*ret_ns = (int64_t)sum;
	return 0;
}

static int set_bool(bool *field, const char *value)
{
	bool yes = !value || !strcmp(value, "true") || !strcmp(value, "1");

	if (!yes && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
		return -EINVAL;
	*field = yes;
	return 0;
}

static int set_int(int *field, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (!*value || *end || n < 0 || n > 1000000)
		return -EINVAL;
	*field = (int)n;
	return 0;
}

static int set_list(struct kn_arena *a, const char ***field, const char *value)
{
	char *copy = kn_arena_strdup(a, value), *save = NULL;
	size_t n = 0, max = strlen(value) + 2;
	const char **list = kn_arena_alloc(a, max * sizeof(*list));

	if (!copy || !list)
		return -ENOMEM;
	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save))
		list[n++] = s;
	*field = list;
	return 0;
}

int kn_flag_set(void *target, const struct kn_flag *f, const char *value, struct kn_arena *a)
{
	void *field = (char *)target + f->offset;

	switch (f->type) {
	case KN_FLAG_STRING:
		*(const char **)field = value;
		return 0;
	case KN_FLAG_BOOL:
		return set_bool(field, value);
	case KN_FLAG_TEXT:
		*(const char **)field = value ? value : "true";
		return 0;
	case KN_FLAG_INT:
		return set_int(field, value);
	case KN_FLAG_DURATION:
		return kn_duration_parse(value, field);
	case KN_FLAG_LIST:
		return set_list(a, field, value);
	}
	return -EINVAL;
}

static const struct kn_flag *find_flag(const struct kn_flag *flags, size_t n, const char *name, size_t len)
{
	for (size_t i = 0; i < n; i++)
		if (strlen(flags[i].name) == len && !strncmp(flags[i].name, name, len))
			return &flags[i];
	return NULL;
}

int kn_flags_parse(const struct kn_flag *flags, size_t n, void *target, int argc, char *const argv[],
		   struct kn_arena *a, struct kn_err *err)
{
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *name, *value;
		const struct kn_flag *f;
		size_t len;

		if (arg[0] != '-' || !arg[1])
			return kn_err_set(err, EINVAL, "unknown command \"%s\"", arg);
		name = arg + (arg[1] == '-' ? 2 : 1);
		value = strchr(name, '=');
		len = value ? (size_t)(value++ - name) : strlen(name);
		f = find_flag(flags, n, name, len);
		if (!f)
			return kn_err_set(err, EINVAL, "unknown flag: --%.*s", (int)len, name);
		if (!value && f->type != KN_FLAG_BOOL && f->type != KN_FLAG_TEXT) {
			if (i + 1 >= argc)
				return kn_err_set(err, EINVAL, "flag needs an argument: --%s", f->name);
			value = argv[++i];
		}
		if (kn_flag_set(target, f, value, a))
			return kn_err_set(err, EINVAL, "invalid argument \"%s\" for \"--%s\" flag", value,
					  f->name);
	}
	return 0;
}

void kn_flags_usage(const struct kn_flag *flags, size_t n, int fd)
{
	for (size_t i = 0; i < n; i++)
		dprintf(fd, "  --%-28s %s\n", flags[i].name, flags[i].help);
}
