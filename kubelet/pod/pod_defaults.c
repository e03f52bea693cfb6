/* SPDX-License-Identifier: Apache-2.0 */
/* What the API server would fill in (k8s.io/kubernetes pkg/apis/core/v1/defaults.go). Constant strings are
 * not copied: the object is never written to afterwards and its strings are never freed one by one. */
#include <errno.h>
#include <string.h>

#include "kubelet/pod/pod_priv.h"

static void str_default(char **s, const char *value)
{
	if (!kn_str_set(*s))
		*s = (char *)value;
}

static void int_default(int32_t *v, protobuf_c_boolean *has, int32_t value)
{
	if (*v == 0) {
		*v = value;
		*has = 1;
	}
}

/* "Always" for :latest and for an image without tag; a digest counts as pinned unless a :latest stands before
 * it (the kubelet's parsers take the tag from the part behind the last slash). */
static const char *pull_policy(const char *image)
{
	const char *slash = image ? strrchr(image, '/') : NULL;
	const char *last = slash ? slash + 1 : image ? image : "";
	const char *at = strchr(last, '@');
	const char *tag = strchr(last, ':');

	if (tag && at && tag > at)
		tag = NULL;
	if (!tag)
		return at ? "IfNotPresent" : "Always";
	tag++;
	return strcspn(tag, "@") == 6 && !strncmp(tag, "latest", 6) ? "Always" : "IfNotPresent";
}

static void http_default(K8s__HTTPGetAction *h)
{
	if (!h)
		return;
	str_default(&h->path, "/");
	str_default(&h->scheme, "HTTP");
}

static void probe_default(K8s__Probe *p)
{
	if (!p)
		return;
	int_default(&p->timeoutseconds, &p->has_timeoutseconds, 1);
	int_default(&p->periodseconds, &p->has_periodseconds, 10);
	int_default(&p->successthreshold, &p->has_successthreshold, 1);
	int_default(&p->failurethreshold, &p->has_failurethreshold, 3);
	if (p->handler)
		http_default(p->handler->httpget);
}

static const K8s__QuantityEntry *entry(K8s__QuantityEntry **list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, key))
			return list[i];
	return NULL;
}

/* A limit without a request is its own request. */
static int requests_default(struct kn_arena *a, K8s__ResourceRequirements *r)
{
	for (size_t i = 0; r && i < r->n_limits; i++) {
		K8s__QuantityEntry **list;

		if (!r->limits[i]->key || entry(r->requests, r->n_requests, r->limits[i]->key))
			continue;
		list = kn_list_with(a, r->requests, r->n_requests, r->limits[i]);
		if (!list)
			return -ENOMEM;
		r->requests = list;
		r->n_requests++;
	}
	return 0;
}

static int container_default(struct kn_arena *a, const K8s__PodSpec *s, K8s__Container *c)
{
	str_default(&c->imagepullpolicy, pull_policy(c->image));
	str_default(&c->terminationmessagepath, "/dev/termination-log");
	str_default(&c->terminationmessagepolicy, "File");
	for (size_t i = 0; i < c->n_ports; i++) {
		K8s__ContainerPort *p = c->ports[i];

		str_default(&p->protocol, "TCP");
		if (s->hostnetwork)
			int_default(&p->hostport, &p->has_hostport, p->containerport);
	}
	for (size_t i = 0; i < c->n_env; i++) {
		K8s__EnvVarSource *from = c->env[i]->valuefrom;

		if (from && from->fieldref)
			str_default(&from->fieldref->apiversion, "v1");
	}
	probe_default(c->livenessprobe);
	probe_default(c->readinessprobe);
	probe_default(c->startupprobe);
	if (c->lifecycle && c->lifecycle->poststart)
		http_default(c->lifecycle->poststart->httpget);
	if (c->lifecycle && c->lifecycle->prestop)
		http_default(c->lifecycle->prestop->httpget);
	return requests_default(a, c->resources);
}

/* A volume that names no source is an emptyDir. Asked of the wire form, so that a source unknown to us
 * counts. */
static int volume_default(struct kn_arena *a, K8s__Volume *v)
{
	if (v->volumesource && protobuf_c_message_get_packed_size(&v->volumesource->base))
		return 0;
	if (!v->volumesource)
		v->volumesource = KN_MSG(a, K8s__VolumeSource, k8s__volume_source__init);
	if (!v->volumesource)
		return -ENOMEM;
	v->volumesource->emptydir = KN_MSG(a, K8s__EmptyDirVolumeSource, k8s__empty_dir_volume_source__init);
	return v->volumesource->emptydir ? 0 : -ENOMEM;
}

int kn_pod_default(struct kn_arena *a, K8s__Pod *obj, struct kn_err *err)
{
	K8s__PodSpec *s = obj->spec;
	int r = 0;

	str_default(&obj->metadata->namespace_, "default");
	str_default(&s->restartpolicy, "Always");
	str_default(&s->dnspolicy, "ClusterFirst");
	if (!s->has_terminationgraceperiodseconds) {
		s->has_terminationgraceperiodseconds = 1;
		s->terminationgraceperiodseconds = 30;
	}
	if (!s->has_enableservicelinks)
		s->has_enableservicelinks = s->enableservicelinks = 1;
	if (!s->securitycontext)
		s->securitycontext = KN_MSG(a, K8s__PodSecurityContext, k8s__pod_security_context__init);
	if (!s->securitycontext)
		r = -ENOMEM;
	for (size_t i = 0; !r && i < s->n_volumes; i++)
		r = volume_default(a, s->volumes[i]);
	for (size_t i = 0; !r && i < s->n_initcontainers; i++)
		r = container_default(a, s, s->initcontainers[i]);
	for (size_t i = 0; !r && i < s->n_containers; i++)
		r = container_default(a, s, s->containers[i]);
	if (!r)
		r = requests_default(a, s->resources);
	return r ? kn_err_set(err, ENOMEM, "pod is too large") : 0;
}
