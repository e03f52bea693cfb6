// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/pod_delete.h"

#include <string.h>
#include "lib/base/mem.h"

struct kn_api_call *kn_pod_delete(struct kn_client *client, const struct kn_object *o, kn_api_done done,
				  void *user)
{
	char *path kn_auto_free = kn_sprintf("/api/v1/namespaces/%s/pods/%s", o->ns, o->name);
	char *body kn_auto_free =
		kn_sprintf("{\"apiVersion\":\"v1\",\"kind\":\"DeleteOptions\",\"gracePeriodSeconds\":0,"
			   "\"preconditions\":{\"uid\":\"%s\"}}",
			   o->uid);
	const struct kn_api_request req = {.method = "DELETE",
					   .path = path,
					   .raw = body,
					   .raw_len = strlen(body),
					   .content_type = "application/json"};

	return kn_api_start(client, &req, done, user);
}
