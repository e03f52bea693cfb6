/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The volumes of one pod over its life: set up before its first container, then kept equal to what the API
 * server says, in running containers too (pkg/kubelet/volumemanager). Loop's thread only; what blocks runs on
 * the pool, one piece of work at a time.
 */
#ifndef KN_KUBELET_VOLUMES_H
#define KN_KUBELET_VOLUMES_H

#include "kubelet/volume/lookup.h"
#include "kubelet/volume/pod_dirs.h"
#include "lib/base/log.h"

struct kn_volumes;
struct kn_volumes_config { /* borrowed for the volumes' life, but lookup, which is copied */
	struct kn_loop *loop;
	struct kn_pool *pool;
	const struct kn_node_ctx *node;
	struct kn_lookup lookup;
	/* A refresh of a pod that runs failed: for an event. Told once a cause. */
	void (*failed)(void *user, const char *message);
	void *user;
};
/* err->code 0: all is there. Otherwise err->msg is for the event FailedMount, and the next try is due after
 * retry_ns (0.5 s doubling to 122 s, as upstream's). */
typedef void (*kn_volumes_done)(void *user, const struct kn_err *err, int64_t retry_ns);

struct kn_volumes *kn_volumes_new(const struct kn_volumes_config *c, struct kn_pod *p);
/* Work under way goes on, and calls nobody back. NULL accepted; returns NULL. */
struct kn_volumes *kn_volumes_free(struct kn_volumes *v);
/* Folders and all volumes. Waits up to a second for what the API server hasn't told yet. done is called once,
 * maybe before this returns. One at a time. */
void kn_volumes_setup(struct kn_volumes *v, kn_volumes_done done, void *user);
/* Ends a setup that waits for the API server with ECANCELED. */
void kn_volumes_give_up(struct kn_volumes *v);
/* The pod is now this one: other labels, say. */
void kn_volumes_update(struct kn_volumes *v, struct kn_pod *p);
/* Something that the pod refers to was learned: goes on with what waits, writes what is new. */
void kn_volumes_changed(struct kn_volumes *v);
/* Starts nothing any more; done is called once nothing is under way, maybe before this returns. */
void kn_volumes_close(struct kn_volumes *v, void (*done)(void *user), void *user);

#endif
