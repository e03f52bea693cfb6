/* SPDX-License-Identifier: Apache-2.0 */
/* What is told of a node when its state changes: reasons and messages of pkg/kubelet/nodestatus/setters.go
 * and pkg/kubelet/events/event.go. Pure. */
#ifndef KN_KUBELET_NODE_EVENTS_H
#define KN_KUBELET_NODE_EVENTS_H

#include <stdbool.h>
#include "lib/k8s/core.pb-c.h"

typedef void (*kn_node_event)(void *user, bool warning, const char *reason, const char *message);
/* From what the API server has (NULL: nothing yet) to what it is told now. */
void kn_node_status_events(const char *node_name, const K8s__NodeStatus *old, const K8s__NodeStatus *new,
			   kn_node_event fn, void *user);
/* Cordoned or not, since the last time that was told. */
void kn_node_schedulable_event(const char *node_name, bool was_unschedulable, bool unschedulable,
			       kn_node_event fn, void *user);

#endif
