/* SPDX-License-Identifier: Apache-2.0 */
/* Changes of a running container's cpu and memory (KEP-1287, pods/resize). Pure part. */
#ifndef KN_KUBELET_RESIZE_H
#define KN_KUBELET_RESIZE_H

#include "kubelet/gen/gen_priv.h"

/* What a container was given last, as one line: "cpu=REQUEST/LIMIT memory=REQUEST/LIMIT", in thousandths and
 * bytes; -1: none. Kept as an annotation from its creation on. */
#define KN_ANNOTATION_RESOURCES "io.kernlet.container.resources"
#define KN_RESOURCES_TEXT 112
void kn_resources_text(const K8s__Container *c, char buf[KN_RESOURCES_TEXT]);

enum kn_resize { KN_RESIZE_NONE, KN_RESIZE_UPDATE, KN_RESIZE_RESTART };
/* given: such a line; "" or one that isn't understood: nothing is to be done. By the container's
 * resizePolicy. */
enum kn_resize kn_resize_wanted(const K8s__Container *c, const char *given);

#endif
