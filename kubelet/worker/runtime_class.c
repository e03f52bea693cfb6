// SPDX-License-Identifier: Apache-2.0
#include "kubelet/worker/runtime_class.h"

#include <errno.h>
#include "lib/base/mem.h"
#include "lib/k8s/node.pb-c.h"

struct kn_runtime_classes {
	struct kn_reflector *reflector;
	const struct kn_log *log;
};

static void on_failed(void *user, const struct kn_api_result *res)
{
	struct kn_runtime_classes *r = user;

	kn_warn(r->log, "Failed to watch RuntimeClasses, trying again", "reason", res->reason, "err",
		res->err.msg);
}

struct kn_runtime_classes *kn_runtime_classes_new(struct kn_loop *loop, struct kn_client *client,
						  const struct kn_log *log)
{
	static const struct kn_reflector_ops ops = {.failed = on_failed};
	static const struct kn_resource classes = {.path = "/apis/node.k8s.io/v1/runtimeclasses",
						   .item = &k8s__runtime_class__descriptor,
						   .list = &k8s__runtime_class_list__descriptor};
	struct kn_runtime_classes *r = kn_calloc(1, sizeof(*r));

	r->log = log;
	r->reflector = kn_reflector_new(loop, client, &classes, &ops, r);
	return r;
}

struct kn_runtime_classes *kn_runtime_classes_free(struct kn_runtime_classes *r)
{
	if (!r)
		return NULL;
	kn_reflector_free(r->reflector);
	free(r);
	return NULL;
}

int kn_runtime_class_handler(const struct kn_runtime_classes *r, const char *name, const char **ret,
			     struct kn_err *err)
{
	struct kn_object *o = r ? kn_reflector_get(r->reflector, "", name) : NULL;
	const K8s__RuntimeClass *c = o ? (const K8s__RuntimeClass *)o->msg : NULL;

	if (!r) {
		*ret = name;
		return 0;
	}
	if (!c && !kn_reflector_synced(r->reflector))
		return kn_err_set(err, EAGAIN, "runtime classes have not been read yet");
	if (!c)
		return kn_err_set(err, ENOENT, "runtimeclass.node.k8s.io \"%s\" not found", name);
	*ret = c->handler ? c->handler : "";
	return 0;
}
