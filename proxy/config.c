// SPDX-License-Identifier: Apache-2.0
#include "proxy/config.h"

#include <errno.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <strings.h>

#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/flag.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"

#define CONFIG_MAX (1u << 20)
#define PATH_LEN 256

struct setting {
	struct kn_flag flag; /* name "" : there is only the field */
	const char *field;   /* its path in the file; NULL: there is only the flag */
};

#define S(name, t, member, path, help)                                                                       \
	{                                                                                                    \
		{name, KN_FLAG_##t, offsetof(struct kn_proxy_options, member), help}, path                   \
	}
#define UNUSED "accepted for kube-proxy's sake; without effect"

static const struct setting settings[] = {
	S("config", STRING, config_file, NULL, "KubeProxyConfiguration file; counts instead of the flags"),
	S("kubeconfig", STRING, kubeconfig, "clientConnection.kubeconfig", "how to reach the API server"),
	S("master", STRING, master, NULL, "the API server's URL, over the kubeconfig's"),
	S("kube-api-qps", STRING, qps, "clientConnection.qps", "requests a second to the API server (5)"),
	S("kube-api-burst", INT, burst, "clientConnection.burst", "of requests at once (10)"),
	S("kube-api-content-type", STRING, content_type, "clientConnection.contentType",
	  "application/vnd.kubernetes.protobuf or application/json"),
	S("", STRING, unused.text, "clientConnection.acceptContentTypes", UNUSED),
	S("hostname-override", STRING, hostname_override, "hostnameOverride",
	  "the node's name (its host name)"),
	S("bind-address", STRING, bind_address, "bindAddress", "the node's address family (0.0.0.0)"),
	S("healthz-bind-address", STRING, healthz_address, "healthzBindAddress",
	  "of /healthz and /livez (0.0.0.0:10256); \"\": none"),
	S("metrics-bind-address", STRING, metrics_address, "metricsBindAddress",
	  "of /metrics and /proxyMode (127.0.0.1:10249); \"\": none"),
	S("bind-address-hard-fail", BOOL, bind_hard_fail, "bindAddressHardFail",
	  "a port in use is fatal instead of an error in the log"),
	S("proxy-mode", STRING, mode, "mode",
	  "iptables, ipvs or nftables are taken to mean eBPF, with a notice"),
	S("cluster-cidr", STRING, cluster_cidr, "clusterCIDR", "the pods' addresses"),
	S("nodeport-addresses", LIST, node_port_addresses, "nodePortAddresses",
	  "CIDRs of the addresses that NodePorts answer on (all)"),
	S("oom-score-adj", STRING, oom_score_adj, "oomScoreAdj", "of the daemon (-999)"),
	S("config-sync-period", DURATION, config_sync_ns, "configSyncPeriod", UNUSED),
	S("logging-format", STRING, logging_format, "logging.format", "text or json"),
	S("v", INT, verbosity, "logging.verbosity", "log verbosity (0)"),
	S("cleanup", BOOL, cleanup, NULL, "remove every trace from the kernel, and exit"),
	S("version", BOOL, version, NULL, "print the version and exit"),
	S("help", BOOL, help, NULL, "print this and exit"),
	S("manifest-path", STRING, manifest_path, NULL,
	  "folder with Services and EndpointSlices, instead of an API server"),
	S("cgroup-path", STRING, cgroup_path, NULL, "cgroup2 folder whose processes see the Services"),
	S("bpf-pin-dir", STRING, pin_dir, NULL, "where BPF objects are pinned (/sys/fs/bpf/kernlet)"),
	S("ctl-socket", STRING, ctl_socket, NULL, "kernctl's socket (/run/kernlet/kernlet-proxy.sock)"),
	S("file-check-frequency", DURATION, file_check_ns, NULL, "rescan of the manifests (20s)"),
	/* what has no meaning without iptables, IPVS and nf_conntrack */
	S("feature-gates", STRING, unused.text, "featureGates", UNUSED),
	S("profiling", BOOL, unused.flag, "enableProfiling", UNUSED),
	S("show-hidden-metrics-for-version", STRING, unused.text, "showHiddenMetricsForVersion", UNUSED),
	S("write-config-to", STRING, unused.text, NULL, UNUSED),
	S("init-only", BOOL, unused.flag, NULL, UNUSED),
	S("detect-local-mode", STRING, unused.text, "detectLocalMode", UNUSED),
	S("pod-bridge-interface", STRING, unused.text, "detectLocal.bridgeInterface", UNUSED),
	S("pod-interface-name-prefix", STRING, unused.text, "detectLocal.interfaceNamePrefix", UNUSED),
	S("masquerade-all", BOOL, unused.flag, "iptables.masqueradeAll", UNUSED),
	S("iptables-masquerade-bit", INT, unused.number, "iptables.masqueradeBit", UNUSED),
	S("iptables-localhost-nodeports", BOOL, unused.flag, "iptables.localhostNodePorts", UNUSED),
	S("iptables-sync-period", DURATION, unused.ns, "iptables.syncPeriod", UNUSED),
	S("iptables-min-sync-period", DURATION, unused.ns, "iptables.minSyncPeriod", UNUSED),
	S("", BOOL, unused.flag, "nftables.masqueradeAll", UNUSED),
	S("", INT, unused.number, "nftables.masqueradeBit", UNUSED),
	S("", DURATION, unused.ns, "nftables.syncPeriod", UNUSED),
	S("", DURATION, unused.ns, "nftables.minSyncPeriod", UNUSED),
	S("ipvs-sync-period", DURATION, unused.ns, "ipvs.syncPeriod", UNUSED),
	S("ipvs-min-sync-period", DURATION, unused.ns, "ipvs.minSyncPeriod", UNUSED),
	S("ipvs-scheduler", STRING, unused.text, "ipvs.scheduler", UNUSED),
	S("ipvs-exclude-cidrs", LIST, unused.list, "ipvs.excludeCIDRs", UNUSED),
	S("ipvs-strict-arp", BOOL, unused.flag, "ipvs.strictARP", UNUSED),
	S("ipvs-tcp-timeout", DURATION, unused.ns, "ipvs.tcpTimeout", UNUSED),
	S("ipvs-tcpfin-timeout", DURATION, unused.ns, "ipvs.tcpFinTimeout", UNUSED),
	S("ipvs-udp-timeout", DURATION, unused.ns, "ipvs.udpTimeout", UNUSED),
	S("conntrack-max-per-core", INT, unused.number, "conntrack.maxPerCore", UNUSED),
	S("conntrack-min", INT, unused.number, "conntrack.min", UNUSED),
	S("conntrack-tcp-timeout-established", DURATION, unused.ns, "conntrack.tcpEstablishedTimeout",
	  UNUSED),
	S("conntrack-tcp-timeout-close-wait", DURATION, unused.ns, "conntrack.tcpCloseWaitTimeout", UNUSED),
	S("conntrack-tcp-be-liberal", BOOL, unused.flag, "conntrack.tcpBeLiberal", UNUSED),
	S("conntrack-udp-timeout", DURATION, unused.ns, "conntrack.udpTimeout", UNUSED),
	S("conntrack-udp-timeout-stream", DURATION, unused.ns, "conntrack.udpStreamTimeout", UNUSED),
	S("", STRING, unused.text, "portRange", UNUSED),
	S("", BOOL, unused.flag, "windowsRunAsService", UNUSED),
	S("", STRING, unused.text, "winkernel", UNUSED),
	S("", STRING, unused.text, "logging.flushFrequency", UNUSED),
	S("", STRING, unused.text, "logging.options", UNUSED),
	S("", STRING, unused.text, "logging.vmodule", UNUSED),
};

static void defaults(struct kn_proxy_options *o)
{
	*o = (struct kn_proxy_options){
		.qps = "5",
		.burst = 10,
		.content_type = "application/vnd.kubernetes.protobuf",
		.bind_address = "0.0.0.0",
		.healthz_address = "0.0.0.0:10256",
		.metrics_address = "127.0.0.1:10249",
		.mode = "",
		.oom_score_adj = "-999",
		.logging_format = "text",
		.pin_dir = "/sys/fs/bpf/kernlet",
		.ctl_socket = "/run/kernlet/kernlet-proxy.sock",
		.file_check_ns = 20 * KN_NSEC_PER_SEC,
	};
}

static const struct setting *by_field(const char *path)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(settings); i++)
		if (settings[i].field && !strcasecmp(settings[i].field, path))
			return &settings[i];
	return NULL;
}

/* "a,b" of an array of strings; NULL: it holds something else. */
static const char *joined(const struct kn_node *n, struct kn_arena *a)
{
	char *text = kn_arena_strdup(a, "");

	for (const struct kn_node *c = n->child; c && text; c = c->next) {
		if (c->type != KN_NODE_STRING)
			return NULL;
		text = kn_arena_printf(a, "%s%s%s", text, *text ? "," : "", c->text);
	}
	return text;
}

static int set_leaf(struct kn_proxy_options *o, const struct setting *s, const struct kn_node *n,
		    const char *path, struct kn_arena *a, struct kn_err *err)
{
	const char *text = n->text;

	/* An empty text is upstream's way to say: the default. */
	if (n->type == KN_NODE_NULL || (n->type == KN_NODE_STRING && !*n->text))
		return 0;
	if (n->type == KN_NODE_OBJECT) /* featureGates, logging.options, winkernel */
		return s->flag.type == KN_FLAG_STRING
			       ? 0
			       : kn_err_set(err, EINVAL, "line %d: %s: not a value", n->line, path);
	if (n->type == KN_NODE_BOOL)
		text = n->boolean ? "true" : "false";
	if (n->type == KN_NODE_ARRAY)
		text = joined(n, a);
	if (!text || kn_flag_set(o, &s->flag, text, a))
		return kn_err_set(err, EINVAL, "line %d: %s: invalid value \"%s\"", n->line, path,
				  text ? text : "");
	return 0;
}

/* Depth is two: no field lies deeper. */
static int apply_object(struct kn_proxy_options *o, const struct kn_node *obj, const char *prefix,
			struct kn_arena *a, struct kn_err *err)
{
	int r = 0;

	for (const struct kn_node *n = obj->child; n && !r; n = n->next) {
		char path[PATH_LEN];
		const struct setting *s;

		snprintf(path, sizeof(path), "%s%s%s", prefix, *prefix ? "." : "", n->key);
		if (!*prefix && (!strcmp(n->key, "kind") || !strcmp(n->key, "apiVersion")))
			continue;
		s = by_field(path);
		if (s)
			r = set_leaf(o, s, n, path, a, err);
		else if (n->type == KN_NODE_OBJECT && !*prefix)
			r = apply_object(o, n, n->key, a, err);
		else
			r = kn_err_set(err, EINVAL, "strict decoding error: line %d: unknown field \"%s\"",
				       n->line, path);
	}
	return r;
}

int kn_proxy_config_apply(struct kn_proxy_options *o, const char *file, const char *data, size_t len,
			  struct kn_arena *a, struct kn_err *err)
{
	const struct kn_node_limits limits = {.depth = 16, .nodes = 10000};
	struct kn_node *doc = NULL;
	const char *kind, *api;
	int r = kn_yaml_parse(data, len, &limits, a, &doc, err);

	if (r)
		return kn_err_wrap(err, "%s", file);
	for (; doc; doc = doc->next) { /* kubeadm writes one document; others' kinds are theirs */
		kind = kn_node_str(doc, "kind");
		api = kn_node_str(doc, "apiVersion");
		if (kind && !strcmp(kind, "KubeProxyConfiguration"))
			break;
	}
	if (!doc)
		return kn_err_set(err, EINVAL, "%s: no object of kind KubeProxyConfiguration", file);
	if (!api || strcmp(api, "kubeproxy.config.k8s.io/v1alpha1"))
		return kn_err_set(err, EINVAL, "%s: apiVersion must be kubeproxy.config.k8s.io/v1alpha1",
				  file);
	r = apply_object(o, doc, "", a, err);
	return r ? kn_err_wrap(err, "%s", file) : 0;
}

static int load_file(struct kn_proxy_options *o, struct kn_arena *a, struct kn_err *err)
{
	struct kn_proxy_options file;
	struct kn_buf buf kn_auto_buf = {0};
	int r = kn_file_read(o->config_file, CONFIG_MAX, &buf, err);

	if (r)
		return kn_err_wrap(err, "failed to load the configuration file");
	defaults(&file);
	r = kn_proxy_config_apply(&file, o->config_file, buf.data ? buf.data : "", buf.len, a, err);
	if (r)
		return r;
	/* These have no field, or stand above it. */
	file.config_file = o->config_file;
	file.master = o->master;
	if (o->hostname_override)
		file.hostname_override = o->hostname_override;
	file.cleanup = o->cleanup;
	file.manifest_path = o->manifest_path;
	file.cgroup_path = o->cgroup_path;
	file.pin_dir = o->pin_dir;
	file.ctl_socket = o->ctl_socket;
	file.file_check_ns = o->file_check_ns;
	*o = file;
	return 0;
}

static int validate(const struct kn_proxy_options *o, struct kn_err *err)
{
	static const char *const modes[] = {"", "ebpf", "iptables", "ipvs", "nftables"};

	for (size_t i = 0; i < KN_ARRAY_SIZE(modes); i++)
		if (!strcmp(o->mode, modes[i]))
			return 0;
	return kn_err_set(err, EINVAL,
			  "mode: Invalid value: \"%s\": must be iptables, ipvs, nftables or blank", o->mode);
}

int kn_proxy_options_parse(struct kn_proxy_options *ret, int argc, char *const argv[], struct kn_arena *a,
			   struct kn_err *err)
{
	struct kn_flag flags[KN_ARRAY_SIZE(settings)];
	struct kn_proxy_options o;
	size_t n = 0;
	int r;

	for (size_t i = 0; i < KN_ARRAY_SIZE(settings); i++)
		if (*settings[i].flag.name)
			flags[n++] = settings[i].flag;
	defaults(&o);
	r = kn_flags_parse(flags, n, &o, argc, argv, a, err);
	if (!r && o.config_file)
		r = load_file(&o, a, err);
	if (!r)
		r = validate(&o, err);
	if (!r)
		*ret = o;
	return r;
}

void kn_proxy_options_usage(int fd)
{
	dprintf(fd, "kernlet-proxy: the Service proxy alone, in place of kube-proxy\n\nUsage: kernlet-proxy "
		    "[flags]\n\n");
	for (size_t i = 0; i < KN_ARRAY_SIZE(settings); i++)
		if (*settings[i].flag.name)
			kn_flags_usage(&settings[i].flag, 1, fd);
}
