/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a request needs to be let in: an Authorization header, and the TLS material. Kept up to date with the
 * kubeconfig's files, token files and credential plugin. Loop's thread only.
 */
#ifndef KN_K8S_CREDENTIALS_H
#define KN_K8S_CREDENTIALS_H

#include "lib/k8s/client.h"

struct kn_credentials;
/* changed is called on the loop when a -EINPROGRESS of kn_credentials_get is over. k is borrowed. */
struct kn_credentials *kn_credentials_new(struct kn_loop *loop, const struct kn_kubeconfig *k,
					  void (*changed)(void *user), void *user);
struct kn_credentials *kn_credentials_free(struct kn_credentials *c);

/* Both borrowed, good until the next call here; authorization NULL: none. -EINPROGRESS: a plugin is running.
 * Other errors: a file or the plugin failed; files are looked at again after a second at the earliest. */
int kn_credentials_get(struct kn_credentials *c, const char **authorization, struct kn_http_tls **tls,
		       struct kn_err *err);
/* Changes with each new token or answer of the plugin. */
unsigned kn_credentials_serial(const struct kn_credentials *c);
/* The server answered 401 to what was current at `serial`: what can be had anew (token file, plugin) is
 * forgotten, unless that has happened since. False: there is nothing of the kind. */
bool kn_credentials_rejected(struct kn_credentials *c, unsigned serial);
/* NULLs: those of the kubeconfig. */
void kn_credentials_set_cert(struct kn_credentials *c, const char *cert_pem, const char *key_pem);

#endif
