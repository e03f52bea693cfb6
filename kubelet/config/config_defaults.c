/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/kubelet/apis/config/v1beta1/defaults.go. Scalars have theirs in the schema; the rest is here. */
#include <string.h>

#include "kubelet/config/config_priv.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"

#define SEC KN_NSEC_PER_SEC

/* Upstream these are no pointers: a zero is the same as nothing. */
static bool zero_is_unset(const char *name)
{
	static const char *const names[] = {
		"port",	   "registryBurst", "eventBurst",  "nodeLeaseDurationSeconds",
		"maxPods", "maxOpenFiles",  "kubeAPIBurst"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(names); i++)
		if (!strcmp(name, names[i]))
			return true;
	return false;
}

static bool is_zero(const ProtobufCFieldDescriptor *f, const void *p)
{
	return f->type == PROTOBUF_C_TYPE_INT32	  ? *(const int32_t *)p == 0
	       : f->type == PROTOBUF_C_TYPE_INT64 ? *(const int64_t *)p == 0
						  : false;
}

static void set_schema_default(ProtobufCMessage *msg, const ProtobufCFieldDescriptor *f)
{
	void *p = kn_field_ptr(msg, f->offset);

	if (f->type == PROTOBUF_C_TYPE_STRING) {
		char **s = p;

		/* An empty resolvConf means that there is none. */
		if (!*s || (!**s && strcmp(f->name, "resolvConf") != 0))
			*s = (char *)f->default_value;
		return;
	}
	if (!kn_codec_is_set(msg, f) || (zero_is_unset(f->name) && is_zero(f, p)))
		memcpy(p, f->default_value, kn_codec_size(f->type));
	*(protobuf_c_boolean *)kn_field_ptr(msg, f->quantifier_offset) = true;
}

static void set_schema_defaults(ProtobufCMessage *msg)
{
	for (unsigned i = 0; i < msg->descriptor->n_fields; i++)
		if (msg->descriptor->fields[i].default_value)
			set_schema_default(msg, &msg->descriptor->fields[i]);
}

static void duration(K8s__Duration **d, int64_t ns, struct kn_arena *a)
{
	if (*d && (*d)->duration)
		return;
	*d = kn_arena_alloc(a, sizeof(**d));
	k8s__duration__init(*d);
	(*d)->has_duration = true;
	(*d)->duration = ns;
}

static void add_threshold(kn_config *c, const char *key, const char *value, struct kn_arena *a)
{
	K8s__StringEntry *e, **more;

	for (size_t i = 0; i < c->n_evictionhard; i++)
		if (!strcmp(c->evictionhard[i]->key, key))
			return;
	e = kn_arena_alloc(a, sizeof(*e));
	k8s__string_entry__init(e);
	e->key = (char *)key;
	e->value = (char *)value;
	more = kn_arena_alloc(a, (c->n_evictionhard + 1) * sizeof(*more));
	if (c->n_evictionhard)
		memcpy(more, c->evictionhard, c->n_evictionhard * sizeof(*more));
	more[c->n_evictionhard++] = e;
	c->evictionhard = more;
}

/* None at all, or those that were left out where it is said that they are to be merged. */
static void set_thresholds(kn_config *c, struct kn_arena *a)
{
	static const char *const stock[][2] = {{"memory.available", "100Mi"},
					       {"nodefs.available", "10%"},
					       {"nodefs.inodesFree", "5%"},
					       {"imagefs.available", "15%"},
					       {"imagefs.inodesFree", "5%"}};

	if (c->n_evictionhard && !c->mergedefaultevictionsettings)
		return;
	for (size_t i = 0; i < KN_ARRAY_SIZE(stock); i++)
		add_threshold(c, stock[i][0], stock[i][1], a);
}

#define NESTED(field, type)                                                                                  \
	do {                                                                                                 \
		if (!(field)) {                                                                              \
			(field) = kn_arena_alloc(a, sizeof(*(field)));                                       \
			kc__##type##__init(field);                                                           \
		}                                                                                            \
		set_schema_defaults(&(field)->base);                                                         \
	} while (0)

static void set_nested(kn_config *c, struct kn_arena *a)
{
	NESTED(c->authentication, kubelet_authentication);
	NESTED(c->authentication->x509, kubelet_x509_authentication);
	NESTED(c->authentication->webhook, kubelet_webhook_authentication);
	NESTED(c->authentication->anonymous, kubelet_anonymous_authentication);
	NESTED(c->authorization, kubelet_authorization);
	NESTED(c->authorization->webhook, kubelet_webhook_authorization);
	NESTED(c->logging, logging_configuration);
	NESTED(c->memoryswap, memory_swap_configuration);
	NESTED(c->crashloopbackoff, crash_loop_back_off_config);
	duration(&c->authentication->webhook->cachettl, 120 * SEC, a);
	duration(&c->authorization->webhook->cacheauthorizedttl, 300 * SEC, a);
	duration(&c->authorization->webhook->cacheunauthorizedttl, 30 * SEC, a);
	duration(&c->crashloopbackoff->maxcontainerrestartperiod, 300 * SEC, a);
}

void kn_config_defaults(kn_config *c, struct kn_arena *a)
{
	static const char *pods[] = {"pods"};
	int64_t update = kn_config_ns(c->nodestatusupdatefrequency);
	bool serialize_set = c->has_serializeimagepulls;

	set_schema_defaults(&c->base);
	set_nested(c, a);
	duration(&c->syncfrequency, 60 * SEC, a);
	duration(&c->filecheckfrequency, 20 * SEC, a);
	duration(&c->httpcheckfrequency, 20 * SEC, a);
	duration(&c->streamingconnectionidletimeout, 4 * 3600 * SEC, a);
	/* Whoever chose how often it is looked had chosen how often it is told, before the two were parted.
	 */
	duration(&c->nodestatusreportfrequency, update ? update : 300 * SEC, a);
	duration(&c->nodestatusupdatefrequency, 10 * SEC, a);
	duration(&c->imageminimumgcage, 120 * SEC, a);
	duration(&c->volumestatsaggperiod, 60 * SEC, a);
	duration(&c->cpumanagerreconcileperiod, 10 * SEC, a);
	duration(&c->runtimerequesttimeout, 120 * SEC, a);
	duration(&c->cpucfsquotaperiod, 100 * KN_NSEC_PER_MSEC, a);
	duration(&c->evictionpressuretransitionperiod, 300 * SEC, a);
	duration(&c->containerlogmonitorinterval, 10 * SEC, a);
	if (c->podpidslimit < 0)
		c->podpidslimit = -1;
	if (!serialize_set)
		c->serializeimagepulls = !c->has_maxparallelimagepulls || c->maxparallelimagepulls < 2;
	if (!c->n_enforcenodeallocatable) {
		c->enforcenodeallocatable = (char **)pods;
		c->n_enforcenodeallocatable = 1;
	}
	set_thresholds(c, a);
}
