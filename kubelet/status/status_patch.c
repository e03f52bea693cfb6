// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/status_patch.h"

#include <string.h>
#include "kubelet/status/pod_api_status.h"
#include "lib/base/clock.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/message.h"

struct patch {
	struct kn_json_writer *w;
	const K8s__PodStatus *from, *to;
	bool any;
};

static bool set(const char *s)
{
	return s && *s;
}

static void put_string(struct patch *p, const char *key, const char *from, const char *to)
{
	if (!strcmp(from ? from : "", to ? to : ""))
		return;
	kn_json_str(p->w, key, set(to) ? to : NULL);
	p->any = true;
}

static void put_condition(struct patch *p, const K8s__PodCondition *c)
{
	K8s__PodCondition copy = *c;

	if (!set(copy.reason))
		copy.reason = NULL;
	if (!set(copy.message))
		copy.message = NULL;
	/* Merged into the one that is there: what is to be empty must be said. */
	kn_json_obj(p->w, NULL);
	kn_json_str(p->w, "type", c->type);
	kn_json_str(p->w, "status", c->status);
	kn_json_str(p->w, "reason", copy.reason);
	kn_json_str(p->w, "message", copy.message);
	if (c->has_observedgeneration)
		kn_json_int(p->w, "observedGeneration", c->observedgeneration);
	kn_json_str(p->w, "lastProbeTime", NULL);
	if (c->lasttransitiontime) {
		char text[32];

		kn_json_str(p->w, "lastTransitionTime",
			    kn_time_rfc3339(c->lasttransitiontime->seconds * KN_NSEC_PER_SEC, text));
	}
	kn_json_end_obj(p->w);
}

static bool condition_differs(const struct patch *p, const K8s__PodCondition *c)
{
	const K8s__PodCondition *old = kn_condition_find(p->from, c->type);
	K8s__PodCondition copy;

	if (!kn_condition_is_ours(c->type) && strcmp(c->type, "DisruptionTarget") != 0)
		return false;
	if (!old)
		return true;
	copy = *c;
	copy.lastprobetime = old->lastprobetime;
	return !kn_msg_same(&copy, old);
}

static void put_conditions(struct patch *p)
{
	bool begun = false;

	for (size_t i = 0; i < p->to->n_conditions; i++) {
		if (!condition_differs(p, p->to->conditions[i]))
			continue;
		if (!begun)
			kn_json_arr(p->w, "conditions");
		begun = p->any = true;
		put_condition(p, p->to->conditions[i]);
	}
	if (begun)
		kn_json_end_arr(p->w);
}

static void put_ips(struct patch *p, const char *key, void *const *from, size_t nf, void *const *to,
		    size_t nt)
{
	if (kn_msg_list_same(from, nf, to, nt))
		return;
	kn_json_arr(p->w, key);
	for (size_t i = 0; i < nt; i++)
		kn_codec_encode(to[i], NULL, p->w);
	kn_json_obj(p->w, NULL); /* these and no others */
	kn_json_str(p->w, "$patch", "replace");
	kn_json_end_obj(p->w);
	kn_json_end_arr(p->w);
	p->any = true;
}

static void put_containers(struct patch *p, const char *key, K8s__ContainerStatus *const *from, size_t nf,
			   K8s__ContainerStatus *const *to, size_t nt)
{
	if (kn_msg_list_same((void *const *)from, nf, (void *const *)to, nt))
		return;
	kn_json_arr(p->w, key);
	for (size_t i = 0; i < nt; i++)
		kn_codec_encode(&to[i]->base, NULL, p->w);
	kn_json_end_arr(p->w);
	p->any = true;
}

static void put_status(struct patch *p)
{
	const K8s__PodStatus *from = p->from, *to = p->to;
	char text[32];

	put_string(p, "phase", from->phase, to->phase);
	put_string(p, "reason", from->reason, to->reason);
	put_string(p, "message", from->message, to->message);
	put_string(p, "hostIP", from->hostip, to->hostip);
	put_string(p, "podIP", from->podip, to->podip);
	put_string(p, "qosClass", from->qosclass, to->qosclass);
	put_ips(p, "hostIPs", (void *const *)from->hostips, from->n_hostips, (void *const *)to->hostips,
		to->n_hostips);
	put_ips(p, "podIPs", (void *const *)from->podips, from->n_podips, (void *const *)to->podips,
		to->n_podips);
	if (from->observedgeneration != to->observedgeneration) {
		kn_json_int(p->w, "observedGeneration", to->observedgeneration);
		p->any = true;
	}
	if (to->starttime && !kn_msg_same(from->starttime, to->starttime)) {
		kn_json_str(p->w, "startTime",
			    kn_time_rfc3339(to->starttime->seconds * KN_NSEC_PER_SEC, text));
		p->any = true;
	}
	put_conditions(p);
	put_containers(p, "initContainerStatuses", from->initcontainerstatuses, from->n_initcontainerstatuses,
		       to->initcontainerstatuses, to->n_initcontainerstatuses);
	put_containers(p, "containerStatuses", from->containerstatuses, from->n_containerstatuses,
		       to->containerstatuses, to->n_containerstatuses);
	put_containers(p, "ephemeralContainerStatuses", from->ephemeralcontainerstatuses,
		       from->n_ephemeralcontainerstatuses, to->ephemeralcontainerstatuses,
		       to->n_ephemeralcontainerstatuses);
}

bool kn_status_patch(struct kn_buf *out, const char *uid, const K8s__PodStatus *from,
		     const K8s__PodStatus *to)
{
	static const K8s__PodStatus none = K8S__POD_STATUS__INIT;
	size_t before = out->len;
	struct patch p = {.w = kn_json_writer_new(out, false), .from = from ? from : &none, .to = to};

	kn_json_obj(p.w, NULL);
	kn_json_obj(p.w, "metadata");
	kn_json_str(p.w, "uid", uid);
	kn_json_end_obj(p.w);
	kn_json_obj(p.w, "status");
	put_status(&p);
	kn_json_end_obj(p.w);
	kn_json_end_obj(p.w);
	kn_json_writer_free(p.w);
	if (!p.any && out->data) {
		out->len = before;
		out->data[before] = 0;
	}
	return p.any;
}
