/* SPDX-License-Identifier: Apache-2.0 */
/* Which of the kubelet's endpoints a request means (pkg/kubelet/server/server.go), and which permission it
 * needs (pkg/kubelet/server/auth.go). Pure. */
#ifndef KN_KUBELET_SERVER_ROUTE_H
#define KN_KUBELET_SERVER_ROUTE_H

#include <stdbool.h>
#include <stddef.h>

enum kn_route {
	KN_ROUTE_NONE, /* 404 */
	KN_ROUTE_HEALTHZ,
	KN_ROUTE_PODS,
	KN_ROUTE_RUNNING_PODS,
	KN_ROUTE_CONTAINER_LOGS,
	KN_ROUTE_EXEC,
	KN_ROUTE_ATTACH,
	KN_ROUTE_PORT_FORWARD,
	KN_ROUTE_RUN,
	KN_ROUTE_CHECKPOINT,
	KN_ROUTE_CONFIGZ,
	KN_ROUTE_STATS_SUMMARY,
	KN_ROUTE_METRICS,
	KN_ROUTE_METRICS_CADVISOR,
	KN_ROUTE_METRICS_RESOURCE,
	KN_ROUTE_METRICS_PROBES,
	KN_ROUTE_LOGS,
	KN_ROUTE_COUNT
};

#define KN_ROUTE_PART_MAX 254 /* names are at most 253 bytes */

struct kn_route_match {
	enum kn_route route;
	const char *bucket; /* of metrics: "exec", "stats" ...; "other" */
	bool bad_method;    /* 405; allow says what would do */
	const char *allow;
	char ns[KN_ROUTE_PART_MAX], pod[KN_ROUTE_PART_MAX], uid[KN_ROUTE_PART_MAX],
		container[KN_ROUTE_PART_MAX];
	const char *rest; /* of /healthz and /logs: what follows the slash; points into path */
};

/* path: decoded, without the query. */
void kn_route_find(const char *method, const char *path, struct kn_route_match *ret);

#define KN_AUTH_SUBRESOURCES_MAX 2
struct kn_auth_attrs {
	const char *verb;				       /* "" for methods that have none */
	const char *subresource[KN_AUTH_SUBRESOURCES_MAX + 1]; /* tried in order; NULL-terminated */
};
/* What must be allowed on nodes/NAME: one of the subresources is enough. */
void kn_auth_attrs(const char *method, const char *path, struct kn_auth_attrs *ret);

#endif
