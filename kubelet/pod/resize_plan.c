// SPDX-License-Identifier: Apache-2.0
#include "kubelet/worker/resize.h"

#include <stdio.h>
#include <string.h>

static bool has(K8s__QuantityEntry **list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, name))
			return true;
	return false;
}

static long long amount(K8s__QuantityEntry **list, size_t n, const char *name)
{
	if (!has(list, n, name))
		return -1;
	return strcmp(name, "cpu") ? kn_res_value(list, n, name) : kn_res_milli(list, n, name);
}

void kn_resources_text(const K8s__Container *c, char buf[KN_RESOURCES_TEXT])
{
	const K8s__ResourceRequirements none = K8S__RESOURCE_REQUIREMENTS__INIT;
	const K8s__ResourceRequirements *r = c->resources ? c->resources : &none;

	snprintf(buf, KN_RESOURCES_TEXT, "cpu=%lld/%lld memory=%lld/%lld",
		 amount(r->requests, r->n_requests, "cpu"), amount(r->limits, r->n_limits, "cpu"),
		 amount(r->requests, r->n_requests, "memory"), amount(r->limits, r->n_limits, "memory"));
}

static bool restarts(const K8s__Container *c, const char *resource)
{
	for (size_t i = 0; i < c->n_resizepolicy; i++)
		if (c->resizepolicy[i]->resourcename && !strcmp(c->resizepolicy[i]->resourcename, resource))
			return c->resizepolicy[i]->restartpolicy &&
			       !strcmp(c->resizepolicy[i]->restartpolicy, "RestartContainer");
	return false;
}

enum kn_resize kn_resize_wanted(const K8s__Container *c, const char *given)
{
	const char *given_memory = strchr(given, ' '), *memory;
	char want[KN_RESOURCES_TEXT];
	bool cpu;

	kn_resources_text(c, want);
	if (!given_memory || !strcmp(want, given))
		return KN_RESIZE_NONE;
	memory = strchr(want, ' ');
	cpu = memory - want != given_memory - given || memcmp(want, given, memory - want) != 0;
	if ((cpu && restarts(c, "cpu")) || (strcmp(memory, given_memory) && restarts(c, "memory")))
		return KN_RESIZE_RESTART;
	return KN_RESIZE_UPDATE;
}
