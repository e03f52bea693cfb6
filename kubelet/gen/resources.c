/* SPDX-License-Identifier: Apache-2.0 */
/* Requests and limits to the kernel's numbers (pkg/kubelet/cm/helpers_linux.go, pkg/kubelet/qos/policy.go,
 * pkg/kubelet/kuberuntime/kuberuntime_container_linux.go). */
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "lib/k8s/codec.h"

#define SHARES_MIN 2
#define SHARES_MAX 262144
#define QUOTA_MIN_US 1000
#define OOM_GUARANTEED (-997)
#define OOM_BESTEFFORT 1000

static const char *quantity(K8s__QuantityEntry **list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, name) && list[i]->value)
			return list[i]->value->string;
	return NULL;
}

int64_t kn_res_milli(K8s__QuantityEntry **list, size_t n, const char *name)
{
	const char *q = quantity(list, n, name);
	int64_t v = 0;

	return q && !kn_quantity_milli(q, &v) ? v : 0;
}

int64_t kn_res_value(K8s__QuantityEntry **list, size_t n, const char *name)
{
	const char *q = quantity(list, n, name);
	int64_t v = 0;

	return q && !kn_quantity_value(q, &v) ? v : 0;
}

int64_t kn_milli_to_shares(int64_t milli)
{
	if (milli >= SHARES_MAX)
		return SHARES_MAX;
	milli = milli * 1024 / 1000;
	if (milli > SHARES_MAX)
		return SHARES_MAX;
	return milli < SHARES_MIN ? SHARES_MIN : milli;
}

int64_t kn_milli_to_quota(int64_t milli, int64_t period_us)
{
	__int128 quota = (__int128)milli * period_us / 1000;

	if (milli == 0)
		return -1;
	if (quota > INT64_MAX / 1000)
		return -1; /* more than the kernel takes: no limit */
	return quota < QUOTA_MIN_US ? QUOTA_MIN_US : (int64_t)quota;
}

int64_t kn_shares_to_weight(int64_t shares)
{
	if (shares < SHARES_MIN)
		shares = SHARES_MIN;
	if (shares > SHARES_MAX)
		shares = SHARES_MAX;
	return 1 + (shares - 2) * 9999 / 262142;
}

static int64_t memory_request(const K8s__Container *c)
{
	return c->resources ? kn_res_value(c->resources->requests, c->resources->n_requests, "memory") : 0;
}

static int64_t score(const struct kn_node_ctx *n, int64_t request)
{
	if (n->memory_bytes <= 0)
		return 1000;
	return 1000 - (int64_t)((__int128)1000 * request / n->memory_bytes);
}

/* A sidecar must not be killed before the containers it serves: it takes the best of their scores. */
static int64_t sidecar_score(const struct kn_node_ctx *n, const struct kn_pod *p, int64_t own)
{
	const K8s__PodSpec *s = p->obj->spec;
	int64_t least = INT64_MAX, other;

	for (size_t i = 0; i < s->n_containers; i++)
		if (memory_request(s->containers[i]) < least)
			least = memory_request(s->containers[i]);
	other = score(n, least);
	return other < own ? other : own;
}

int kn_oom_score_adj(const struct kn_node_ctx *n, const struct kn_pod *p, const K8s__Container *c)
{
	const K8s__PodSpec *s = p->obj->spec;
	enum kn_qos qos = kn_pod_qos(p);
	int64_t adj;

	if (s->priorityclassname && !strcmp(s->priorityclassname, "system-node-critical"))
		return OOM_GUARANTEED;
	if (qos == KN_QOS_GUARANTEED)
		return OOM_GUARANTEED;
	if (qos == KN_QOS_BESTEFFORT)
		return OOM_BESTEFFORT;
	adj = score(n, memory_request(c));
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (s->initcontainers[i] == c && kn_container_is_sidecar(c))
			adj = sidecar_score(n, p, adj);
	if (adj < 1000 + OOM_GUARANTEED)
		return 1000 + OOM_GUARANTEED;
	return adj >= OOM_BESTEFFORT ? OOM_BESTEFFORT - 1 : (int)adj;
}

Cri__LinuxContainerResources *kn_gen_resources(struct kn_arena *a, const struct kn_node_ctx *n,
					       const struct kn_pod *p, const K8s__Container *c)
{
	Cri__LinuxContainerResources *out =
		KN_MSG(a, Cri__LinuxContainerResources, cri__linux_container_resources__init);
	const K8s__ResourceRequirements none = K8S__RESOURCE_REQUIREMENTS__INIT,
					*r = c->resources ? c->resources : &none;
	int64_t request = kn_res_milli(r->requests, r->n_requests, "cpu");
	int64_t limit = kn_res_milli(r->limits, r->n_limits, "cpu");

	/* A request of 0 is one too: only a missing one follows the limit. */
	if (!quantity(r->requests, r->n_requests, "cpu"))
		request = limit;
	out->cpu_shares = kn_milli_to_shares(request);
	out->cpu_period = n->cpu_quota_period_us;
	out->cpu_quota = kn_milli_to_quota(limit, n->cpu_quota_period_us);
	out->memory_limit_in_bytes = kn_res_value(r->limits, r->n_limits, "memory");
	out->oom_score_adj = kn_oom_score_adj(n, p, c);
	if (n->cgroup_v2)
		kn_gen_entry(a, &out->unified, &out->n_unified, "memory.oom.group", "1");
	return out;
}

struct sums {
	int64_t cpu_request, cpu_limit, memory_limit;
	bool all_cpu, all_memory;
};

/* beside: the sidecars that run already while an init container does; NULL for what runs to the end. */
static void add(struct sums *t, const K8s__Container *c, const struct sums *beside)
{
	const K8s__ResourceRequirements none = K8S__RESOURCE_REQUIREMENTS__INIT,
					*r = c->resources ? c->resources : &none;
	int64_t req = kn_res_milli(r->requests, r->n_requests, "cpu");
	int64_t cpu = kn_res_milli(r->limits, r->n_limits, "cpu");
	int64_t mem = kn_res_value(r->limits, r->n_limits, "memory");

	t->all_cpu = t->all_cpu && cpu;
	t->all_memory = t->all_memory && mem;
	if (!beside) {
		t->cpu_request += req;
		t->cpu_limit += cpu;
		t->memory_limit += mem;
		return;
	}
	req += beside->cpu_request;
	cpu += beside->cpu_limit;
	mem += beside->memory_limit;
	t->cpu_request = req > t->cpu_request ? req : t->cpu_request;
	t->cpu_limit = cpu > t->cpu_limit ? cpu : t->cpu_limit;
	t->memory_limit = mem > t->memory_limit ? mem : t->memory_limit;
}

void kn_pod_limits(const struct kn_pod *p, int64_t period_us, struct kn_pod_limits *ret)
{
	const K8s__PodSpec *s = p->obj->spec;
	struct sums t = {.all_cpu = true, .all_memory = true}, sidecars = {0};

	for (size_t i = 0; i < s->n_containers; i++)
		add(&t, s->containers[i], NULL);
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (kn_container_is_sidecar(s->initcontainers[i]))
			add(&t, s->initcontainers[i], NULL);
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (kn_container_is_sidecar(s->initcontainers[i]))
			add(&sidecars, s->initcontainers[i], NULL);
		else
			add(&t, s->initcontainers[i], &sidecars);
	ret->shares = kn_milli_to_shares(t.cpu_request);
	ret->quota_us = t.all_cpu ? kn_milli_to_quota(t.cpu_limit, period_us) : -1;
	ret->memory_bytes = t.all_memory && t.memory_limit ? t.memory_limit : -1;
}
