/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Services and EndpointSlices of the API server, with kube-proxy's filters (cmd/kube-proxy/app/server.go):
 * what bears service.kubernetes.io/service-proxy-name or .../headless is not asked for.
 */
#ifndef KN_PROXY_SERVICE_WATCH_H
#define KN_PROXY_SERVICE_WATCH_H

#include "lib/k8s/client.h"
#include "proxy/proxy.h"

struct kn_service_watch;
/* on_change (loop thread, coalesced: once a turn of the loop) after both were listed and again after every
 * change. */
struct kn_service_watch *kn_service_watch_new(struct kn_loop *loop, struct kn_client *client,
					      const struct kn_log *log, void (*on_change)(void *user),
					      void *user);
struct kn_service_watch *kn_service_watch_free(struct kn_service_watch *w); /* NULL accepted */
bool kn_service_watch_synced(const struct kn_service_watch *w);
/* All of them, in want->services and want->slices: arrays in the arena a, objects borrowed until the next
 * turn of the loop. The host ports are left alone. */
void kn_service_watch_get(const struct kn_service_watch *w, struct kn_arena *a, struct kn_proxy_want *want);

#endif
