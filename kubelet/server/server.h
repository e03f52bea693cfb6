/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The kubelet's server, :10250 (pkg/kubelet/server): who asks is found out first (auth.h), then each endpoint
 * answers on its own; logs, exec, attach and port-forward are streams with back-pressure.
 */
#ifndef KN_KUBELET_SERVER_H
#define KN_KUBELET_SERVER_H

#include "kubelet/server/auth.h"
#include "kubelet/kubelet.h"
#include "kubelet/server/metrics.h"
#include "lib/httpd/httpd.h"

struct kn_server;
struct kn_server_deps { /* borrowed for the server's life */
	struct kn_loop *loop;
	struct kn_cri *cri;
	struct kn_kubelet *kubelet;
	struct kn_cgroup *cgroup; /* NULL: cgroupsPerQOS off */
	const struct kn_node_ctx *node;
	const struct kn_log *log;
	struct kn_client *client;   /* whose requests /metrics tells of; may be NULL */
	struct kn_auth *auth;	    /* NULL: everybody may everything (standalone, loopback, tests) */
	struct kn_metrics *metrics; /* what /metrics shows besides the server's own; may be NULL */
	struct kn_metrics *probes;  /* what /metrics/probes shows; may be NULL */
	const char *cgroup_root;    /* "/" or "/node-a": stats are read below it */
	const char *log_dir;	    /* of /logs/; NULL: "/var/log" */
	bool read_only;		    /* of metrics only: what else makes it so is what is left out here */
	bool debugging_handlers;    /* enableDebuggingHandlers: exec, attach, logs ... are served */
	bool system_log_handler;    /* enableSystemLogHandler: /logs/ is served */
	/* Writes the KubeletConfiguration in force as one JSON object; NULL: /configz is 404. */
	void (*write_config)(void *user, const char *key, struct kn_json_writer *w);
	/* What /healthz/syncloop says: 0, or an error with its text; NULL: well. */
	int (*healthy)(void *user, struct kn_err *err);
	void *user;
};
int kn_server_new(struct kn_server **ret, const struct kn_server_deps *deps,
		  const struct kn_httpd_config *listen, struct kn_err *err);
struct kn_server *kn_server_free(struct kn_server *s); /* NULL accepted */
/* For connections from now on. */
int kn_server_set_tls(struct kn_server *s, const struct kn_httpd_tls *tls, struct kn_err *err);
void kn_server_client(struct kn_server *s, struct kn_client *client); /* from now on */
uint16_t kn_server_port(const struct kn_server *s);

#endif
