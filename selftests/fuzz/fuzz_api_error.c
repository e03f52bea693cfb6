// SPDX-License-Identifier: Apache-2.0
/* Any bytes as an answer of the API server, and as what a credential plugin prints. */
#include <assert.h>

#include "lib/k8s/api_error.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/exec_plugin.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(4 << 20);
	struct kn_exec_credential cred = {0};
	ProtobufCMessage *msg = NULL;
	const char *reason = NULL;
	struct kn_err err = KN_ERR_INIT;
	int64_t after = -1;

	kn_api_error(size & 1 ? 409 : 500, data, size, a, &reason, &after, &err);
	assert(reason && err.code);
	if (kn_api_decode(data, size, &k8s__pod_list__descriptor, a, &msg, NULL) < 0)
		assert(!msg);
	if (kn_exec_parse((const char *)data, size, "v1", a, &cred, NULL) < 0)
		assert(!cred.token && !cred.cert_pem);
	return 0;
}
