/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services and their EndpointSlices as a table, read as kube-proxy reads them
 * (pkg/proxy/endpointslicecache.go, topology.go, servicechangetracker.go). Pure: what is left out is told to
 * a callback.
 */
#ifndef KN_PROXY_SLICES_H
#define KN_PROXY_SLICES_H

#include "proxy/proxy.h"
#include "proxy/table.h"

struct kn_slices_in {
	const struct kn_proxy_want *want;
	const char *node_name; /* for internalTrafficPolicy Local; may be NULL */
	/* Told of everything that is left out though it shouldn't be there: "NAMESPACE/NAME", a value, why.
	 * May be NULL. */
	void (*skipped)(void *user, const char *object, const char *value, const char *why);
	void *user;
};

/* The finished table; ids aren't assigned. Never NULL. The input is borrowed during the call only. */
struct kn_table *kn_slices_table(const struct kn_slices_in *in);

#endif
