/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/server_log_options.h"

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>
#include "kubelet/log/cri_log.h"
#include "lib/base/clock.h"

#define UNSET (-1)

void kn_log_options_init(struct kn_log_options *o)
{
	*o = (struct kn_log_options){.out = true, .err = true, .tail = UNSET, .limit = UNSET};
}

/* apimachinery/pkg/runtime/converter.go Convert_Slice_string_To_bool: only "false" and "0" are not true. */
static bool truth(const char *v)
{
	return strcasecmp(v, "false") != 0 && strcmp(v, "0") != 0;
}

static bool number(const char *v, int64_t *ret)
{
	char *end;
	long long n;

	errno = 0;
	n = strtoll(v, &end, 10);
	if (!*v || *end || errno || strchr(" \t\n\v\f\r", *v))
		return false;
	*ret = n;
	return true;
}

static bool time_of(const char *v, int64_t *ret)
{
	struct kn_cri_log_line l;
	char line[128];
	int n = snprintf(line, sizeof(line), "%s stdout F ", v);

	if (n >= (int)sizeof(line) || strchr(v, ' ') || kn_cri_log_parse(line, (size_t)n, &l))
		return false;
	*ret = l.time_ns;
	return true;
}

static bool stream(struct kn_log_options *o, const char *v)
{
	o->stream_named = strcmp(v, "All") != 0;
	o->out = strcmp(v, "Stderr") != 0;
	o->err = strcmp(v, "Stdout") != 0;
	return !o->stream_named || !o->out || !o->err; /* else neither of the two names */
}

void kn_log_options_param(struct kn_log_options *o, const char *name, const char *v)
{
	bool good = true;

	if (!strcmp(name, "follow"))
		o->follow = truth(v);
	else if (!strcmp(name, "previous"))
		o->previous = truth(v);
	else if (!strcmp(name, "timestamps"))
		o->timestamps = truth(v);
	else if (!strcmp(name, "tailLines"))
		good = !strcmp(v, "all") || number(v, &o->tail);
	else if (!strcmp(name, "limitBytes"))
		good = number(v, &o->limit);
	else if (!strcmp(name, "sinceSeconds"))
		good = o->has_seconds = number(v, &o->seconds);
	else if (!strcmp(name, "sinceTime") && *v)
		good = o->has_time = time_of(v, &o->time_ns);
	else if (!strcmp(name, "stream") && *v)
		good = stream(o, v);
	o->bad |= !good;
	/* A value that was given is never the mark for none. */
	if (good && !strcmp(name, "tailLines") && strcmp(v, "all") != 0 && o->tail < 0)
		o->tail = INT64_MIN;
	if (good && !strcmp(name, "limitBytes") && o->limit < 1)
		o->limit = INT64_MIN;
}

int kn_log_options_finish(struct kn_log_options *o, int64_t now_ns)
{
	if (o->bad)
		return 400;
	if (o->tail == INT64_MIN || o->limit == INT64_MIN || (o->has_seconds && o->has_time) ||
	    (o->has_seconds && o->seconds < 1) || (o->stream_named && o->tail != UNSET))
		return 422;
	if (o->has_time)
		o->since_ns = o->time_ns;
	else if (o->has_seconds && o->seconds < now_ns / KN_NSEC_PER_SEC)
		o->since_ns = now_ns - o->seconds * KN_NSEC_PER_SEC;
	return 200;
}
