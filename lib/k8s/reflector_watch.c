// SPDX-License-Identifier: Apache-2.0
/* A watch's events into the store, or into what a streaming list collects. */
#include <errno.h>
#include <string.h>

#include "lib/k8s/codec_internal.h"
#include "lib/k8s/object_list.h"
#include "lib/k8s/reflector_private.h"

#define END_MARK "k8s.io/initial-events-end" /* metav1.InitialEventsAnnotationKey */

static enum kn_reflector_step damaged(struct kn_api_result *failure, const struct kn_err *err)
{
	*failure = (struct kn_api_result){.status = 200, .err = *err, .reason = "", .retry_after_s = -1};
	return KN_STEP_DAMAGED;
}

static int remember(struct kn_reflector *r, const char *rv, struct kn_err *err)
{
	if (!rv || !*rv)
		return 0;
	if (strlen(rv) >= sizeof(r->rv))
		return kn_err_set(err, EPROTO, "watch: a resourceVersion of %zu characters", strlen(rv));
	strcpy(r->rv, rv);
	return 0;
}

static int collect(struct kn_reflector *r, const struct kn_watch_event *e, struct kn_object *o)
{
	kn_auto_free char *key = kn_object_key(o->ns, o->name);

	if (e->type != KN_WATCH_DELETED) {
		kn_object_map_put(r->next, kn_object_ref(o));
		return 0;
	}
	kn_object_unref(kn_map_del(r->next, key));
	return 0;
}

static int on_object(struct kn_reflector *r, const struct kn_watch_event *e, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(KN_OBJECT_MEMORY_MAX);
	ProtobufCMessage *msg;
	struct kn_object *o;
	int n = kn_watch_object(e, r->item, a, &msg, err);

	if (!n)
		n = kn_object_new(&o, a, msg, err);
	if (n)
		return n;
	a = NULL; /* the object's */
	if (r->next)
		n = collect(r, e, o);
	else
		n = remember(r, o->meta->resourceversion, err);
	if (!n && !r->next && e->type == KN_WATCH_DELETED)
		kn_reflector_del(r, o);
	else if (!n && !r->next)
		kn_reflector_put(r, kn_object_ref(o));
	kn_object_unref(o);
	return n;
}

static bool has_end_mark(const K8s__ObjectMeta *meta)
{
	for (size_t i = 0; i < meta->n_annotations; i++) {
		const K8s__StringEntry *a = meta->annotations[i];

		if (a->key && a->value && !strcmp(a->key, END_MARK) && !strcmp(a->value, "true"))
			return true;
	}
	return false;
}

/* Its object has no name: metadata is read by hand. */
static int on_bookmark(struct kn_reflector *r, const struct kn_watch_event *e, struct kn_err *err)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	const ProtobufCFieldDescriptor *f =
		protobuf_c_message_descriptor_get_field_by_name(r->item, "metadata");
	const K8s__ObjectMeta *meta;
	ProtobufCMessage *msg;
	int n = kn_watch_object(e, r->item, a, &msg, err);

	if (n)
		return n;
	meta = *(K8s__ObjectMeta **)kn_field_ptr(msg, f->offset);
	if (!meta || !meta->resourceversion || !*meta->resourceversion ||
	    strlen(meta->resourceversion) >= sizeof(r->rv))
		return kn_err_set(err, EPROTO, "watch: a bookmark without resourceVersion");
	if (!r->next)
		return remember(r, meta->resourceversion, err);
	if (has_end_mark(meta))
		kn_reflector_sync(r, meta->resourceversion);
	return 0;
}

static enum kn_reflector_step on_error(const struct kn_watch_event *e, struct kn_api_result *failure,
				       char text[64])
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(1 << 20);
	struct kn_err err = KN_ERR_INIT;
	const K8s__Status *status;
	ProtobufCMessage *msg;

	if (kn_watch_object(e, &k8s__status__descriptor, a, &msg, &err))
		return damaged(failure, &err);
	status = (const K8s__Status *)msg;
	snprintf(text, 64, "%s", status->reason ? status->reason : "");
	*failure = (struct kn_api_result){
		.status = status->code ? status->code : 500, .reason = text, .retry_after_s = -1};
	if (status->details && status->details->has_retryafterseconds &&
	    status->details->retryafterseconds > 0)
		failure->retry_after_s = status->details->retryafterseconds;
	kn_err_set(&failure->err, status->code == 410 ? EKEYEXPIRED : EIO, "watch: %s",
		   status->message ? status->message : text);
	return KN_STEP_ERROR;
}

enum kn_reflector_step kn_reflector_event(struct kn_reflector *r, const struct kn_watch_event *e,
					  struct kn_api_result *failure, char text[64])
{
	struct kn_err err = KN_ERR_INIT;
	int n;

	r->stats.events++;
	if (e->type == KN_WATCH_ERROR)
		return on_error(e, failure, text);
	n = e->type == KN_WATCH_BOOKMARK ? on_bookmark(r, e, &err) : on_object(r, e, &err);
	return n ? damaged(failure, &err) : KN_STEP_GO_ON;
}
