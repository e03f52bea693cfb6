// SPDX-License-Identifier: Apache-2.0
#include "proxy/service_watch.h"

#include "lib/base/mem.h"
#include "lib/k8s/reflector.h"

#define NOT_OURS "!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name"

struct kn_service_watch {
	struct kn_reflector *services, *slices;
	struct kn_timer *timer;
	const struct kn_log *log;
	void (*on_change)(void *user);
	void *user;
};

static void tell(void *user)
{
	struct kn_service_watch *w = user;

	if (kn_service_watch_synced(w))
		w->on_change(w->user);
}

static void changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct kn_service_watch *w = user;

	if (!kn_timer_armed(w->timer))
		kn_timer_arm(w->timer, 0);
}

static void synced(void *user)
{
	changed(user, NULL, NULL);
}

static void failed_services(void *user, const struct kn_api_result *r)
{
	struct kn_service_watch *w = user;

	kn_warn(w->log, "Failed to watch Services", "err", r->err.msg);
}

static void failed_slices(void *user, const struct kn_api_result *r)
{
	struct kn_service_watch *w = user;

	kn_warn(w->log, "Failed to watch EndpointSlices", "err", r->err.msg);
}

struct kn_service_watch *kn_service_watch_new(struct kn_loop *loop, struct kn_client *client,
					      const struct kn_log *log, void (*on_change)(void *user),
					      void *user)
{
	static const struct kn_resource services = {.path = "/api/v1/services",
						    .item = &k8s__service__descriptor,
						    .list = &k8s__service_list__descriptor,
						    .label_selector = NOT_OURS};
	static const struct kn_resource slices = {.path = "/apis/discovery.k8s.io/v1/endpointslices",
						  .item = &k8s__endpoint_slice__descriptor,
						  .list = &k8s__endpoint_slice_list__descriptor,
						  .label_selector = NOT_OURS};
	static const struct kn_reflector_ops service_ops = {
		.changed = changed, .synced = synced, .failed = failed_services};
	static const struct kn_reflector_ops slice_ops = {
		.changed = changed, .synced = synced, .failed = failed_slices};
	struct kn_service_watch *w = kn_calloc(1, sizeof(*w));

	w->log = log;
	w->on_change = on_change;
	w->user = user;
	w->timer = kn_timer_new(loop, tell, w);
	w->services = kn_reflector_new(loop, client, &services, &service_ops, w);
	w->slices = kn_reflector_new(loop, client, &slices, &slice_ops, w);
	return w;
}

struct kn_service_watch *kn_service_watch_free(struct kn_service_watch *w)
{
	if (!w)
		return NULL;
	kn_reflector_free(w->services);
	kn_reflector_free(w->slices);
	kn_timer_free(w->timer);
	free(w);
	return NULL;
}

bool kn_service_watch_synced(const struct kn_service_watch *w)
{
	return w && kn_reflector_synced(w->services) && kn_reflector_synced(w->slices);
}

/* The objects of a store as an array of their messages. */
static const void **messages(const struct kn_reflector *r, struct kn_arena *a, size_t *n)
{
	const void **list = kn_arena_alloc(a, (kn_reflector_count(r) + 1) * sizeof(*list));
	struct kn_object *o;
	size_t it = 0;

	*n = 0;
	while ((o = kn_reflector_next(r, &it)))
		list[(*n)++] = o->msg;
	return list;
}

void kn_service_watch_get(const struct kn_service_watch *w, struct kn_arena *a, struct kn_proxy_want *want)
{
	want->services = (const K8s__Service *const *)messages(w->services, a, &want->n_services);
	want->slices = (const K8s__EndpointSlice *const *)messages(w->slices, a, &want->n_slices);
}
