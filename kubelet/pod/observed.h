/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What the runtime has of one pod: plain structs, owned by one kn_obs_pod, made new at each look and never
 * changed once shown to others. Sandboxes and containers stand newest first. Pure: filled from CRI answers by
 * the caller.
 */
#ifndef KN_KUBELET_OBSERVED_H
#define KN_KUBELET_OBSERVED_H

#include <stdbool.h>
#include <stdint.h>
#include "cri/api.pb-c.h"
#include "lib/base/map.h"

enum kn_obs_state { KN_OBS_CREATED, KN_OBS_RUNNING, KN_OBS_EXITED, KN_OBS_UNKNOWN };

struct kn_obs_sandbox {
	char *id;
	bool ready;
	unsigned attempt;
	int64_t created_ns; /* since 1970 */
	/* from PodSandboxStatus, if have_status */
	bool have_status, host_network;
	char **ips; /* NULL-terminated, primary first; NULL: none */
};

struct kn_obs_container {
	char *id, *name, *sandbox_id;
	enum kn_obs_state state;
	char hash[20];	     /* of the annotation; "" if there is none */
	char resources[112]; /* the same, of what it was given (resize.h) */
	unsigned restarts;   /* of the annotation, else the attempt */
	int64_t grace_s;     /* of the annotation; -1: none */
	int64_t created_ns;
	/* from ContainerStatus, if have_status */
	bool have_status;
	int64_t started_ns, finished_ns; /* 0: not yet */
	int exit_code;
	char *reason, *message, *image, *image_ref, *log_path; /* may be NULL */
};

struct kn_obs_pod {
	char *uid, *name, *ns;
	struct kn_obs_sandbox *sandboxes; /* newest first */
	size_t n_sandboxes;
	struct kn_obs_container *containers; /* newest first */
	size_t n_containers;
	uint64_t digest; /* see kn_obs_digest_* */
};

struct kn_obs_pod *kn_obs_pod_new(const char *uid, const char *ns, const char *name);
struct kn_obs_pod *kn_obs_pod_free(struct kn_obs_pod *p); /* NULL accepted; returns NULL */

/* Take over list entries (copied; entries of other pods must have been filtered out). */
void kn_obs_add_sandbox(struct kn_obs_pod *p, const Cri__PodSandbox *s);
void kn_obs_add_container(struct kn_obs_pod *p, const Cri__Container *c);
/* After the last add: sorts, and takes the details over from an older look where nothing has changed (old may
 * be NULL; it is left without what was moved). */
void kn_obs_finish(struct kn_obs_pod *p, struct kn_obs_pod *old);
void kn_obs_sandbox_status(struct kn_obs_sandbox *s, const Cri__PodSandboxStatus *st);
void kn_obs_container_status(struct kn_obs_container *c, const Cri__ContainerStatus *st);

/* A pod's digest is the sum of its entries' hashes of identifier and state: cheap, and independent of order.
 * Two looks at a pod with the same digest have the same members in the same states. */
uint64_t kn_obs_digest_sandbox(const Cri__PodSandbox *s);
uint64_t kn_obs_digest_container(const Cri__Container *c);
const char *kn_obs_uid(const Cri__PodSandbox *s); /* of metadata, else the label; NULL: not a pod of ours */
const char *kn_obs_container_uid(const Cri__Container *c); /* of the label; NULL: not ours */

/* Newest sandbox, or NULL. */
const struct kn_obs_sandbox *kn_obs_newest(const struct kn_obs_pod *p);
/* Newest container of that name; sandbox_id NULL: in any sandbox. */
const struct kn_obs_container *kn_obs_find(const struct kn_obs_pod *p, const char *name,
					   const char *sandbox_id);
/* The newest exited one of that name that is older than c (c NULL: the newest exited). */
const struct kn_obs_container *kn_obs_previous(const struct kn_obs_pod *p, const char *name,
					       const struct kn_obs_container *c);
bool kn_obs_alive(const struct kn_obs_pod *p); /* any sandbox ready or container running or unknown */

#endif
