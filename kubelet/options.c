/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "kubelet/options.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

enum flag_type { FLAG_STRING, FLAG_BOOL, FLAG_INT, FLAG_DURATION, FLAG_LIST };

struct flag {
	const char *name;
	enum flag_type type;
	size_t offset;
	const char *help;
};

#define FLAG(n, t, field, h)                                                                                 \
	{                                                                                                    \
		n, t, offsetof(struct kn_options, field), h                                                  \
	}
static const struct flag flags[] = {
	FLAG("pod-manifest-path", FLAG_STRING, manifest_path, "folder or file with the manifests to run"),
	FLAG("container-runtime-endpoint", FLAG_STRING, runtime_endpoint, "CRI socket, unix:///path"),
	FLAG("root-dir", FLAG_STRING, root_dir, "state folder (/var/lib/kubelet)"),
	FLAG("pod-logs-dir", FLAG_STRING, pod_logs_dir, "container logs (/var/log/pods)"),
	FLAG("cgroup-root", FLAG_STRING, cgroup_root, "cgroup under which kubepods is made (/)"),
	FLAG("cgroup-driver", FLAG_STRING, cgroup_driver,
	     "cgroupfs or systemd, as the runtime has it (cgroupfs)"),
	FLAG("cgroups-per-qos", FLAG_BOOL, cgroups_per_qos, "keep cgroups a QoS class and a pod (true)"),
	FLAG("fail-cgroupv1", FLAG_BOOL, fail_cgroup_v1, "refuse to start on cgroup v1 (true)"),
	FLAG("hostname-override", FLAG_STRING, node_name, "the node's name (its host name)"),
	FLAG("node-ip", FLAG_STRING, node_ip, "the node's address (of the first interface that is up)"),
	FLAG("cluster-dns", FLAG_LIST, cluster_dns, "DNS servers for pods with dnsPolicy ClusterFirst"),
	FLAG("cluster-domain", FLAG_STRING, cluster_domain, "the cluster's DNS domain"),
	FLAG("resolv-conf", FLAG_STRING, resolv_conf, "resolver file that pods inherit (/etc/resolv.conf)"),
	FLAG("file-check-frequency", FLAG_DURATION, file_check_ns, "rescan of the manifests (20s)"),
	FLAG("pod-cidr", FLAG_STRING, pod_cidr, "pod addresses, IPv4 and/or IPv6, comma between"),
	FLAG("cni-conf-dir", FLAG_STRING, cni_conf_dir,
	     "where 10-kernlet.conflist is written when pod-cidr is set"),
	FLAG("proxy", FLAG_BOOL, proxy, "run the Service proxy inside (true)"),
	FLAG("bpf-pin-dir", FLAG_STRING, bpf_pin_dir, "where BPF objects are pinned (/sys/fs/bpf/kernlet)"),
	FLAG("ctl-socket", FLAG_STRING, ctl_socket, "kernctl's socket (/run/kernlet/kernlet.sock)"),
	FLAG("logging-format", FLAG_STRING, logging_format, "text or json"),
	FLAG("v", FLAG_INT, verbosity, "log verbosity (0)"),
	FLAG("cleanup", FLAG_BOOL, cleanup, "remove what the Service proxy has in the kernel, and exit"),
	FLAG("version", FLAG_BOOL, version, "print the version and exit"),
	FLAG("help", FLAG_BOOL, help, "print this and exit"),
};

int kn_duration_parse(const char *text, int64_t *ret_ns)
{
	static const struct {
		const char *unit;
		double ns;
	} units[] = {{"ns", 1}, {"us", 1e3}, {"ms", 1e6}, {"s", 1e9}, {"m", 60e9}, {"h", 3600e9}};
	double sum = 0;
	const char *p = text;

	if (!strcmp(text, "0")) {
		*ret_ns = 0;
		return 0;
	}
	do {
		size_t i, n;
		char *end;
		double v;

		if (!strchr("0123456789.", *p) || !*p)
			return -EINVAL;
		v = strtod(p, &end);
		n = strcspn(end, "0123456789.");
		for (i = 0; i < KN_ARRAY_SIZE(units); i++)
			if (strlen(units[i].unit) == n && !strncmp(units[i].unit, end, n))
				break;
		if (i == KN_ARRAY_SIZE(units))
			return -EINVAL;
		sum += v * units[i].ns;
		p = end + n;
	} while (*p);
	if (sum > 9e18)
		return -EINVAL;
	*ret_ns = (int64_t)sum;
	return 0;
}

static int set_bool(bool *field, const char *value)
{
	bool yes = !value || !strcmp(value, "true") || !strcmp(value, "1");

	if (!yes && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
		return -EINVAL;
	*field = yes;
	return 0;
}

static int set_int(int *field, const char *value)
{
	char *end;
	long n = strtol(value, &end, 10);

	if (!*value || *end || n < 0 || n > 1000000)
		return -EINVAL;
	*field = (int)n;
	return 0;
}

static int set_list(struct kn_arena *a, const char ***field, const char *value)
{
	char *copy = kn_arena_strdup(a, value), *save = NULL;
	size_t n = 0, max = strlen(value) + 2;
	const char **list = kn_arena_alloc(a, max * sizeof(*list));

	if (!copy || !list)
		return -ENOMEM;
	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save))
		list[n++] = s;
	*field = list;
	return 0;
}

static int set_flag(struct kn_options *o, const struct flag *f, const char *value, struct kn_arena *a)
{
	void *field = (char *)o + f->offset;

	switch (f->type) {
	case FLAG_STRING:
		*(const char **)field = value;
		return 0;
	case FLAG_BOOL:
		return set_bool(field, value);
	case FLAG_INT:
		return set_int(field, value);
	case FLAG_DURATION:
		return kn_duration_parse(value, field);
	case FLAG_LIST:
		return set_list(a, field, value);
	}
	return -EINVAL;
}

static const struct flag *find_flag(const char *name, size_t len)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(flags); i++)
		if (strlen(flags[i].name) == len && !strncmp(flags[i].name, name, len))
			return &flags[i];
	return NULL;
}

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

/* pflag's syntax: --name=value, --name value, --bool; one dash is as good as two, as for klog's -v. */
int kn_options_parse(struct kn_options *ret, int argc, char *const argv[], struct kn_arena *a,
		     struct kn_err *err)
{
	struct kn_options o;
	int r = defaults(&o, a);

	if (r)
		return kn_err_errno(err, r, "host name");
	for (int i = 1; i < argc; i++) {
		const char *arg = argv[i], *name, *value;
		const struct flag *f;
		size_t len;

		if (arg[0] != '-' || !arg[1])
			return kn_err_set(err, EINVAL, "unknown command \"%s\"", arg);
		name = arg + (arg[1] == '-' ? 2 : 1);
		value = strchr(name, '=');
		len = value ? (size_t)(value++ - name) : strlen(name);
		f = find_flag(name, len);
		if (!f)
			return kn_err_set(err, EINVAL, "unknown flag: --%.*s", (int)len, name);
		if (!value && f->type != FLAG_BOOL) {
			if (i + 1 >= argc)
				return kn_err_set(err, EINVAL, "flag needs an argument: --%s", f->name);
			value = argv[++i];
		}
		if (set_flag(&o, f, value, a))
			return kn_err_set(err, EINVAL, "invalid argument \"%s\" for \"--%s\" flag", value,
					  f->name);
	}
	*ret = o;
	return 0;
}

void kn_options_usage(int fd)
{
	dprintf(fd, "kernlet: the node half of Kubernetes\n\nUsage: kernlet [flags]\n\n");
	for (size_t i = 0; i < KN_ARRAY_SIZE(flags); i++)
		dprintf(fd, "  --%-28s %s\n", flags[i].name, flags[i].help);
}
