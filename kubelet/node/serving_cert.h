/* SPDX-License-Identifier: Apache-2.0 */
/* A self-signed serving certificate, for a server that was given none (client-go/util/cert
 * GenerateSelfSignedCertKey, as the kubelet uses it). */
#ifndef KN_KUBELET_SERVING_CERT_H
#define KN_KUBELET_SERVING_CERT_H

#include "lib/base/err.h"

/* Makes a certificate for a host name and an address (NULL: none), good for a year, with a P-256 key; PEM
 * texts, malloc'd. */
int kn_serving_cert_make(const char *host, const char *ip, char **cert_pem, char **key_pem,
			 struct kn_err *err);
/* Takes the one at DIR/kubelet.crt and DIR/kubelet.key, or makes it and leaves it there. One that is about to
 * expire or can't be read is replaced. */
int kn_serving_cert_self(const char *dir, const char *host, const char *ip, char **cert_pem, char **key_pem,
			 struct kn_err *err);

#endif
