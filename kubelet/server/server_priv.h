/* SPDX-License-Identifier: Apache-2.0 */
/* Between the server's files. */
#ifndef KN_KUBELET_SERVER_PRIV_H
#define KN_KUBELET_SERVER_PRIV_H

#include "kubelet/worker/peek.h"
#include "kubelet/server/server.h"
#include "kubelet/server/server_route.h"
#include "lib/base/list.h"

struct kn_stats;

struct kn_server {
	struct kn_server_deps d;
	struct kn_httpd *http;
	struct kn_stats *stats;
	struct kn_list jobs;	    /* struct kn_server_job: requests whose user is being looked up */
	struct kn_metrics *metrics; /* the server's own */
};

/* Each takes the request over: answers it now, or sets its closed callback and answers later. */
typedef void (*kn_server_handler)(struct kn_server *s, struct kn_httpd_request *r,
				  const struct kn_route_match *m);
void kn_server_pods(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_running_pods(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_container_logs(struct kn_server *s, struct kn_httpd_request *r,
			      const struct kn_route_match *m);
void kn_server_exec(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_attach(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_port_forward(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_run(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_node_logs(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_stats(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);
void kn_server_metrics(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m);

/* The running container of that name; NULL: none. Borrowed. */
const struct kn_obs_container *kn_server_running(const struct kn_pod_peek *p, const char *container);

/* server_backend.c: replays r to a runtime's streaming URL, and copies bytes both ways once it has agreed.
 * Takes the request over. */
void kn_server_proxy(struct kn_server *s, struct kn_httpd_request *r, const char *url);

#endif
