/* SPDX-License-Identifier: Apache-2.0 */
/* How the pure parts get at what the API server knows; tests give them what they like. */
#ifndef KN_KUBELET_LOOKUP_H
#define KN_KUBELET_LOOKUP_H

#include "kubelet/volume/refs.h"

struct kn_lookup {
	void *user;
	/* As kn_refs_get. NULL: there is no API server. */
	enum kn_ref_state (*object)(void *user, enum kn_ref_kind kind, const char *ns, const char *name,
				    const ProtobufCMessage **ret, struct kn_err *err);
	/* A service account token for the pod, borrowed until the loop turns; WAITING: it was asked for. */
	enum kn_ref_state (*token)(void *user, struct kn_pod *p, const K8s__ServiceAccountTokenProjection *t,
				   const char **ret, struct kn_err *err);
};

#endif
