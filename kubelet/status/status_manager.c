// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/status_manager.h"

#include <errno.h>
#include <string.h>
#include "kubelet/pod/pod_delete.h"
#include "kubelet/status/status_patch.h"
#include "lib/base/map.h"
#include "lib/base/mem.h"
#include "lib/k8s/message.h"

#define RETRY_MIN KN_NSEC_PER_SEC
#define RETRY_MAX (30 * KN_NSEC_PER_SEC)
#define CORRECT_AFTER (8 * KN_NSEC_PER_SEC) /* what somebody else wrote; upstream's round takes 10 s */

struct entry {
	struct kn_status_manager *m;
	char *uid;
	struct kn_object *object; /* NULL: none */
	struct kn_arena *arena;
	K8s__PodStatus *status; /* of arena; NULL: nothing set yet */
	struct kn_api_call *call;
	struct kn_timer *timer;
	int64_t retry_ns;
	bool told;		/* status was taken, or is what the object says */
	bool correcting;	/* what somebody else wrote is put right when the timer says so */
	bool changed;		/* status was set while a patch was under way */
	bool finished, deleted; /* deleted: the object's deletion was accepted */
};

struct kn_status_manager {
	struct kn_loop *loop;
	const struct kn_log *log;
	struct kn_client *client;
	struct kn_map *entries;
	struct kn_status_stats stats;
};

static void sync_entry(struct entry *e);

static void on_timer(void *user)
{
	sync_entry(user);
}

struct kn_status_manager *kn_status_manager_new(struct kn_loop *loop, const struct kn_log *log)
{
	struct kn_status_manager *m = kn_calloc(1, sizeof(*m));

	m->loop = loop;
	m->log = log;
	m->entries = kn_map_new();
	return m;
}

static void entry_free(void *value)
{
	struct entry *e = value;

	if (e->call)
		kn_api_cancel(e->call);
	kn_timer_free(e->timer);
	kn_object_unref(e->object);
	kn_arena_free(e->arena);
	free(e->uid);
	free(e);
}

struct kn_status_manager *kn_status_manager_free(struct kn_status_manager *m)
{
	if (!m)
		return NULL;
	kn_map_free(m->entries, entry_free);
	free(m);
	return NULL;
}

void kn_status_manager_connect(struct kn_status_manager *m, struct kn_client *client)
{
	void *value;
	size_t it = 0;

	m->client = client;
	while (kn_map_next(m->entries, &it, NULL, &value))
		sync_entry(value);
}

static struct entry *get(struct kn_status_manager *m, const char *uid)
{
	struct entry *e = kn_map_get(m->entries, uid);

	if (e)
		return e;
	e = kn_calloc(1, sizeof(*e));
	e->m = m;
	e->uid = kn_strdup(uid);
	e->timer = kn_timer_new(m->loop, on_timer, e);
	kn_map_set(m->entries, e->uid, e);
	return e;
}

static const K8s__PodStatus *object_status(const struct entry *e)
{
	return e->object ? ((const K8s__Pod *)e->object->msg)->status : NULL;
}

static bool is_mirror(const struct kn_object *o)
{
	return strcmp(o->uid, "") != 0 && o->meta->n_ownerreferences && o->meta->ownerreferences[0]->kind &&
	       !strcmp(o->meta->ownerreferences[0]->kind, "Node");
}

static void again_after(struct entry *e, const struct kn_api_result *r)
{
	int64_t wait = e->retry_ns ? e->retry_ns : RETRY_MIN;

	e->retry_ns = wait * 2 > RETRY_MAX ? RETRY_MAX : wait * 2;
	if (r->retry_after_s > 0 && r->retry_after_s * KN_NSEC_PER_SEC > wait)
		wait = r->retry_after_s * KN_NSEC_PER_SEC;
	wait += wait / 2 * (random() % 1000) / 1000;
	kn_timer_arm(e->timer, wait);
	e->m->stats.failures++;
}

/* Versions of one object can be compared: a number without leading zeros. */
static bool is_older(const struct kn_object *a, const struct kn_object *b)
{
	const char *x = a->meta->resourceversion ? a->meta->resourceversion : "";
	const char *y = b->meta->resourceversion ? b->meta->resourceversion : "";

	if (strlen(x) != strlen(y))
		return strlen(x) < strlen(y);
	return strcmp(x, y) < 0;
}

/* Somebody else wrote into the status: put right, but not in a race with whoever it is, who may want to read
 * it again. */
static void correct_later(struct entry *e)
{
	struct kn_buf probe kn_auto_buf = {0};

	if (!e->told || !e->status || !e->object ||
	    !kn_status_patch(&probe, e->object->uid, object_status(e), e->status))
		return;
	e->told = false;
	e->correcting = true;
	kn_timer_arm(e->timer, CORRECT_AFTER);
}

static void take_answer(struct entry *e, const struct kn_api_result *r)
{
	struct kn_object *o;

	if (!r->obj || kn_object_new(&o, *r->arena, (ProtobufCMessage *)r->obj, NULL))
		return;
	*r->arena = NULL;
	if (e->object && !strcmp(e->object->uid, o->uid)) {
		if (is_older(o, e->object)) {
			correct_later(e); /* the watch was faster, and has shown what came after */
		} else {
			kn_object_unref(e->object);
			e->object = kn_object_ref(o);
		}
	}
	kn_object_unref(o);
}

static void on_patched(void *user, const struct kn_api_result *r)
{
	struct entry *e = user;

	e->call = NULL;
	if (!r->err.code) {
		e->retry_ns = 0;
		e->told = !e->changed;
		take_answer(e, r);
		sync_entry(e);
		return;
	}
	/* Gone, or another pod has the name now: the watch will tell. Tried once more in case it does not. */
	if (r->err.code != ENOENT && r->err.code != ESTALE)
		kn_warn(e->m->log, "Failed to update the status of a pod", "uid", e->uid, "reason", r->reason,
			"err", r->err.msg);
	again_after(e, r);
}

static void on_deleted(void *user, const struct kn_api_result *r)
{
	struct entry *e = user;

	e->call = NULL;
	if (!r->err.code || r->err.code == ENOENT || r->err.code == ESTALE) {
		e->deleted = true;
		e->retry_ns = 0;
		return;
	}
	kn_warn(e->m->log, "Failed to delete a pod that has ended", "uid", e->uid, "reason", r->reason, "err",
		r->err.msg);
	again_after(e, r);
}

static bool start_patch(struct entry *e)
{
	struct kn_buf body kn_auto_buf = {0};
	const struct kn_object *o = e->object;

	if (!e->status || e->told)
		return false;
	if (!kn_status_patch(&body, o->uid, object_status(e), e->status)) {
		e->told = true;
		return false;
	}
	char *path kn_auto_free = kn_sprintf("/api/v1/namespaces/%s/pods/%s/status", o->ns, o->name);
	const struct kn_api_request req = {
		.method = "PATCH",
		.path = path,
		.raw = body.data,
		.raw_len = body.len,
		.content_type = "application/strategic-merge-patch+json",
		.answer = &k8s__pod__descriptor,
	};
	e->changed = false;
	e->m->stats.patches++;
	e->call = kn_api_start(e->m->client, &req, on_patched, e);
	return true;
}

static void start_delete(struct entry *e)
{
	e->m->stats.deletes++;
	e->call = kn_pod_delete(e->m->client, e->object, on_deleted, e);
}

static void sync_entry(struct entry *e)
{
	const struct kn_object *o = e->object;

	if (e->call || !o || !e->m->client)
		return;
	if ((e->retry_ns || e->correcting) && kn_timer_armed(e->timer))
		return; /* not before its time, whatever happens meanwhile */
	kn_timer_disarm(e->timer);
	e->correcting = false;
	if (start_patch(e) || !e->finished || e->deleted)
		return;
	if (o->meta->deletiontimestamp && !is_mirror(o))
		start_delete(e);
}

void kn_status_manager_object(struct kn_status_manager *m, const char *uid, struct kn_object *o)
{
	struct entry *e = o ? get(m, uid) : kn_map_get(m->entries, uid);
	bool same;

	if (!e || (e->object && o && !strcmp(e->object->uid, o->uid) && is_older(o, e->object)))
		return;
	same = e->object && o && !strcmp(e->object->uid, o->uid);
	if (o)
		kn_object_ref(o);
	kn_object_unref(e->object);
	e->object = o;
	if (!o) {
		if (e->call)
			kn_api_cancel(kn_steal(e->call));
		return;
	}
	if (!same) { /* a new mirror */
		if (e->call)
			kn_api_cancel(kn_steal(e->call));
		e->told = e->deleted = false;
		e->retry_ns = 0;
	} else {
		correct_later(e);
	}
	sync_entry(e);
}

const K8s__PodStatus *kn_status_manager_old(const struct kn_status_manager *m, const char *uid)
{
	const struct entry *e = kn_map_get(m->entries, uid);

	return !e ? NULL : e->status ? e->status : object_status(e);
}

const K8s__PodStatus *kn_status_manager_api(const struct kn_status_manager *m, const char *uid)
{
	const struct entry *e = kn_map_get(m->entries, uid);

	return e ? object_status(e) : NULL;
}

void kn_status_manager_set(struct kn_status_manager *m, const char *uid, struct kn_arena *arena,
			   K8s__PodStatus *status)
{
	struct entry *e = get(m, uid);

	if (e->status && kn_msg_same(e->status, status)) {
		kn_arena_free(arena);
		sync_entry(e);
		return;
	}
	kn_arena_free(e->arena);
	e->arena = arena;
	e->status = status;
	e->told = e->correcting = false;
	e->changed = true;
	sync_entry(e);
}

void kn_status_manager_finish(struct kn_status_manager *m, const char *uid)
{
	struct entry *e = get(m, uid);

	e->finished = true;
	sync_entry(e);
}

void kn_status_manager_drop(struct kn_status_manager *m, const char *uid)
{
	struct entry *e = kn_map_del(m->entries, uid);

	if (e)
		entry_free(e);
}

struct kn_status_stats kn_status_manager_stats(const struct kn_status_manager *m)
{
	struct kn_status_stats s = m->stats;
	void *value;
	size_t it = 0;

	s.pods = kn_map_count(m->entries);
	while (kn_map_next(m->entries, &it, NULL, &value)) {
		const struct entry *e = value;

		s.waiting += e->status && !e->told;
	}
	return s;
}
