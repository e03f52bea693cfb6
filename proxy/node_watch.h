/* SPDX-License-Identifier: Apache-2.0 */
/* The proxy's own Node: whether it should get traffic from load balancers (KEP-3836). */
#ifndef KN_PROXY_NODE_WATCH_H
#define KN_PROXY_NODE_WATCH_H

#include "lib/k8s/client.h"
#include "lib/k8s/core.pb-c.h"

struct kn_node_watch;
struct kn_node_watch *kn_node_watch_new(struct kn_loop *loop, struct kn_client *client, const char *node_name,
					const struct kn_log *log);
struct kn_node_watch *kn_node_watch_free(struct kn_node_watch *w); /* NULL accepted */
bool kn_node_watch_eligible(const struct kn_node_watch *w);
/* Not being deleted, and without the taint that the cluster autoscaler puts on a node it is about to remove.
 * Pure. */
bool kn_node_eligible(const K8s__Node *node);

#endif
