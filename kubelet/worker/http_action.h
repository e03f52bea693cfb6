/* SPDX-License-Identifier: Apache-2.0 */
/* Where and how an httpGet of a probe or a hook asks (pkg/probe/http/request.go, pkg/probe/util.go). Pure. */
#ifndef KN_KUBELET_HTTP_ACTION_H
#define KN_KUBELET_HTTP_ACTION_H

#include <stdbool.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/k8s/core.pb-c.h"

struct kn_http_action { /* in the arena */
	char *url;
	const char **headers; /* "Name: value", NULL-terminated */
};

/* A number, or the name of one of the container's ports. -EINVAL: `port "x" not found`, `invalid port
 * number`. */
int kn_action_port(const K8s__IntOrString *port, const K8s__Container *c, int *ret, struct kn_err *err);
/* host: when the action names none. purpose: "probe" or "lifecycle", for the User-Agent. The path may have a
 * query; a fragment is not sent. plain: http, whatever the action's scheme is. */
int kn_http_action_make(struct kn_http_action *out, struct kn_arena *a, const K8s__HTTPGetAction *h,
			const K8s__Container *c, const char *host, const char *purpose, bool plain,
			struct kn_err *err);
/* "10.0.0.1:80", "[fd00::1]:80". */
char *kn_action_address(struct kn_arena *a, const char *host, int port);
/* As Go prints a duration of whole seconds: "5s", "1m30s", "1h0m0s". buf of 32 bytes; returned. */
char *kn_action_seconds(char buf[32], long long s);

#endif
