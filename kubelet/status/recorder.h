/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Events (core/v1) about pods and the node, as `kubectl describe` shows them. Never blocks and never fails:
 * what is too much is dropped. Correlation as client-go/tools/record/events_cache.go: the same again is
 * counted by a patch; more than 10 alike within 600 s become one "(combined from similar events): ..."; one
 * object may have 25 in a burst and then one every 300 s. Loop's thread only.
 */
#ifndef KN_KUBELET_RECORDER_H
#define KN_KUBELET_RECORDER_H

#include "kubelet/pod/pod.h"
#include "lib/k8s/client.h"

struct kn_recorder;
struct kn_recorder *kn_recorder_new(struct kn_loop *loop, const char *node_name, const struct kn_log *log);
struct kn_recorder *kn_recorder_free(struct kn_recorder *r); /* what isn't sent yet is lost */
/* The client to be used from now on (one for events alone, 50 a second, 100 in a burst); borrowed. Events
 * from before are kept and sent, 1000 at most. */
void kn_recorder_connect(struct kn_recorder *r, struct kn_client *client);

/* About a pod; container (may be NULL) becomes the fieldPath. r may be NULL: nothing happens. */
void kn_recorder_pod(struct kn_recorder *r, const struct kn_pod *p, const char *container, bool warning,
		     const char *reason, const char *message);
/* About the node itself; its uid is its name, as the kubelet has always had it. */
void kn_recorder_node(struct kn_recorder *r, bool warning, const char *reason, const char *message);

struct kn_recorder_stats {
	uint64_t sent, counted, suppressed, dropped, failed; /* counted: by patch */
};
struct kn_recorder_stats kn_recorder_stats(const struct kn_recorder *r);

#endif
