/* SPDX-License-Identifier: Apache-2.0 */
/* The daemon's settings: the stock kubelet's flags and configuration file, with its names and defaults, and a
 * few of kernlet's own. */
#ifndef KN_KUBELET_OPTIONS_H
#define KN_KUBELET_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

#include "kubelet/config/config.h"
#include "lib/base/arena.h"
#include "lib/base/err.h"

#ifndef KN_KUBE_VERSION /* of the kubelet whose place this takes, as the API server is told */
#define KN_KUBE_VERSION "v1.37.1"
#endif

struct kn_options { /* strings live in the arena given, or in argv */
	/* All of KubeletConfiguration, defaults and flags in it. What follows up to the blank line is taken
	 * out of it for convenience. */
	kn_config *config;
	const char *manifest_path, *runtime_endpoint, *pod_logs_dir;
	const char *cgroup_root, *cgroup_driver;
	const char *cluster_domain, *resolv_conf, *pod_cidr, *logging_format, *provider_id;
	const char **cluster_dns; /* NULL-terminated, or NULL */
	int64_t file_check_ns;
	int verbosity, max_pods, kube_api_qps, kube_api_burst;
	bool fail_cgroup_v1, cgroups_per_qos, register_node;

	const char *config_file, *config_dir;
	const char *kubeconfig, *bootstrap_kubeconfig, *cert_dir;
	const char *root_dir, *node_name, *node_ip, *node_labels, *cloud_provider;
	const char *ctl_socket, *cni_conf_dir, *bpf_pin_dir;
	const char *unknown; /* what is in the file and not known, to be warned of; "" */
	bool proxy, cleanup, version, help;
};

/* Fills *ret from the command line and the files it names. -EINVAL with the flag's or the field's name on a
 * bad one, -EOPNOTSUPP for what is known and not done here. ret untouched on failure. */
int kn_options_parse(struct kn_options *ret, int argc, char *const argv[], struct kn_arena *a,
		     struct kn_err *err);
void kn_options_usage(int fd);

#endif
