// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/pod_source.h"

#include <string.h>
#include "kubelet/pod/mirror.h"
#include "lib/base/mem.h"

#define MIRROR_EVERY (10 * KN_NSEC_PER_SEC)

struct kn_pod_source {
	struct kn_pod_source_config c;
	struct kn_client *client;
	struct kn_object *node;
	struct kn_reflector *reflector;
	struct kn_map *pods;	/* kn_pod by uid: the API server's */
	struct kn_map *mirrors; /* kn_object by "NAMESPACE/NAME" */
	struct kn_pod **statics;
	size_t n_statics;
	bool have_statics, synced;
	struct kn_mirrors *mirror;
	struct kn_timer *publish, *mirror_timer;
};

static void publish(void *user);

static void sync_mirrors(void *user)
{
	struct kn_pod_source *s = user;

	if (!s->synced || !s->have_statics)
		return;
	if (kn_mirrors_sync(s->mirror, s->client, s->node->uid, s->statics, s->n_statics, s->mirrors))
		kn_timer_arm(s->mirror_timer, KN_NSEC_PER_SEC);
	else if (s->n_statics || kn_map_count(s->mirrors))
		kn_timer_arm(s->mirror_timer, MIRROR_EVERY);
}

struct kn_pod_source *kn_pod_source_new(const struct kn_pod_source_config *c)
{
	struct kn_pod_source *s = kn_calloc(1, sizeof(*s));

	s->c = *c;
	s->pods = kn_map_new();
	s->mirrors = kn_map_new();
	s->mirror = kn_mirrors_new(c->loop, c->node_name, c->log);
	s->publish = kn_timer_new(c->loop, publish, s);
	s->mirror_timer = kn_timer_new(c->loop, sync_mirrors, s);
	return s;
}

static void unref_pod(void *p)
{
	kn_pod_unref(p);
}

static void unref_object(void *o)
{
	kn_object_unref(o);
}

static void release_statics(struct kn_pod_source *s)
{
	for (size_t i = 0; i < s->n_statics; i++)
		kn_pod_unref(s->statics[i]);
	free(s->statics);
}

struct kn_pod_source *kn_pod_source_free(struct kn_pod_source *s)
{
	if (!s)
		return NULL;
	kn_reflector_free(s->reflector);
	kn_mirrors_free(s->mirror);
	kn_timer_free(s->publish);
	kn_timer_free(s->mirror_timer);
	kn_map_free(s->pods, unref_pod);
	kn_map_free(s->mirrors, unref_object);
	kn_object_unref(s->node);
	release_statics(s);
	free(s);
	return NULL;
}

/* First come, first served, also after a restart. */
static int by_creation(const void *a, const void *b)
{
	const K8s__Time *x = (*(struct kn_pod *const *)a)->obj->metadata->creationtimestamp;
	const K8s__Time *y = (*(struct kn_pod *const *)b)->obj->metadata->creationtimestamp;
	int64_t i = x ? x->seconds : 0, j = y ? y->seconds : 0;

	return i < j ? -1 : i > j;
}

/* The mirror speaks of the static pod only while it shows the same version of it. */
static void tell_mirrors(struct kn_pod_source *s)
{
	for (size_t i = 0; s->c.status && i < s->n_statics; i++) {
		const struct kn_pod *p = s->statics[i];
		char *key kn_auto_free = kn_sprintf("%s/%s", p->ns, p->name);
		struct kn_object *o = kn_map_get(s->mirrors, key);

		kn_status_manager_object(s->c.status, p->uid, o && kn_mirror_shows(o, p) ? o : NULL);
	}
}

static void publish(void *user)
{
	struct kn_pod_source *s = user;
	struct kn_pod **all;
	size_t n = s->n_statics, it = 0;
	void *value;

	if (!s->have_statics)
		return;
	all = kn_calloc(n + kn_map_count(s->pods) + 1, sizeof(*all));
	for (size_t i = 0; i < n; i++)
		all[i] = s->statics[i];
	while (s->synced && kn_map_next(s->pods, &it, NULL, &value))
		all[n++] = value;
	qsort(all + s->n_statics, n - s->n_statics, sizeof(*all), by_creation);
	tell_mirrors(s);
	if (s->c.joined && !s->synced)
		kn_kubelet_set_some(s->c.kubelet, all, n);
	else
		kn_kubelet_set_pods(s->c.kubelet, all, n);
	free(all);
	sync_mirrors(s);
}

void kn_pod_source_static(struct kn_pod_source *s, struct kn_pod *const *pods, size_t n)
{
	struct kn_pod **copy = kn_calloc(n + 1, sizeof(*copy));

	for (size_t i = 0; i < n; i++)
		copy[i] = kn_pod_ref(pods[i]);
	release_statics(s);
	s->statics = copy;
	s->n_statics = n;
	s->have_statics = true;
	publish(s);
}

static void forget(struct kn_pod_source *s, struct kn_object *o)
{
	char *key kn_auto_free = kn_sprintf("%s/%s", o->ns, o->name);
	struct kn_object *mirror = kn_map_get(s->mirrors, key);
	struct kn_pod *p = kn_map_del(s->pods, o->uid);

	if (p && s->c.status)
		kn_status_manager_object(s->c.status, o->uid, NULL);
	kn_pod_unref(p);
	if (mirror && !strcmp(mirror->uid, o->uid))
		kn_object_unref(kn_map_del(s->mirrors, key));
}

static void take(struct kn_pod_source *s, struct kn_object *o)
{
	struct kn_err err = KN_ERR_INIT;
	struct kn_pod *p;

	if (kn_is_mirror(o->meta)) {
		char *key kn_auto_free = kn_sprintf("%s/%s", o->ns, o->name);

		kn_object_unref(kn_map_set(s->mirrors, key, kn_object_ref(o)));
		return;
	}
	if (kn_pod_from_object(&p, o, &err)) {
		kn_error(s->c.log, "The API server's pod can't be run", "err", err.msg);
		return;
	}
	kn_pod_unref(kn_map_set(s->pods, o->uid, p));
	if (s->c.status)
		kn_status_manager_object(s->c.status, o->uid, o);
}

static void on_changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct kn_pod_source *s = user;

	if (old && (!new || strcmp(old->uid, new->uid) != 0))
		forget(s, old);
	if (new)
		take(s, new);
	if (s->synced)
		kn_timer_arm(s->publish, 0);
}

static void on_synced(void *user)
{
	struct kn_pod_source *s = user;

	s->synced = true;
	kn_timer_arm(s->publish, 0);
}

static void on_failed(void *user, const struct kn_api_result *r)
{
	struct kn_pod_source *s = user;

	kn_warn(s->c.log, "Failed to watch the node's pods, trying again", "reason", r->reason, "err",
		r->err.msg);
}

static void watch(struct kn_pod_source *s)
{
	static const struct kn_reflector_ops ops = {
		.changed = on_changed, .synced = on_synced, .failed = on_failed};
	char *selector kn_auto_free = kn_sprintf("spec.nodeName=%s", s->c.node_name);
	const struct kn_resource pods = {.path = "/api/v1/pods",
					 .item = &k8s__pod__descriptor,
					 .list = &k8s__pod_list__descriptor,
					 .field_selector = selector};

	s->reflector = kn_reflector_new(s->c.loop, s->client, &pods, &ops, s);
}

void kn_pod_source_node(struct kn_pod_source *s, struct kn_client *client, struct kn_object *node)
{
	kn_object_ref(node);
	kn_object_unref(s->node);
	s->node = node;
	kn_kubelet_set_node(s->c.kubelet, node);
	s->client = client;
	if (!s->reflector)
		watch(s);
}

bool kn_pod_source_synced(const struct kn_pod_source *s)
{
	return s->synced;
}
