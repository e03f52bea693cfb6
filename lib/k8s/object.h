/* SPDX-License-Identifier: Apache-2.0 */
/* A decoded API object: immutable, reference-counted (loop thread only), with its arena. */
#ifndef KN_K8S_OBJECT_H
#define KN_K8S_OBJECT_H

#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/k8s/meta.pb-c.h"

struct kn_object {
	unsigned refs;
	struct kn_arena *arena;
	ProtobufCMessage *msg;
	const K8s__ObjectMeta *meta; /* of msg; never NULL */
	const char *ns, *name, *uid; /* never NULL; ns "" for what has none */
};

/* Takes the arena. msg's type has ObjectMeta as its field "metadata"; -EINVAL (arena stays the caller's) when
 * it is not set or has no name. */
int kn_object_new(struct kn_object **ret, struct kn_arena *arena, ProtobufCMessage *msg, struct kn_err *err);
struct kn_object *kn_object_ref(struct kn_object *o);
struct kn_object *kn_object_unref(struct kn_object *o); /* NULL accepted; returns NULL */

#endif
