/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>

#include "kubelet/config/options.h"
#include "lib/base/clock.h"
#include "lib/base/flag.h"
#include "lib/base/host.h"
#include "lib/base/mem.h"

enum { REFUSED_MAX = 32 };

struct target {
	struct kn_options o;
	const char *config[KN_CONFIG_FLAGS_MAX]; /* by kn_config_flags */
	const char *refused[REFUSED_MAX];	 /* by refused */
};

#define FLAG(n, t, field, h)                                                                                 \
	{                                                                                                    \
		n, t, offsetof(struct target, o.field), h                                                    \
	}
static const struct kn_flag flags[] = {
	FLAG("config", KN_FLAG_STRING, config_file, "file with a KubeletConfiguration"),
	FLAG("config-dir", KN_FLAG_STRING, config_dir, "folder of *.conf, merged into the configuration"),
	FLAG("kubeconfig", KN_FLAG_STRING, kubeconfig, "how to reach the API server; none: standalone"),
	FLAG("bootstrap-kubeconfig", KN_FLAG_STRING, bootstrap_kubeconfig,
	     "how to ask for a client certificate when the kubeconfig isn't there"),
	FLAG("cert-dir", KN_FLAG_STRING, cert_dir, "where certificates are kept (/var/lib/kubelet/pki)"),
	FLAG("root-dir", KN_FLAG_STRING, root_dir, "state folder (/var/lib/kubelet)"),
	FLAG("hostname-override", KN_FLAG_STRING, node_name, "the node's name (its host name)"),
	FLAG("node-ip", KN_FLAG_STRING, node_ip, "the node's address (of the default route's interface)"),
	FLAG("node-labels", KN_FLAG_STRING, node_labels, "labels to register with, key=value,..."),
	FLAG("cloud-provider", KN_FLAG_STRING, cloud_provider, "external, or nothing"),
	FLAG("cni-conf-dir", KN_FLAG_STRING, cni_conf_dir, "where 10-kernlet.conflist is written"),
	FLAG("proxy", KN_FLAG_BOOL, proxy, "run the Service proxy inside (true)"),
	FLAG("bpf-pin-dir", KN_FLAG_STRING, bpf_pin_dir,
	     "where BPF objects are pinned (/sys/fs/bpf/kernlet)"),
	FLAG("ctl-socket", KN_FLAG_STRING, ctl_socket, "kernctl's socket (/run/kernlet/kernlet.sock)"),
	FLAG("cleanup", KN_FLAG_BOOL, cleanup, "remove what the Service proxy has in the kernel, and exit"),
	FLAG("version", KN_FLAG_BOOL, version, "print the version and exit"),
	FLAG("help", KN_FLAG_BOOL, help, "print this and exit"),
};

/* Known, and not done here: refused by name when given. */
static const struct {
	const char *name;
	enum kn_flag_type type;
	const char *harmless; /* a value that changes nothing; NULL: none but the empty one */
} refused[] = {
	{"exit-on-lock-contention", KN_FLAG_TEXT, "false"},
	{"experimental-allocatable-ignore-eviction", KN_FLAG_TEXT, "false"},
	{"experimental-mounter-path", KN_FLAG_STRING, NULL},
	{"flush-frequency", KN_FLAG_STRING, "5s"}, /* of the klog kind */
	{"housekeeping-interval", KN_FLAG_STRING, "10s"},
	{"image-credential-provider-bin-dir", KN_FLAG_STRING, NULL},
	{"image-credential-provider-config", KN_FLAG_STRING, NULL},
	{"lock-file", KN_FLAG_STRING, NULL},
	{"log-flush-frequency", KN_FLAG_STRING, "5s"},
	{"log-json-info-buffer-size", KN_FLAG_STRING, "0"},
	{"log-json-split-stream", KN_FLAG_TEXT, "false"},
	{"log-text-info-buffer-size", KN_FLAG_STRING, "0"},
	{"log-text-split-stream", KN_FLAG_TEXT, "false"},
	{"manifest-url-header", KN_FLAG_STRING, NULL},
	{"maximum-dead-containers", KN_FLAG_STRING, "-1"},
	{"maximum-dead-containers-per-container", KN_FLAG_STRING, "1"},
	{"minimum-container-ttl-duration", KN_FLAG_STRING, "0s"},
	{"reserved-memory", KN_FLAG_STRING, NULL},
	{"runtime-cgroups", KN_FLAG_STRING, NULL},
	{"vmodule", KN_FLAG_STRING, NULL},
};
_Static_assert(KN_ARRAY_SIZE(refused) <= REFUSED_MAX, "struct target has so much room");

static int defaults(struct kn_options *o, struct kn_arena *a, struct kn_err *err)
{
	*o = (struct kn_options){
		.root_dir = "/var/lib/kubelet",
		.cert_dir = "/var/lib/kubelet/pki",
		.ctl_socket = "/run/kernlet/kernlet.sock",
		.cni_conf_dir = "/etc/cni/net.d",
		.bpf_pin_dir = "/sys/fs/bpf/kernlet",
		.proxy = true,
	};
	return kn_host_name(&o->node_name, a, err);
}

/* All flags in one table: ours, the configuration's, the refused ones. */
static struct kn_flag *all_flags(struct kn_arena *a, size_t *n)
{
	struct kn_flag *all = kn_arena_alloc(
		a, (KN_ARRAY_SIZE(flags) + kn_config_n_flags + KN_ARRAY_SIZE(refused)) * sizeof(*all));
	size_t count = 0;

	for (size_t i = 0; i < KN_ARRAY_SIZE(flags); i++)
		all[count++] = flags[i];
	for (size_t i = 0; i < kn_config_n_flags; i++) {
		all[count] = kn_config_flags[i];
		all[count++].offset += offsetof(struct target, config);
	}
	for (size_t i = 0; i < KN_ARRAY_SIZE(refused); i++)
		all[count++] = (struct kn_flag){refused[i].name, refused[i].type,
						offsetof(struct target, refused) + i * sizeof(char *),
						"refused: not supported yet"};
	*n = count;
	return all;
}

static int check_refused(const struct target *t, struct kn_err *err)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(refused); i++) {
		const char *value = t->refused[i], *harmless = refused[i].harmless;

		if (value && *value && !(harmless && !strcmp(value, harmless)))
			return kn_err_set(err, EOPNOTSUPP, "--%s is set, which is not supported yet",
					  refused[i].name);
	}
	return 0;
}

static const char *or_null(const char *s)
{
	return s && *s ? s : NULL;
}

/* Without the slashes at its end, but for the root. */
static const char *folder(const char *s, struct kn_arena *a)
{
	size_t n = strlen(s);

	while (n > 1 && s[n - 1] == '/')
		n--;
	return kn_arena_strndup(a, s, n);
}

static void take_over(struct kn_options *o, kn_config *c, struct kn_arena *a)
{
	o->config = c;
	o->manifest_path = or_null(c->staticpodpath);
	o->runtime_endpoint = c->containerruntimeendpoint;
	o->pod_logs_dir = folder(c->podlogsdir, a);
	o->cgroup_root = or_null(c->cgrouproot) ? c->cgrouproot : "/";
	o->cgroup_driver = c->cgroupdriver;
	o->cluster_domain = or_null(c->clusterdomain);
	o->resolv_conf = c->resolvconf;
	o->pod_cidr = or_null(c->podcidr);
	o->logging_format = c->logging->format;
	o->provider_id = or_null(c->providerid);
	o->file_check_ns = kn_config_ns(c->filecheckfrequency);
	o->verbosity = c->logging->verbosity;
	o->max_pods = c->maxpods;
	o->kube_api_qps = c->kubeapiqps;
	o->kube_api_burst = c->kubeapiburst;
	o->fail_cgroup_v1 = c->failcgroupv1;
	o->cgroups_per_qos = c->cgroupsperqos;
	o->register_node = c->registernode;
	if (!c->n_clusterdns)
		return;
	o->cluster_dns = kn_arena_alloc(a, (c->n_clusterdns + 1) * sizeof(*o->cluster_dns));
	for (size_t i = 0; i < c->n_clusterdns; i++)
		o->cluster_dns[i] = c->clusterdns[i];
}

int kn_options_parse(struct kn_options *ret, int argc, char *const argv[], struct kn_arena *a,
		     struct kn_err *err)
{
	struct target t = {0};
	struct kn_config_sources from = {.values = t.config};
	kn_config *config;
	size_t n;
	struct kn_flag *all = all_flags(a, &n);
	int r = defaults(&t.o, a, err);

	if (r)
		return r;
	r = kn_flags_parse(all, n, &t, argc, argv, a, err);
	if (!r && (t.o.help || t.o.version)) {
		*ret = t.o;
		return 0;
	}
	if (!r)
		r = check_refused(&t, err);
	from.file = or_null(t.o.config_file);
	from.dir = or_null(t.o.config_dir);
	if (!r)
		r = kn_config_load(&config, &from, a, &t.o.unknown, err);
	if (r)
		return r;
	take_over(&t.o, config, a);
	*ret = t.o;
	return 0;
}

void kn_options_usage(int fd)
{
	dprintf(fd, "kernlet: the node half of Kubernetes\n\nUsage: kernlet [flags]\n\n");
	kn_flags_usage(flags, KN_ARRAY_SIZE(flags), fd);
	dprintf(fd, "\nFlags that set a field of the configuration; --config is better:\n\n");
	kn_flags_usage(kn_config_flags, kn_config_n_flags, fd);
}
