// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/admission.h"

#include <stdio.h>
#include <string.h>
#include "kubelet/gen/gen_priv.h"
#include "kubelet/pod/pod_priv.h"

static int64_t amount(K8s__QuantityEntry **list, size_t n, const char *name)
{
	return !strcmp(name, "cpu") ? kn_res_milli(list, n, name) : kn_res_value(list, n, name);
}

static int64_t container_request(const K8s__Container *c, const char *name)
{
	return c->resources ? amount(c->resources->requests, c->resources->n_requests, name) : 0;
}

static bool has_entry(K8s__QuantityEntry *const *list, size_t n, const char *name)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, name))
			return true;
	return false;
}

int64_t kn_pod_request(const struct kn_pod *p, const char *name)
{
	const K8s__PodSpec *s = p->obj->spec;
	int64_t sum = 0, sidecars = 0, most = 0;

	for (size_t i = 0; i < s->n_containers; i++)
		sum += container_request(s->containers[i], name);
	for (size_t i = 0; i < s->n_initcontainers; i++) {
		int64_t r = container_request(s->initcontainers[i], name), now = r + sidecars;

		if (kn_container_is_sidecar(s->initcontainers[i]))
			sidecars = now;
		most = now > most ? now : most;
	}
	sum += sidecars;
	sum = most > sum ? most : sum;
	if (s->resources && has_entry(s->resources->requests, s->resources->n_requests, name))
		sum = amount(s->resources->requests, s->resources->n_requests, name);
	return sum + amount(s->overhead, s->n_overhead, name);
}

static bool fits(const struct kn_admission *in, const struct kn_pod *p, const char *name, char reason[64],
		 char message[256])
{
	const K8s__NodeStatus *st = in->node->status;
	bool pods = !strcmp(name, "pods");
	int64_t want = pods ? 1 : kn_pod_request(p, name), used = pods ? (int64_t)in->n : 0, all;

	if (!want)
		return true;
	for (size_t i = 0; !pods && i < in->n; i++)
		used += kn_pod_request(in->others[i], name);
	all = amount(st->allocatable, st->n_allocatable, name);
	if (want <= all - used)
		return true;
	snprintf(reason, 64, "OutOf%.40s", name);
	snprintf(message, 256,
		 "Node didn't have enough resource: %.60s, requested: %lld, used: %lld, capacity: %lld", name,
		 (long long)want, (long long)used, (long long)all);
	return false;
}

/* What the node knows of besides the four; what it doesn't know is somebody else's (cluster-wide) business.
 */
static bool fits_others(const struct kn_admission *in, const struct kn_pod *p, char reason[64],
			char message[256])
{
	static const char *const usual[] = {"pods", "cpu", "memory", "ephemeral-storage", NULL};
	const K8s__NodeStatus *st = in->node->status;

	for (size_t i = 0; i < st->n_allocatable; i++)
		if (st->allocatable[i]->key && !kn_one_of(st->allocatable[i]->key, usual) &&
		    !fits(in, p, st->allocatable[i]->key, reason, message))
			return false;
	return true;
}

static bool fits_all(const struct kn_admission *in, const struct kn_pod *p, char reason[64],
		     char message[256])
{
	return !in->node->status || !in->node->status->n_allocatable ||
	       (fits(in, p, "pods", reason, message) && fits(in, p, "cpu", reason, message) &&
		fits(in, p, "memory", reason, message) && fits(in, p, "ephemeral-storage", reason, message) &&
		fits_others(in, p, reason, message));
}

static bool predicate(bool good, const char *name, const char *what, char reason[64], char message[256])
{
	if (good)
		return true;
	snprintf(reason, 64, "%s", name);
	snprintf(message, 256, "Predicate %s failed: %s", name, what);
	return false;
}

/* hostPorts clash when protocol and port are the same and the addresses overlap. */
static bool clash(const K8s__ContainerPort *a, const K8s__ContainerPort *b)
{
	const char *x = kn_str_set(a->hostip) ? a->hostip : "0.0.0.0";
	const char *y = kn_str_set(b->hostip) ? b->hostip : "0.0.0.0";

	return a->hostport > 0 && a->hostport == b->hostport &&
	       !strcmp(kn_str_set(a->protocol) ? a->protocol : "TCP",
		       kn_str_set(b->protocol) ? b->protocol : "TCP") &&
	       (!strcmp(x, y) || !strcmp(x, "0.0.0.0") || !strcmp(y, "0.0.0.0"));
}

static bool container_clashes(const K8s__Container *c, const struct kn_pod *other)
{
	const K8s__PodSpec *s = other->obj->spec;

	for (size_t i = 0; i < s->n_containers; i++)
		for (size_t j = 0; j < s->containers[i]->n_ports; j++)
			for (size_t k = 0; k < c->n_ports; k++)
				if (clash(c->ports[k], s->containers[i]->ports[j]))
					return true;
	return false;
}

static bool ports_free(const struct kn_admission *in, const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;

	for (size_t i = 0; i < in->n; i++)
		for (size_t c = 0; c < s->n_containers; c++)
			if (container_clashes(s->containers[c], in->others[i]))
				return false;
	return true;
}

static bool tolerates(const K8s__Toleration *t, const K8s__Taint *taint)
{
	bool exists = t->operator_ && !strcmp(t->operator_, "Exists");

	if (kn_str_set(t->effect) && strcmp(t->effect, taint->effect) != 0)
		return false;
	if (kn_str_set(t->key) ? strcmp(t->key, kn_gen_str(taint->key)) != 0 : !exists)
		return false;
	return exists || !strcmp(kn_gen_str(t->value), kn_gen_str(taint->value));
}

static bool taints_tolerated(const K8s__Node *node, const struct kn_pod *p)
{
	const K8s__PodSpec *s = p->obj->spec;

	for (size_t i = 0; node->spec && i < node->spec->n_taints; i++) {
		const K8s__Taint *taint = node->spec->taints[i];
		bool good = !taint->effect || strcmp(taint->effect, "NoExecute") != 0;

		for (size_t t = 0; t < s->n_tolerations && !good; t++)
			good = tolerates(s->tolerations[t], taint);
		if (!good)
			return false;
	}
	return true;
}

bool kn_admission_check(const struct kn_admission *in, const struct kn_pod *p, char reason[64],
			char message[256])
{
	const K8s__PodSpec *s = p->obj->spec;
	const char *node = in->node->metadata ? kn_gen_str(in->node->metadata->name) : "";

	if (s->os && kn_str_set(s->os->name) && strcmp(s->os->name, "linux") != 0) {
		snprintf(reason, 64, "PodOSNotSupported");
		snprintf(message, 256, "Failed to admit pod as the OS field doesn't match node OS");
		return false;
	}
	return kn_sysctls_allowed(p, reason, message) && fits_all(in, p, reason, message) &&
	       predicate(kn_node_selector_matches(p, in->node), "NodeAffinity",
			 "node(s) didn't match Pod's node affinity/selector", reason, message) &&
	       predicate(!kn_str_set(s->nodename) || !strcmp(s->nodename, node), "NodeName",
			 "node(s) didn't match the requested node name", reason, message) &&
	       predicate(ports_free(in, p), "NodePorts",
			 "node(s) didn't have free ports for the requested pod ports", reason, message) &&
	       predicate(!p->api || taints_tolerated(in->node, p), "TaintToleration",
			 "node(s) had taints that the pod didn't tolerate", reason, message);
}
