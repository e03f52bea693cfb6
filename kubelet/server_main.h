/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The server as the configuration wants it: address, certificates (files are followed when they change), who
 * may ask. Joined, it serves if enableServer is set; standalone only if there is somebody who could be let in
 * without an API server.
 */
#ifndef KN_KUBELET_SERVER_MAIN_H
#define KN_KUBELET_SERVER_MAIN_H

#include "kubelet/config/options.h"
#include "kubelet/server/server.h"

struct kn_server_main;
struct kn_server_main_deps { /* borrowed */
	struct kn_loop *loop;
	struct kn_cri *cri;
	struct kn_kubelet *kubelet;
	struct kn_cgroup *cgroup;
	const struct kn_node_ctx *node;
	const struct kn_options *options;
	const struct kn_log *log;
	struct kn_metrics *metrics; /* may be NULL */
};
int kn_server_main_new(struct kn_server_main **ret, const struct kn_server_main_deps *deps,
		       struct kn_err *err);
struct kn_server_main *kn_server_main_free(struct kn_server_main *m); /* before the client goes */
/* Tokens and permissions can be asked for from now on; borrowed. */
void kn_server_main_client(struct kn_server_main *m, struct kn_client *client);
/* A serving certificate signed by the cluster, to be used instead of the own one from now on. */
int kn_server_main_cert(struct kn_server_main *m, const char *cert_pem, const char *key_pem,
			struct kn_err *err);

#endif
