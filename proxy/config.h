/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernlet-proxy's settings: kube-proxy's flags and its KubeProxyConfiguration
 * (kubeproxy.config.k8s.io/v1alpha1), from one table, so that a flag and a field can't differ. As with
 * kube-proxy, a file given by --config counts instead of the flags, but for --hostname-override and those
 * that kube-proxy doesn't have (cmd/kube-proxy/app/options.go).
 */
#ifndef KN_PROXY_CONFIG_H
#define KN_PROXY_CONFIG_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

struct kn_proxy_options { /* strings live in the arena, or in argv */
	const char *config_file, *kubeconfig, *master, *content_type, *qps;
	const char *hostname_override, *bind_address, *healthz_address, *metrics_address;
	const char *mode, *cluster_cidr, *oom_score_adj, *logging_format;
	const char **node_port_addresses; /* CIDRs or "primary", NULL-terminated; NULL: all addresses */
	int64_t config_sync_ns;
	int burst, verbosity;
	bool bind_hard_fail, cleanup, version, help;
	/* not kube-proxy's */
	const char *manifest_path, *cgroup_path, *pin_dir, *ctl_socket;
	int64_t file_check_ns;
	/* accepted and without effect: of iptables, IPVS, conntrack, or of Go */
	struct {
		const char *text;
		const char **list;
		int number;
		int64_t ns;
		bool flag;
	} unused;
};

/* Fills *ret from the command line and from the file it names. -EINVAL with the flag's or the field's name.
 * ret is untouched on failure. */
int kn_proxy_options_parse(struct kn_proxy_options *ret, int argc, char *const argv[], struct kn_arena *a,
			   struct kn_err *err);
/* The fields of one configuration text, over *o. file is for messages. Pure. */
int kn_proxy_config_apply(struct kn_proxy_options *o, const char *file, const char *data, size_t len,
			  struct kn_arena *a, struct kn_err *err);
void kn_proxy_options_usage(int fd);

#endif
