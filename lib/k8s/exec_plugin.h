/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Credential plugins: a program that prints an ExecCredential
 * (client-go/plugin/pkg/client/auth/exec/exec.go, client.authentication.k8s.io/v1 and v1beta1).
 */
#ifndef KN_K8S_EXEC_PLUGIN_H
#define KN_K8S_EXEC_PLUGIN_H

#include "lib/k8s/client.h"

struct kn_exec_credential {
	const char *token, *cert_pem, *key_pem; /* NULL: not given */
	int64_t expires;			/* ns since 1970; 0: never */
};
/* Reads what a plugin printed; strings in the arena. -EINVAL with the reason. Pure. */
int kn_exec_parse(const char *data, size_t len, const char *api_version, struct kn_arena *a,
		  struct kn_exec_credential *ret, struct kn_err *err);

struct kn_exec_plugin;
/* Runs the kubeconfig's plugin for a minute at most, with the environment of this process, its own and
 * KUBERNETES_EXEC_INFO. done is called once, later, with either argument NULL; free the plugin then or any
 * time before. ca_pem (NULL: none) is told to plugins that ask for it. */
int kn_exec_run(struct kn_exec_plugin **ret, struct kn_loop *loop, const struct kn_kubeconfig *k,
		const char *ca_pem,
		void (*done)(void *user, const struct kn_exec_credential *c, const struct kn_err *err),
		void *user, struct kn_err *err);
struct kn_exec_plugin *kn_exec_free(struct kn_exec_plugin *p); /* NULL accepted; kills what runs */

#endif
