/* SPDX-License-Identifier: Apache-2.0 */
/* kube-proxy's two HTTP servers: /healthz and /livez for load balancers and probes, /metrics and /proxyMode
 * for people and Prometheus (pkg/proxy/healthcheck/proxy_health.go, cmd/kube-proxy/app/server.go). */
#ifndef KN_PROXY_SERVE_H
#define KN_PROXY_SERVE_H

#include "lib/base/log.h"
#include "lib/loop/loop.h"
#include "proxy/proxy.h"

struct kn_serve;
struct kn_serve_config {	       /* borrowed during the call only */
	const char *healthz, *metrics; /* "ADDRESS:PORT" or "[ADDRESS]:PORT"; NULL or "": none */
	bool hard_fail;		       /* an address that can't be had is an error, not only told */
};
/* eligible: whether load balancers should send traffic to this node. */
int kn_serve_new(struct kn_serve **ret, struct kn_loop *loop, const struct kn_serve_config *cfg,
		 const struct kn_proxy *proxy, bool (*eligible)(void *user), void *user,
		 const struct kn_log *log, struct kn_err *err);
struct kn_serve *kn_serve_free(struct kn_serve *s); /* NULL accepted; before the proxy */
/* Prometheus text (version 0.0.4) of the proxy's counters. Pure. */
void kn_serve_metrics_text(const struct kn_proxy_stats *st, struct kn_buf *out);
/* Whether a Service's state has been waiting to be written for more than two minutes (upstream: twice the
 * sync period). Pure. */
bool kn_serve_healthy(const struct kn_proxy_stats *st, int64_t now_ns);

#endif
