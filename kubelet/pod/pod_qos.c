/* SPDX-License-Identifier: Apache-2.0 */
/* QoS class of a pod from its containers' cpu and memory (pkg/apis/core/v1/helper/qos/qos.go). */
#include <string.h>

#include "kubelet/pod/pod.h"
#include "lib/k8s/codec.h"

static const char *const compute[] = {"cpu", "memory"};

/* Thousandths of the named quantity; 0 when it is missing. Validation has refused what does not parse. */
static int64_t milli(K8s__QuantityEntry **list, size_t n, const char *name)
{
	int64_t v = 0;

	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, name) && list[i]->value && list[i]->value->string)
			if (kn_quantity_milli(list[i]->value->string, &v))
				v = INT64_MAX;
	return v;
}

/* any: something is requested or limited. full: cpu and memory are limited, and requested the same. */
static void look_at(const K8s__ResourceRequirements *r, bool *any, bool *full)
{
	if (!r) {
		*full = false;
		return;
	}
	for (size_t i = 0; i < 2; i++) {
		int64_t req = milli(r->requests, r->n_requests, compute[i]);
		int64_t lim = milli(r->limits, r->n_limits, compute[i]);

		if (req > 0 || lim > 0)
			*any = true;
		if (lim <= 0 || req != lim)
			*full = false;
	}
}

enum kn_qos kn_pod_qos(const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;
	bool any = false, full = true;

	if (s->resources && (s->resources->n_limits || s->resources->n_requests)) {
		look_at(s->resources, &any, &full);
	} else {
		for (size_t i = 0; i < s->n_containers; i++)
			look_at(s->containers[i]->resources, &any, &full);
		for (size_t i = 0; i < s->n_initcontainers; i++)
			look_at(s->initcontainers[i]->resources, &any, &full);
	}
	if (!any)
		return KN_QOS_BESTEFFORT;
	return full ? KN_QOS_GUARANTEED : KN_QOS_BURSTABLE;
}

const char *kn_qos_name(enum kn_qos q)
{
	static const char *const names[] = {
		[KN_QOS_GUARANTEED] = "Guaranteed",
		[KN_QOS_BURSTABLE] = "Burstable",
		[KN_QOS_BESTEFFORT] = "BestEffort",
	};

	return names[q];
}
