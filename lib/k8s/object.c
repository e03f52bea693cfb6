// SPDX-License-Identifier: Apache-2.0
#include <errno.h>

#include "lib/base/err.h"
#include "lib/k8s/object.h"

static const K8s__ObjectMeta *meta_of(const ProtobufCMessage *msg)
{
	const ProtobufCFieldDescriptor *f =
		protobuf_c_message_descriptor_get_field_by_name(msg->descriptor, "metadata");

	if (!f || f->descriptor != &k8s__object_meta__descriptor)
		return NULL;
	return *(K8s__ObjectMeta *const *)(const void *)((const char *)msg + f->offset);
}

int kn_object_new(struct kn_object **ret, struct kn_arena *arena, ProtobufCMessage *msg, struct kn_err *err)
{
	const K8s__ObjectMeta *meta = meta_of(msg);
	struct kn_object *o;

	if (!meta || !meta->name || !*meta->name)
		return kn_err_set(err, EINVAL, "%s: an object without a name", msg->descriptor->short_name);
	o = kn_calloc(1, sizeof(*o));
	*o = (struct kn_object){
		.refs = 1,
		.arena = arena,
		.msg = msg,
		.meta = meta,
		.ns = meta->namespace_ ? meta->namespace_ : "",
		.name = meta->name,
		.uid = meta->uid ? meta->uid : "",
	};
	*ret = o;
	return 0;
}

struct kn_object *kn_object_ref(struct kn_object *o)
{
	o->refs++;
	return o;
}

struct kn_object *kn_object_unref(struct kn_object *o)
{
	if (o && --o->refs == 0) {
		kn_arena_free(o->arena);
		free(o);
	}
	return NULL;
}
