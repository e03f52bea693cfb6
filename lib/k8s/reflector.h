/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A reflector keeps a store equal to one resource of the API server (client-go/tools/cache/reflector.go):
 * WatchList streaming list (KEP-3157: sendInitialEvents, bookmark annotated k8s.io/initial-events-end) with
 * fallback to a paged LIST and WATCH, resumed from the last resourceVersion, relisted on 410 Gone or a
 * damaged frame, with back-off and jitter (0.8 s doubling to 30 s) so that an outage is never followed by a
 * rush.
 */
#ifndef KN_K8S_REFLECTOR_H
#define KN_K8S_REFLECTOR_H

#include "lib/k8s/client.h"

struct kn_resource {
	const char *path; /* "/api/v1/pods", "/api/v1/namespaces/x/secrets",
			     "/apis/discovery.k8s.io/v1/endpointslices" */
	const ProtobufCMessageDescriptor *item, *list;
	const char *field_selector, *label_selector; /* not escaped; NULL: none; copied */
};

struct kn_reflector;
struct kn_reflector_ops { /* any may be NULL */
	/* One object: old NULL: added; new NULL: deleted (old is its last state). Called also for each object
	 * that a relist found different (deletions first); objects borrowed. The store has new already.
	 * Another object under the same name (a new uid) is told as a deletion and an addition. */
	void (*changed)(void *user, struct kn_object *old, struct kn_object *new);
	/* After the first list is in the store, once. */
	void (*synced)(void *user);
	/* A list or watch was refused or broke; it is tried again. Log at will: told once a cause. */
	void (*failed)(void *user, const struct kn_api_result *r);
};
struct kn_reflector *kn_reflector_new(struct kn_loop *loop, struct kn_client *client,
				      const struct kn_resource *res, const struct kn_reflector_ops *ops,
				      void *user);
struct kn_reflector *
kn_reflector_free(struct kn_reflector *r); /* also inside a callback; objects are released */
bool kn_reflector_synced(const struct kn_reflector *r);
struct kn_object *kn_reflector_get(const struct kn_reflector *r, const char *ns,
				   const char *name); /* borrowed, NULL: none */
size_t kn_reflector_count(const struct kn_reflector *r);
/* Start with *it = 0; NULL when done. Don't free the reflector meanwhile. */
struct kn_object *kn_reflector_next(const struct kn_reflector *r, size_t *it);

struct kn_reflector_stats {
	uint64_t lists, watches, events, relists; /* since start */
};
const struct kn_reflector_stats *kn_reflector_stats(const struct kn_reflector *r);

#endif
