/* SPDX-License-Identifier: Apache-2.0 */
/* The first client certificate, by a bootstrap kubeconfig's token: asked for, kept in --cert-dir, and a
 * kubeconfig written that leads to it (pkg/kubelet/certificate/bootstrap/bootstrap.go). */
#ifndef KN_KUBELET_BOOTSTRAP_H
#define KN_KUBELET_BOOTSTRAP_H

#include "lib/base/buf.h"
#include "lib/k8s/client.h"

/* Can the kubeconfig be used: it can be read, and its certificate, if any, has not expired? */
bool kn_bootstrap_done(const char *kubeconfig, int64_t real_ns, struct kn_err *why);

struct kn_bootstrap;
struct kn_bootstrap_config { /* borrowed */
	struct kn_loop *loop;
	struct kn_http *http;
	const char *bootstrap_kubeconfig, *kubeconfig, *cert_dir, *node_name;
	const struct kn_log *log;
	/* The kubeconfig is there. Free the bootstrap in it or later. */
	void (*done)(void *user);
	void *user;
};
/* Goes on trying until it succeeds, after 2 to 32 s; the bootstrap kubeconfig may appear later, too. */
struct kn_bootstrap *kn_bootstrap_new(const struct kn_bootstrap_config *cfg);
struct kn_bootstrap *kn_bootstrap_free(struct kn_bootstrap *b);

/* Pure: text of a kubeconfig for the same server as the one given, with certificate and key in pem_path. */
void kn_bootstrap_kubeconfig(const struct kn_kubeconfig *from, const char *pem_path, struct kn_buf *out);

#endif
