/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <unistd.h>

#include "kubelet/options.h"
#include "lib/base/clock.h"
#include "lib/base/flag.h"
#include "lib/base/mem.h"

#define FLAG(n, t, field, h)                                                                                 \
	{                                                                                                    \
		n, t, offsetof(struct kn_options, field), h                                                  \
	}
static const struct kn_flag flags[] = {
	FLAG("pod-manifest-path", KN_FLAG_STRING, manifest_path, "folder or file with the manifests to run"),
	FLAG("container-runtime-endpoint", KN_FLAG_STRING, runtime_endpoint, "CRI socket, unix:///path"),
	FLAG("root-dir", KN_FLAG_STRING, root_dir, "state folder (/var/lib/kubelet)"),
	FLAG("pod-logs-dir", KN_FLAG_STRING, pod_logs_dir, "container logs (/var/log/pods)"),
	FLAG("cgroup-root", KN_FLAG_STRING, cgroup_root, "cgroup under which kubepods is made (/)"),
	FLAG("cgroup-driver", KN_FLAG_STRING, cgroup_driver,
	     "cgroupfs or systemd, as the runtime has it (cgroupfs)"),
	FLAG("cgroups-per-qos", KN_FLAG_BOOL, cgroups_per_qos, "keep cgroups a QoS class and a pod (true)"),
	FLAG("fail-cgroupv1", KN_FLAG_BOOL, fail_cgroup_v1, "refuse to start on cgroup v1 (true)"),
	FLAG("hostname-override", KN_FLAG_STRING, node_name, "the node's name (its host name)"),
	FLAG("node-ip", KN_FLAG_STRING, node_ip, "the node's address (of the first interface that is up)"),
	FLAG("cluster-dns", KN_FLAG_LIST, cluster_dns, "DNS servers for pods with dnsPolicy ClusterFirst"),
	FLAG("cluster-domain", KN_FLAG_STRING, cluster_domain, "the cluster's DNS domain"),
	FLAG("resolv-conf", KN_FLAG_STRING, resolv_conf,
	     "resolver file that pods inherit (/etc/resolv.conf)"),
	FLAG("file-check-frequency", KN_FLAG_DURATION, file_check_ns, "rescan of the manifests (20s)"),
	FLAG("pod-cidr", KN_FLAG_STRING, pod_cidr, "pod addresses, IPv4 and/or IPv6, comma between"),
	FLAG("cni-conf-dir", KN_FLAG_STRING, cni_conf_dir,
	     "where 10-kernlet.conflist is written when pod-cidr is set"),
	FLAG("proxy", KN_FLAG_BOOL, proxy, "run the Service proxy inside (true)"),
	FLAG("bpf-pin-dir", KN_FLAG_STRING, bpf_pin_dir,
	     "where BPF objects are pinned (/sys/fs/bpf/kernlet)"),
	FLAG("ctl-socket", KN_FLAG_STRING, ctl_socket, "kernctl's socket (/run/kernlet/kernlet.sock)"),
	FLAG("kubeconfig", KN_FLAG_STRING, kubeconfig, "how to reach the API server; none: standalone"),
	FLAG("register-node", KN_FLAG_BOOL, register_node, "make the Node object (true)"),
	FLAG("node-labels", KN_FLAG_STRING, node_labels, "labels to register with, key=value,..."),
	FLAG("register-with-taints", KN_FLAG_STRING, register_with_taints,
	     "taints to register with, key=value:effect,..."),
	FLAG("provider-id", KN_FLAG_STRING, provider_id, "what the cloud provider calls the machine"),
	FLAG("cloud-provider", KN_FLAG_STRING, cloud_provider, "external, or nothing"),
	FLAG("max-pods", KN_FLAG_INT, max_pods, "pods that may run here (110)"),
	FLAG("kube-api-qps", KN_FLAG_INT, kube_api_qps, "requests a second to the API server (50)"),
	FLAG("kube-api-burst", KN_FLAG_INT, kube_api_burst, "requests at once (100)"),
	FLAG("logging-format", KN_FLAG_STRING, logging_format, "text or json"),
	FLAG("v", KN_FLAG_INT, verbosity, "log verbosity (0)"),
	FLAG("cleanup", KN_FLAG_BOOL, cleanup, "remove what the Service proxy has in the kernel, and exit"),
	FLAG("version", KN_FLAG_BOOL, version, "print the version and exit"),
	FLAG("help", KN_FLAG_BOOL, help, "print this and exit"),
};

static int defaults(struct kn_options *o, struct kn_arena *a)
{
	char host[256] = "";

	*o = (struct kn_options){
		.runtime_endpoint = "unix:///run/containerd/containerd.sock",
		.root_dir = "/var/lib/kubelet",
		.pod_logs_dir = "/var/log/pods",
		.cgroup_root = "/",
		.cgroup_driver = "cgroupfs",
		.resolv_conf = "/etc/resolv.conf",
		.ctl_socket = "/run/kernlet/kernlet.sock",
		.cni_conf_dir = "/etc/cni/net.d",
		.bpf_pin_dir = "/sys/fs/bpf/kernlet",
		.logging_format = "text",
		.file_check_ns = 20 * KN_NSEC_PER_SEC,
		.max_pods = 110,
		.kube_api_qps = 50,
		.kube_api_burst = 100,
		.register_node = true,
		.fail_cgroup_v1 = true,
		.cgroups_per_qos = true,
		.proxy = true,
	};
	if (gethostname(host, sizeof(host) - 1) < 0)
		return -errno;
	for (char *p = host; *p; p++) /* as pkg/util/node GetHostname: lower case */
		if (*p >= 'A' && *p <= 'Z')
			*p = (char)(*p - 'A' + 'a');
	o->node_name = kn_arena_strdup(a, host);
	return o->node_name ? 0 : -ENOMEM;
}

int kn_options_parse(struct kn_options *ret, int argc, char *const argv[], struct kn_arena *a,
		     struct kn_err *err)
{
	struct kn_options o;
	int r = defaults(&o, a);

	if (r)
		return kn_err_errno(err, r, "host name");
	r = kn_flags_parse(flags, KN_ARRAY_SIZE(flags), &o, argc, argv, a, err);
	if (!r)
		*ret = o;
	return r;
}

void kn_options_usage(int fd)
{
	dprintf(fd, "kernlet: the node half of Kubernetes\n\nUsage: kernlet [flags]\n\n");
	kn_flags_usage(flags, KN_ARRAY_SIZE(flags), fd);
}
