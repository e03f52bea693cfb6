// SPDX-License-Identifier: Apache-2.0
#include <stdio.h>
#include <time.h>
#include "tools/kernctl.h"

const char *kc_member(const struct kn_node *object, const char *key, const char *fallback)
{
	const struct kn_node *n = kn_node_get(object, key);

	if (!n)
		return fallback;
	if (n->type == KN_NODE_BOOL)
		return n->boolean ? "true" : "false";
	if (n->type != KN_NODE_STRING && n->type != KN_NODE_NUMBER)
		return fallback;
	return n->text && *n->text ? n->text : fallback;
}

/* Two units while the second one still says something. */
char *kc_age(int64_t s, char buf[32])
{
	static const struct {
		int64_t below, unit, sub;
		char name, sub_name;
	} steps[] = {
		{120, 1, 0, 's', 0},
		{600, 60, 1, 'm', 's'},
		{10800, 60, 0, 'm', 0},
		{28800, 3600, 60, 'h', 'm'},
		{172800, 3600, 0, 'h', 0},
		{691200, 86400, 3600, 'd', 'h'},
		{63072000, 86400, 0, 'd', 0},
		{252288000, 31536000, 86400, 'y', 'd'},
		{INT64_MAX, 31536000, 0, 'y', 0},
	};
	size_t i = 0;
	int64_t sub;

	if (s < 0)
		s = 0; /* clocks differ a little */
	while (s >= steps[i].below && steps[i].below != INT64_MAX)
		i++;
	sub = steps[i].sub ? s % steps[i].unit / steps[i].sub : 0;
	if (sub)
		snprintf(buf, 32, "%lld%c%d%c", (long long)(s / steps[i].unit), steps[i].name, (short)sub,
			 steps[i].sub_name);
	else
		snprintf(buf, 32, "%lld%c", (long long)(s / steps[i].unit), steps[i].name);
	return buf;
}

int64_t kc_time(const char *rfc3339)
{
	struct tm tm = {0};
	const char *end = rfc3339 ? strptime(rfc3339, "%Y-%m-%dT%H:%M:%S", &tm) : NULL;

	if (end && *end == '.') { /* fractions are not of interest */
		end++;
		while (*end >= '0' && *end <= '9')
			end++;
	}
	return end && end[0] == 'Z' && !end[1] ? (int64_t)timegm(&tm) : -1;
}
