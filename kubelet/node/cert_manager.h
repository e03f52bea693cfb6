/* SPDX-License-Identifier: Apache-2.0 */
/* Keeps one certificate fresh: asks for the first one or renews it at 70 to 90 % of its life, keeps it in a
 * folder, and hands it on (client-go/util/certificate/certificate_manager.go). */
#ifndef KN_KUBELET_CERT_MANAGER_H
#define KN_KUBELET_CERT_MANAGER_H

#include "kubelet/node/cert_request.h"

struct kn_cert_manager;
struct kn_cert_manager_config {	  /* strings are copied */
	struct kn_client *client; /* borrowed */
	const char *dir, *name;	  /* of the store: "kubelet-client", "kubelet-server" */
	const char *signer, *node_name;
	/* What is used so far, PEM, if the store has nothing valid; NULL: then one is asked for at once. */
	const char *current;
	/* A new one, or the store's own at the start; PEM; valid inside. */
	void (*changed)(void *user, const char *cert_pem, const char *key_pem);
	/* It has expired and could not be renewed; told with each failure from then on. May be NULL. */
	void (*expired)(void *user);
	void *user;
};
/* Calls back from the loop only. */
struct kn_cert_manager *kn_cert_manager_new(struct kn_loop *loop, const struct kn_cert_manager_config *cfg,
					    const struct kn_log *log);
struct kn_cert_manager *kn_cert_manager_free(struct kn_cert_manager *m);
/* Names for a serving certificate (of the node's addresses), NULL-terminated; if the present one isn't good
 * for them, a new one is asked for. Nothing happens for a serving certificate before the first call. */
void kn_cert_manager_names(struct kn_cert_manager *m, const char *const *dns, const char *const *ips);

#endif
