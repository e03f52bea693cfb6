/* SPDX-License-Identifier: Apache-2.0 */
/* A request of the API client as what is sent, and when it is sent again. Within lib/k8s. */
#ifndef KN_K8S_API_REQUEST_H
#define KN_K8S_API_REQUEST_H

#include "lib/base/buf.h"
#include "lib/k8s/client.h"

/* A request with everything copied, to be sent as often as it takes. */
struct kn_api_message {
	char *method, *url, *content_type,
		*accept; /* the latter two are header lines; content_type NULL: none */
	struct kn_buf body;
};
/* -EINVAL, -ENOTSUP: a body that has no apiVersion and kind. m must be zeroed; free it also on failure. */
int kn_api_message_init(struct kn_api_message *m, const char *server, bool json,
			const struct kn_api_request *req, struct kn_err *err);
void kn_api_message_free(struct kn_api_message *m);
/* "https://host:port/prefix" without a slash at the end (rest.DefaultServerURL). malloc'd. */
char *kn_api_server_url(const struct kn_kubeconfig *k);

/* Is it worth another try, and when? -1: no. Source: client-go/rest/with_retry.go: 429 and 5xx with
 * Retry-After; a GET whose connection was cut, after a second; ten times at most. Pure. */
int64_t kn_api_retry_ns(const char *method, int status, int err_code, int64_t retry_after_s, unsigned tries);

#endif
