/* SPDX-License-Identifier: Apache-2.0 */
/* Services as variables of a container (pkg/kubelet/envvars/envvars.go, kubelet_pods.go getServiceEnvVarMap):
 * {NAME}_SERVICE_HOST, {NAME}_SERVICE_PORT and the older {NAME}_PORT... ones. Pure but for the watch. */
#ifndef KN_KUBELET_SERVICE_ENV_H
#define KN_KUBELET_SERVICE_ENV_H

#include "cri/api.pb-c.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/reflector.h"

/* Appends the variables of one Service; none without a cluster address. The list grows in the arena (one
 * without a limit). */
void kn_service_env_add(struct kn_arena *a, const K8s__Service *s, Cri__KeyValue ***list, size_t *n);
/* Whether a pod of namespace ns is told of the Service: "kubernetes" of "default" always, those of its own
 * namespace with enableServiceLinks. */
bool kn_service_env_wants(const K8s__ObjectMeta *service, const char *ns, bool links);

/* All Services with a cluster address, watched. */
struct kn_service_env;
struct kn_service_env *kn_service_env_new(struct kn_loop *loop, struct kn_client *client,
					  const struct kn_log *log);
struct kn_service_env *kn_service_env_free(struct kn_service_env *s); /* NULL accepted */
/* What a container of a pod in ns gets, in the arena. -EAGAIN: the Services aren't known yet. s NULL:
 * nothing, there is no API server. */
int kn_service_env_make(const struct kn_service_env *s, const char *ns, bool links, struct kn_arena *a,
			Cri__KeyValue ***list, size_t *n, struct kn_err *err);

#endif
