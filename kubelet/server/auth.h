/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Who asks, and may they? Client certificate, bearer token by TokenReview, anonymous; then AlwaysAllow or
 * SubjectAccessReview (pkg/kubelet/server/auth.go, cmd/kubelet/app/auth.go, k8s.io/apiserver's
 * authenticatorfactory and authorizerfactory). Answers of the API server are cached.
 */
#ifndef KN_KUBELET_AUTH_H
#define KN_KUBELET_AUTH_H

#include "lib/base/log.h"
#include "lib/httpd/httpd.h"
#include "lib/k8s/client.h"

struct kn_auth_config {	      /* strings borrowed */
	bool anonymous;	      /* authentication.anonymous.enabled */
	bool x509;	      /* authentication.x509.clientCAFile is set */
	bool token_webhook;   /* authentication.webhook.enabled */
	int64_t token_ttl_ns; /* authentication.webhook.cacheTTL; 0: 2 min */
	bool always_allow;    /* authorization.mode AlwaysAllow; else Webhook */
	int64_t allow_ttl_ns; /* authorization.webhook.cacheAuthorizedTTL; 0: 5 min */
	int64_t deny_ttl_ns;  /* authorization.webhook.cacheUnauthorizedTTL; 0: 30 s */
	const char *node_name;
};

struct kn_auth;
/* client: borrowed; NULL: what needs the API server is refused. */
struct kn_auth *kn_auth_new(struct kn_loop *loop, struct kn_client *client, const struct kn_auth_config *cfg,
			    const struct kn_log *log);
void kn_auth_client(struct kn_auth *a, struct kn_client *client); /* from now on */
struct kn_auth *kn_auth_free(struct kn_auth *a);		  /* no check may be under way */

/* status 200: go on; 401, 403, 500: answer with text (borrowed for the call). */
typedef void (*kn_auth_done)(void *user, int status, const char *text);
struct kn_auth_check;
/* done comes once, perhaps before this returns; the return value is NULL then. */
struct kn_auth_check *kn_auth_start(struct kn_auth *a, struct kn_httpd_request *r, kn_auth_done done,
				    void *user);
void kn_auth_cancel(struct kn_auth_check *c); /* done will not be called; NULL accepted */

#endif
