// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/mirror.h"

#include <errno.h>
#include <string.h>
#include "kubelet/pod/pod_delete.h"
#include "kubelet/pod/pod_priv.h"
#include "lib/base/mem.h"
#include "lib/k8s/message.h"

#define RETRY (10 * KN_NSEC_PER_SEC)

struct kn_mirrors {
	struct kn_loop *loop;
	const struct kn_clock *clock;
	const struct kn_log *log;
	char *node_name;
	bool held;	      /* something of the present round must wait */
	struct kn_map *calls; /* what is under way or was refused, by "NAMESPACE/NAME" */
};

struct request {
	struct kn_mirrors *m;
	char *key;
	struct kn_api_call *call;
	int64_t again_ns; /* mono; refused: not before */
};

const char *kn_annotation(const K8s__ObjectMeta *m, const char *key)
{
	for (size_t i = 0; i < m->n_annotations; i++)
		if (m->annotations[i]->key && !strcmp(m->annotations[i]->key, key))
			return m->annotations[i]->value ? m->annotations[i]->value : "";
	return NULL;
}

bool kn_is_mirror(const K8s__ObjectMeta *m)
{
	return kn_annotation(m, KN_ANNOTATION_MIRROR);
}

static const char *hash_of(const struct kn_pod *p)
{
	const char *hash = kn_annotation(p->obj->metadata, KN_ANNOTATION_HASH);

	return hash ? hash : p->uid;
}

bool kn_mirror_shows(const struct kn_object *mirror, const struct kn_pod *p)
{
	const char *hash = kn_annotation(mirror->meta, KN_ANNOTATION_MIRROR);

	return hash && !strcmp(hash, hash_of(p)) && !mirror->meta->deletiontimestamp;
}

static void annotate(struct kn_arena *a, K8s__ObjectMeta *m, const char *key, const char *value)
{
	K8s__StringEntry *e = NULL;

	for (size_t i = 0; i < m->n_annotations; i++)
		if (m->annotations[i]->key && !strcmp(m->annotations[i]->key, key))
			e = m->annotations[i];
	if (!e) {
		e = KN_MSG(a, K8s__StringEntry, k8s__string_entry__init);
		m->annotations = kn_list_with(a, m->annotations, m->n_annotations, e);
		m->n_annotations++;
	}
	e->key = (char *)key;
	e->value = kn_arena_strdup(a, value);
}

K8s__Pod *kn_mirror_make(struct kn_arena *a, const struct kn_pod *p, const char *node_name,
			 const char *node_uid, int64_t seen_ns)
{
	char seen[32];
	K8s__OwnerReference *owner = KN_MSG(a, K8s__OwnerReference, k8s__owner_reference__init);
	K8s__Pod *obj = kn_msg_copy(a, p->obj);

	owner->apiversion = (char *)"v1";
	owner->kind = (char *)"Node";
	owner->name = kn_arena_strdup(a, node_name);
	owner->uid = kn_arena_strdup(a, node_uid);
	owner->has_controller = owner->controller = true;
	obj->metadata->uid = NULL;
	obj->metadata->resourceversion = NULL;
	obj->metadata->ownerreferences = kn_list_with(a, NULL, 0, owner);
	obj->metadata->n_ownerreferences = 1;
	obj->status = NULL;
	annotate(a, obj->metadata, KN_ANNOTATION_MIRROR, hash_of(p));
	if (!kn_annotation(obj->metadata, KN_ANNOTATION_SEEN))
		annotate(a, obj->metadata, KN_ANNOTATION_SEEN, kn_time_rfc3339(seen_ns, seen));
	return obj;
}

struct kn_mirrors *kn_mirrors_new(struct kn_loop *loop, const char *node_name, const struct kn_log *log)
{
	struct kn_mirrors *m = kn_calloc(1, sizeof(*m));

	m->loop = loop;
	m->clock = kn_loop_clock(loop);
	m->log = log;
	m->node_name = kn_strdup(node_name);
	m->calls = kn_map_new();
	return m;
}

static void request_free(void *value)
{
	struct request *q = value;

	if (q->call)
		kn_api_cancel(q->call);
	free(q->key);
	free(q);
}

struct kn_mirrors *kn_mirrors_free(struct kn_mirrors *m)
{
	if (!m)
		return NULL;
	kn_map_free(m->calls, request_free);
	free(m->node_name);
	free(m);
	return NULL;
}

/* The watch shows what came of it; until then, and for a while after a refusal, nothing more is tried. */
static void on_done(void *user, const struct kn_api_result *r)
{
	struct request *q = user;

	q->call = NULL;
	q->again_ns = kn_mono(q->m->clock) + (r->err.code ? RETRY : KN_NSEC_PER_SEC);
	if (r->err.code && r->err.code != ENOENT && r->err.code != EEXIST && r->err.code != ESTALE)
		kn_warn(q->m->log, "Failed to show a static pod to the API server", "pod", q->key, "reason",
			r->reason, "err", r->err.msg);
}

/* NULL: not now. */
static struct request *get_request(struct kn_mirrors *m, const char *key)
{
	struct request *q = kn_map_get(m->calls, key);

	if (q && (q->call || kn_mono(m->clock) < q->again_ns)) {
		m->held = true;
		return NULL;
	}
	if (q)
		return q;
	q = kn_calloc(1, sizeof(*q));
	q->m = m;
	q->key = kn_strdup(key);
	kn_map_set(m->calls, key, q);
	return q;
}

static void create_mirror(struct kn_mirrors *m, struct kn_client *client, const char *node_uid,
			  const struct kn_pod *p, const char *key)
{
	struct request *q = get_request(m, key);
	struct kn_arena *a kn_auto_arena = kn_arena_new(0);

	if (!q)
		return;
	const struct kn_api_request req = {
		.method = "POST",
		.path = kn_arena_printf(a, "/api/v1/namespaces/%s/pods", p->ns),
		.body = &kn_mirror_make(a, p, m->node_name, node_uid, kn_real(m->clock))->base,
	};
	q->call = kn_api_start(client, &req, on_done, q);
}

static void delete_mirror(struct kn_mirrors *m, struct kn_client *client, const struct kn_object *o,
			  const char *key)
{
	struct request *q = get_request(m, key);

	if (q)
		q->call = kn_pod_delete(client, o, on_done, q);
}

static const struct kn_pod *find(struct kn_pod *const *pods, size_t n, const struct kn_object *o)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(pods[i]->name, o->name) && !strcmp(pods[i]->ns, o->ns))
			return pods[i];
	return NULL;
}

bool kn_mirrors_sync(struct kn_mirrors *m, struct kn_client *client, const char *node_uid,
		     struct kn_pod *const *pods, size_t n, const struct kn_map *mirrors)
{
	const char *key;
	size_t it = 0;
	void *value;

	m->held = false;
	while (kn_map_next(mirrors, &it, &key, &value)) {
		const struct kn_pod *p = find(pods, n, value);

		if (!p || !kn_mirror_shows(value, p))
			delete_mirror(m, client, value, key);
	}
	for (size_t i = 0; i < n; i++) {
		char *name kn_auto_free = kn_sprintf("%s/%s", pods[i]->ns, pods[i]->name);

		if (!kn_map_get(mirrors, name))
			create_mirror(m, client, node_uid, pods[i], name);
	}
	return m->held;
}
