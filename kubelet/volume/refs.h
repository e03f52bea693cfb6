/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Secrets and ConfigMaps that pods refer to, each watched by itself (the node authorizer allows no more)
 * from the first pod that needs it to the last (pkg/kubelet/util/manager/watch_based_manager.go). Loop's
 * thread only.
 */
#ifndef KN_KUBELET_REFS_H
#define KN_KUBELET_REFS_H

#include "kubelet/pod/pod.h"
#include "lib/k8s/reflector.h"

enum kn_ref_kind { KN_REF_SECRET, KN_REF_CONFIGMAP };
enum kn_ref_state { KN_REF_READY, KN_REF_WAITING, KN_REF_NOT_FOUND, KN_REF_ERROR };

/* Each reference of the pod once or more: volumes, env and envFrom of all containers, imagePullSecrets. Pure.
 */
void kn_pod_refs_each(const struct kn_pod *p, void (*fn)(void *user, enum kn_ref_kind kind, const char *name),
		      void *user);
/* What a pod names that only an API server has: "secrets", "configmaps" ...; NULL:
 * nothing. A static pod may name none (HasAPIObjectReference in pkg/api/pod/util.go). Pure. */
const char *kn_pod_api_reference(const struct kn_pod *p);

struct kn_refs;
struct kn_refs_config {
	struct kn_loop *loop;
	struct kn_client *client; /* NULL: no API server, every lookup fails */
	const struct kn_log *log;
	/* Something that the pod refers to is known now, or other than before. From a turn of its own. */
	void (*changed)(void *user, const char *pod_uid);
	void *user;
};
struct kn_refs *kn_refs_new(const struct kn_refs_config *c);
struct kn_refs *kn_refs_free(struct kn_refs *r); /* NULL accepted; returns NULL */
/* Watches what the pod refers to; called again for the same uid, what it refers to now. */
void kn_refs_hold(struct kn_refs *r, const struct kn_pod *p);
void kn_refs_release(struct kn_refs *r, const char *pod_uid);
/* READY: ret is a K8s__Secret or K8s__ConfigMap, borrowed until the loop turns. Otherwise err says why, in
 * upstream's words: NOT_FOUND 'secret "x" not found' (ENOENT), WAITING that it takes long (EAGAIN). */
enum kn_ref_state kn_refs_get(const struct kn_refs *r, enum kn_ref_kind kind, const char *ns,
			      const char *name, const ProtobufCMessage **ret, struct kn_err *err);
size_t kn_refs_count(const struct kn_refs *r); /* objects known or watched */

#endif
