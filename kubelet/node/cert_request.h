/* SPDX-License-Identifier: Apache-2.0 */
/* Asks the cluster for a certificate: makes key and request, posts a CertificateSigningRequest, watches it
 * until it is issued or refused (client-go/util/certificate/csr/csr.go). */
#ifndef KN_KUBELET_CERT_REQUEST_H
#define KN_KUBELET_CERT_REQUEST_H

#include "kubelet/node/csr.h"
#include "lib/k8s/client.h"

#define KN_SIGNER_CLIENT "kubernetes.io/kube-apiserver-client-kubelet"
#define KN_SIGNER_SERVING "kubernetes.io/kubelet-serving"

struct kn_cert_request;
/* Once. err.code 0: PEM texts, valid inside the call. EACCES: refused; ETIMEDOUT: nobody decided within
 * 15 minutes. kn_cert_request_free is still the caller's, also inside. */
typedef void (*kn_cert_request_done)(void *user, const char *cert_pem, const char *key_pem,
				     const struct kn_err *err);
int kn_cert_request_new(struct kn_cert_request **ret, struct kn_loop *loop, struct kn_client *client,
			const char *signer, const struct kn_csr_subject *subject, kn_cert_request_done done,
			void *user, const struct kn_log *log, struct kn_err *err);
struct kn_cert_request *kn_cert_request_free(struct kn_cert_request *r);

#endif
