/* SPDX-License-Identifier: Apache-2.0 */
/* An API list -> single objects with an arena each, so that they live and die on their own. Within lib/k8s
 * only. Pure. */
#ifndef KN_K8S_OBJECT_LIST_H
#define KN_K8S_OBJECT_LIST_H

#include "lib/base/err.h"
#include "lib/base/map.h"
#include "lib/k8s/object.h"

struct kn_list_meta {	  /* free() both */
	char *rv, *token; /* never NULL; token "": the last page */
};

/* Reads a list of type list (protobuf or JSON, by its first bytes) whose items are of type item into map, by
 * "NAMESPACE/NAME"; an object of the same key gives way. -EPROTO, -EINVAL: then map may have got some of
 * them, and ret is untouched. */
int kn_object_list_read(const uint8_t *data, size_t len, const ProtobufCMessageDescriptor *list,
			const ProtobufCMessageDescriptor *item, struct kn_map *map, struct kn_list_meta *ret,
			struct kn_err *err);
char *kn_object_key(const char *ns, const char *name);		 /* "ns/name"; free() it */
void kn_object_map_put(struct kn_map *map, struct kn_object *o); /* takes the reference */
struct kn_map *kn_object_map_free(struct kn_map *map);		 /* with its references */

#endif
