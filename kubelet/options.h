/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's flags, with the stock kubelet's names and defaults where it has them. */
#ifndef KN_KUBELET_OPTIONS_H
#define KN_KUBELET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "lib/base/arena.h"
#include "lib/base/err.h"

#ifndef KN_KUBE_VERSION /* of the kubelet whose place this takes, as the API server is told */
#define KN_KUBE_VERSION "v1.37.1"
#endif

struct kn_options { /* strings live in the arena given, or in argv */
	const char *manifest_path, *runtime_endpoint, *root_dir, *pod_logs_dir;
	const char *cgroup_root, *cgroup_driver, *node_name, *node_ip;
	const char *cluster_domain, *resolv_conf, *ctl_socket;
	const char *pod_cidr, *cni_conf_dir, *bpf_pin_dir, *logging_format;
	const char *kubeconfig, *node_labels, *register_with_taints, *provider_id, *cloud_provider;
	const char **cluster_dns; /* NULL-terminated, or NULL */
	int64_t file_check_ns;
	int verbosity, max_pods, kube_api_qps, kube_api_burst;
	bool register_node;
	bool fail_cgroup_v1, cgroups_per_qos, proxy, cleanup, version, help;
};

/* Fills *ret from the command line. -EINVAL with the flag's name on a bad one. ret untouched on failure. */
int kn_options_parse(struct kn_options *ret, int argc, char *const argv[], struct kn_arena *a,
		     struct kn_err *err);
void kn_options_usage(int fd);

#endif
