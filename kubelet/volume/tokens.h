/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Service account tokens bound to pods, by TokenRequest; kept in memory only, renewed at 80 % of their life
 * or after a day (pkg/kubelet/token/token_manager.go). Loop's thread only.
 */
#ifndef KN_KUBELET_TOKENS_H
#define KN_KUBELET_TOKENS_H

#include "kubelet/pod/pod.h"
#include "kubelet/volume/refs.h"
#include "lib/k8s/client.h"

struct kn_tokens;
struct kn_tokens_config {
	struct kn_loop *loop;
	struct kn_client *client; /* NULL: no API server, every lookup fails */
	const struct kn_log *log;
	/* A token that was asked for is there, is new, or was refused. */
	void (*changed)(void *user, const char *pod_uid);
	void *user;
};
struct kn_tokens *kn_tokens_new(const struct kn_tokens_config *c);
struct kn_tokens *kn_tokens_free(struct kn_tokens *t); /* NULL accepted; returns NULL */
/* READY: ret is the token, borrowed until the loop turns; when it is due, a new one has been asked for.
 * WAITING: asked for. ERROR: the last request failed, told once; the next call asks again. */
enum kn_ref_state kn_tokens_get(struct kn_tokens *t, struct kn_pod *p,
				const K8s__ServiceAccountTokenProjection *want, const char **ret,
				struct kn_err *err);
void kn_tokens_drop(struct kn_tokens *t, const char *pod_uid); /* the pod has gone */

/* When to renew (ns since 1970): the earlier of 80 % of the life and 24 h after issue, less jitter. All in
 * ns; life: as asked for. Pure. */
int64_t kn_token_renew_at(int64_t expires_ns, int64_t life_ns, int64_t jitter_ns);

#endif
