// SPDX-License-Identifier: Apache-2.0
/* The reflector upon the API server's client. */
#include "lib/k8s/reflector_private.h"

static void *start(void *ctx, const struct kn_api_request *req, kn_api_done done, void *user)
{
	return kn_api_start(ctx, req, done, user);
}

static void *stream(void *ctx, const struct kn_api_request *req,
		    void (*on_data)(void *user, const uint8_t *data, size_t len), kn_api_done done,
		    void *user)
{
	return kn_api_stream(ctx, req, on_data, done, user);
}

static void cancel(void *call)
{
	kn_api_cancel(call);
}

struct kn_reflector *kn_reflector_new(struct kn_loop *loop, struct kn_client *client,
				      const struct kn_resource *res, const struct kn_reflector_ops *ops,
				      void *user)
{
	static const struct kn_reflector_transport api = {start, stream, cancel};
	struct kn_reflector *r = kn_reflector_new_on(loop, &api, client, res, ops, user);

	r->plain = &kn_client_traits(client)->plain_lists;
	return r;
}
