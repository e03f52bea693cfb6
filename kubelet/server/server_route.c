/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/server_route.h"

#include <string.h>
#include "lib/base/mem.h"

#define GET_POST "GET, POST"

enum shape {
	EXACT,	/* the path itself, with or without a slash behind it */
	BELOW,	/* and what lies below it: rest */
	TARGET, /* /NAMESPACE/POD[/UID]/CONTAINER */
	PLAIN,	/* /NAMESPACE/POD/CONTAINER */
	POD,	/* /NAMESPACE/POD[/UID] */
};

static const struct {
	const char *path;
	enum kn_route route;
	enum shape shape;
	const char *allow, *bucket;
} routes[] = {
	{"/healthz", KN_ROUTE_HEALTHZ, BELOW, "GET", "healthz"},
	{"/pods", KN_ROUTE_PODS, EXACT, "GET", "pods"},
	{"/runningpods", KN_ROUTE_RUNNING_PODS, EXACT, "GET", "runningpods"},
	{"/containerLogs", KN_ROUTE_CONTAINER_LOGS, PLAIN, "GET", "containerLogs"},
	{"/exec", KN_ROUTE_EXEC, TARGET, GET_POST, "exec"},
	{"/attach", KN_ROUTE_ATTACH, TARGET, GET_POST, "attach"},
	{"/portForward", KN_ROUTE_PORT_FORWARD, POD, GET_POST, "portForward"},
	{"/run", KN_ROUTE_RUN, TARGET, "POST", "run"},
	{"/checkpoint", KN_ROUTE_CHECKPOINT, PLAIN, "POST", "checkpoint"},
	{"/configz", KN_ROUTE_CONFIGZ, EXACT, "GET", "configz"},
	{"/stats/summary", KN_ROUTE_STATS_SUMMARY, EXACT, GET_POST, "stats"},
	{"/metrics", KN_ROUTE_METRICS, EXACT, "GET", "metrics"},
	{"/metrics/cadvisor", KN_ROUTE_METRICS_CADVISOR, EXACT, "GET", "metrics/cadvisor"},
	{"/metrics/resource", KN_ROUTE_METRICS_RESOURCE, EXACT, "GET", "metrics/resource"},
	{"/metrics/probes", KN_ROUTE_METRICS_PROBES, EXACT, "GET", "metrics/probes"},
	{"/logs", KN_ROUTE_LOGS, BELOW, "GET", "logs"},
};

/* Takes the next part of a path off; false when it is empty or too long for a name. */
static bool part(const char **path, char out[KN_ROUTE_PART_MAX])
{
	size_t len;

	if (**path != '/')
		return false;
	len = strcspn(*path + 1, "/");
	if (!len || len >= KN_ROUTE_PART_MAX)
		return false;
	memcpy(out, *path + 1, len);
	out[len] = '\0';
	*path += 1 + len;
	return true;
}

static bool names(enum shape shape, const char *p, struct kn_route_match *m)
{
	char third[KN_ROUTE_PART_MAX] = "", fourth[KN_ROUTE_PART_MAX] = "";

	if (!part(&p, m->ns) || !part(&p, m->pod))
		return false;
	if (shape == POD) {
		if (*p && strcmp(p, "/") != 0 && !part(&p, m->uid))
			return false;
	} else {
		if (!part(&p, third))
			return false;
		if (shape == TARGET && *p && strcmp(p, "/") != 0 && !part(&p, fourth))
			return false;
		memcpy(m->container, *fourth ? fourth : third, sizeof(third));
		if (*fourth)
			memcpy(m->uid, third, sizeof(third));
	}
	return !*p || !strcmp(p, "/");
}

static bool fits(enum shape shape, const char *rest, struct kn_route_match *m)
{
	switch (shape) {
	case EXACT:
		return !*rest || !strcmp(rest, "/");
	case BELOW:
		m->rest = *rest == '/' ? rest + 1 : rest;
		return !*rest || *rest == '/';
	default:
		return names(shape, rest, m);
	}
}

static bool allows(const char *list, const char *method)
{
	size_t n = strlen(method);

	for (const char *p = list; (p = strstr(p, method)); p += n)
		if ((p == list || p[-1] == ' ') && (!p[n] || p[n] == ','))
			return true;
	return false;
}

void kn_route_find(const char *method, const char *path, struct kn_route_match *ret)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(routes); i++) {
		size_t len = strlen(routes[i].path);
		struct kn_route_match m = {.route = routes[i].route, .bucket = routes[i].bucket};

		if (strncmp(path, routes[i].path, len) != 0 || !fits(routes[i].shape, path + len, &m))
			continue;
		m.allow = routes[i].allow;
		m.bad_method = !*method || !allows(m.allow, method);
		*ret = m;
		return;
	}
	*ret = (struct kn_route_match){.bucket = "other"};
}

/* ---- permissions ---- */

static bool is_below(const char *folder, const char *path)
{
	size_t n = strlen(folder);

	return !strncmp(path, folder, n) && (!path[n] || path[n] == '/');
}

void kn_auth_attrs(const char *method, const char *path, struct kn_auth_attrs *ret)
{
	static const char *const verbs[][2] = {
		{"POST", "create"}, {"GET", "get"},	  {"PUT", "update"},
		{"PATCH", "patch"}, {"DELETE", "delete"},
	};
	/* Finer permissions that do beside nodes/proxy (feature gate KubeletFineGrainedAuthz). */
	static const char *const finer[][2] = {
		{"/allocatedPods", "pods"}, {"/pods", "pods"},	      {"/healthz", "healthz"},
		{"/configz", "configz"},    {"/runningpods", "pods"},
	};
	static const char *const own[][2] = {
		{"/stats", "stats"},	       {"/metrics", "metrics"}, {"/logs", "log"},
		{"/checkpoint", "checkpoint"}, {"/statusz", "statusz"}, {"/flagz", "configz"},
	};
	const char *last = "proxy";
	size_t n = 0;

	*ret = (struct kn_auth_attrs){.verb = ""};
	for (size_t i = 0; i < KN_ARRAY_SIZE(verbs); i++)
		if (!strcmp(method, verbs[i][0]))
			ret->verb = verbs[i][1];
	for (size_t i = 0; !n && i < KN_ARRAY_SIZE(finer); i++)
		if (is_below(finer[i][0], path))
			ret->subresource[n++] = finer[i][1];
	for (size_t i = 0; i < KN_ARRAY_SIZE(own); i++)
		if (is_below(own[i][0], path))
			last = own[i][1];
	ret->subresource[n] = last;
}
