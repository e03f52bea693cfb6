/* SPDX-License-Identifier: Apache-2.0 */
/* The flags that set a field of the configuration (cmd/kubelet/app/options/options.go), and how their text
 * becomes a tree of fields: the field's type tells. */
#include <errno.h>
#include <string.h>

#include "kubelet/config/config_priv.h"
#include "kubelet/node/node_config.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec_internal.h"

/* Name, field, whether it is a boolean (which needs no value). */
#define CONFIG_FLAGS(X)                                                                                      \
	X("address", "address", STRING)                                                                      \
	X("allowed-unsafe-sysctls", "allowedUnsafeSysctls", STRING)                                          \
	X("anonymous-auth", "authentication.anonymous.enabled", TEXT)                                        \
	X("authentication-token-webhook", "authentication.webhook.enabled", TEXT)                            \
	X("authentication-token-webhook-cache-ttl", "authentication.webhook.cacheTTL", STRING)               \
	X("authorization-mode", "authorization.mode", STRING)                                                \
	X("authorization-webhook-cache-authorized-ttl", "authorization.webhook.cacheAuthorizedTTL", STRING)  \
	X("authorization-webhook-cache-unauthorized-ttl", "authorization.webhook.cacheUnauthorizedTTL",      \
	  STRING)                                                                                            \
	X("cgroup-driver", "cgroupDriver", STRING)                                                           \
	X("cgroup-root", "cgroupRoot", STRING)                                                               \
	X("cgroups-per-qos", "cgroupsPerQOS", TEXT)                                                          \
	X("client-ca-file", "authentication.x509.clientCAFile", STRING)                                      \
	X("cluster-dns", "clusterDNS", STRING)                                                               \
	X("cluster-domain", "clusterDomain", STRING)                                                         \
	X("container-log-max-files", "containerLogMaxFiles", STRING)                                         \
	X("container-log-max-size", "containerLogMaxSize", STRING)                                           \
	X("container-runtime-endpoint", "containerRuntimeEndpoint", STRING)                                  \
	X("contention-profiling", "enableContentionProfiling", TEXT)                                         \
	X("cpu-cfs-quota", "cpuCFSQuota", TEXT)                                                              \
	X("cpu-cfs-quota-period", "cpuCFSQuotaPeriod", STRING)                                               \
	X("cpu-manager-policy", "cpuManagerPolicy", STRING)                                                  \
	X("cpu-manager-policy-options", "cpuManagerPolicyOptions", STRING)                                   \
	X("cpu-manager-reconcile-period", "cpuManagerReconcilePeriod", STRING)                               \
	X("enable-controller-attach-detach", "enableControllerAttachDetach", TEXT)                           \
	X("enable-debugging-handlers", "enableDebuggingHandlers", TEXT)                                      \
	X("enable-server", "enableServer", TEXT)                                                             \
	X("enforce-node-allocatable", "enforceNodeAllocatable", STRING)                                      \
	X("event-burst", "eventBurst", STRING)                                                               \
	X("event-qps", "eventRecordQPS", STRING)                                                             \
	X("eviction-hard", "evictionHard", STRING)                                                           \
	X("eviction-max-pod-grace-period", "evictionMaxPodGracePeriod", STRING)                              \
	X("eviction-minimum-reclaim", "evictionMinimumReclaim", STRING)                                      \
	X("eviction-pressure-transition-period", "evictionPressureTransitionPeriod", STRING)                 \
	X("eviction-soft", "evictionSoft", STRING)                                                           \
	X("eviction-soft-grace-period", "evictionSoftGracePeriod", STRING)                                   \
	X("fail-cgroupv1", "failCgroupV1", TEXT)                                                             \
	X("fail-swap-on", "failSwapOn", TEXT)                                                                \
	X("feature-gates", "featureGates", STRING)                                                           \
	X("file-check-frequency", "fileCheckFrequency", STRING)                                              \
	X("hairpin-mode", "hairpinMode", STRING)                                                             \
	X("healthz-bind-address", "healthzBindAddress", STRING)                                              \
	X("healthz-port", "healthzPort", STRING)                                                             \
	X("http-check-frequency", "httpCheckFrequency", STRING)                                              \
	X("image-gc-high-threshold", "imageGCHighThresholdPercent", STRING)                                  \
	X("image-gc-low-threshold", "imageGCLowThresholdPercent", STRING)                                    \
	X("image-service-endpoint", "imageServiceEndpoint", STRING)                                          \
	X("kernel-memcg-notification", "kernelMemcgNotification", TEXT)                                      \
	X("kube-api-burst", "kubeAPIBurst", STRING)                                                          \
	X("kube-api-content-type", "contentType", STRING)                                                    \
	X("kube-api-qps", "kubeAPIQPS", STRING)                                                              \
	X("kube-reserved", "kubeReserved", STRING)                                                           \
	X("kube-reserved-cgroup", "kubeReservedCgroup", STRING)                                              \
	X("kubelet-cgroups", "kubeletCgroups", STRING)                                                       \
	X("local-storage-capacity-isolation", "localStorageCapacityIsolation", TEXT)                         \
	X("logging-format", "logging.format", STRING)                                                        \
	X("make-iptables-util-chains", "makeIPTablesUtilChains", TEXT)                                       \
	X("manifest-url", "staticPodURL", STRING)                                                            \
	X("max-open-files", "maxOpenFiles", STRING)                                                          \
	X("max-pods", "maxPods", STRING)                                                                     \
	X("memory-manager-policy", "memoryManagerPolicy", STRING)                                            \
	X("minimum-image-ttl-duration", "imageMinimumGCAge", STRING)                                         \
	X("node-status-max-images", "nodeStatusMaxImages", STRING)                                           \
	X("node-status-update-frequency", "nodeStatusUpdateFrequency", STRING)                               \
	X("oom-score-adj", "oomScoreAdj", STRING)                                                            \
	X("pod-logs-dir", "podLogsDir", STRING)                                                              \
	X("pod-cidr", "podCIDR", STRING)                                                                     \
	X("pod-manifest-path", "staticPodPath", STRING)                                                      \
	X("pod-max-pids", "podPidsLimit", STRING)                                                            \
	X("pods-per-core", "podsPerCore", STRING)                                                            \
	X("port", "port", STRING)                                                                            \
	X("protect-kernel-defaults", "protectKernelDefaults", TEXT)                                          \
	X("provider-id", "providerID", STRING)                                                               \
	X("qos-reserved", "qosReserved", STRING)                                                             \
	X("read-only-port", "readOnlyPort", STRING)                                                          \
	X("register-node", "registerNode", TEXT)                                                             \
	X("register-with-taints", "registerWithTaints", STRING)                                              \
	X("registry-burst", "registryBurst", STRING)                                                         \
	X("registry-qps", "registryPullQPS", STRING)                                                         \
	X("reserved-cpus", "reservedSystemCPUs", STRING)                                                     \
	X("resolv-conf", "resolvConf", STRING)                                                               \
	X("rotate-certificates", "rotateCertificates", TEXT)                                                 \
	X("rotate-server-certificates", "serverTLSBootstrap", TEXT)                                          \
	X("runonce", "runOnce", TEXT)                                                                        \
	X("runtime-request-timeout", "runtimeRequestTimeout", STRING)                                        \
	X("seccomp-default", "seccompDefault", TEXT)                                                         \
	X("serialize-image-pulls", "serializeImagePulls", TEXT)                                              \
	X("streaming-connection-idle-timeout", "streamingConnectionIdleTimeout", STRING)                     \
	X("sync-frequency", "syncFrequency", STRING)                                                         \
	X("system-cgroups", "systemCgroups", STRING)                                                         \
	X("system-reserved", "systemReserved", STRING)                                                       \
	X("system-reserved-cgroup", "systemReservedCgroup", STRING)                                          \
	X("tls-cert-file", "tlsCertFile", STRING)                                                            \
	X("tls-cipher-suites", "tlsCipherSuites", STRING)                                                    \
	X("tls-min-version", "tlsMinVersion", STRING)                                                        \
	X("tls-private-key-file", "tlsPrivateKeyFile", STRING)                                               \
	X("topology-manager-policy", "topologyManagerPolicy", STRING)                                        \
	X("topology-manager-policy-options", "topologyManagerPolicyOptions", STRING)                         \
	X("topology-manager-scope", "topologyManagerScope", STRING)                                          \
	X("v", "logging.verbosity", STRING)                                                                  \
	X("volume-plugin-dir", "volumePluginDir", STRING)                                                    \
	X("volume-stats-agg-period", "volumeStatsAggPeriod", STRING)

struct field {
	const char *flag, *path;
};
#define X(name, field_path, type) {name, field_path},
static const struct field fields[] = {CONFIG_FLAGS(X)};
#undef X
enum { BASE = __COUNTER__ + 1 }; /* the place of each flag's value is its number */
#define X(name, path, type)                                                                                  \
	{name, KN_FLAG_##type, sizeof(char *) * (__COUNTER__ - BASE), "configuration: " path},
const struct kn_flag kn_config_flags[] = {CONFIG_FLAGS(X)};
#undef X
const size_t kn_config_n_flags = KN_ARRAY_SIZE(kn_config_flags);
_Static_assert(KN_ARRAY_SIZE(kn_config_flags) <= KN_CONFIG_FLAGS_MAX,
	       "kn_config_load's callers have so much room");

/* ---- nodes ---- */

static struct kn_node *make(struct kn_arena *a, enum kn_node_type type, const char *key, const char *text)
{
	struct kn_node *n = kn_arena_alloc(a, sizeof(*n));

	n->type = type;
	n->key = key;
	n->text = text;
	n->text_len = text ? strlen(text) : 0;
	return n;
}

static void append(struct kn_node *parent, struct kn_node *child)
{
	struct kn_node **tail = &parent->child;

	while (*tail)
		tail = &(*tail)->next;
	*tail = child;
}

static int bad(const char *flag, const char *value, struct kn_err *err)
{
	return kn_err_set(err, EINVAL, "invalid argument \"%s\" for \"--%s\" flag", value, flag);
}

static int make_scalar(const ProtobufCFieldDescriptor *f, const char *flag, const char *key,
		       const char *value, struct kn_arena *a, struct kn_node **ret, struct kn_err *err)
{
	bool yes = !strcmp(value, "true") || !strcmp(value, "1");
	int64_t ignored;

	switch (f->type) {
	case PROTOBUF_C_TYPE_BOOL:
		if (!yes && strcmp(value, "false") != 0 && strcmp(value, "0") != 0)
			return bad(flag, value, err);
		*ret = make(a, KN_NODE_BOOL, key, NULL);
		(*ret)->boolean = yes;
		return 0;
	case PROTOBUF_C_TYPE_INT32:
	case PROTOBUF_C_TYPE_INT64:
		if (kn_decimal_int64(value, &ignored) ||
		    (f->type == PROTOBUF_C_TYPE_INT32 && (ignored > INT32_MAX || ignored < INT32_MIN)))
			return bad(flag, value, err);
		*ret = make(a, KN_NODE_NUMBER, key, value);
		return 0;
	case PROTOBUF_C_TYPE_MESSAGE:
		if (f->descriptor == &k8s__duration__descriptor && kn_duration_parse(value, &ignored))
			return bad(flag, value, err);
		*ret = make(a, KN_NODE_STRING, key, value);
		return 0;
	default:
		*ret = make(a, KN_NODE_STRING, key, value);
		return 0;
	}
}

/* "key=value,key=value"; eviction thresholds have a < between. */
static int make_map(const ProtobufCFieldDescriptor *f, const char *flag, const char *key, const char *value,
		    struct kn_arena *a, struct kn_node **ret, struct kn_err *err)
{
	const ProtobufCMessageDescriptor *entry = f->descriptor;
	bool less = !strcmp(flag, "eviction-hard") || !strcmp(flag, "eviction-soft");
	char *copy = kn_arena_strdup(a, value), *save = NULL;
	struct kn_node *map = make(a, KN_NODE_OBJECT, key, NULL), *child;

	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		char *mid = strchr(s, less ? '<' : '=');
		int r;

		if (!mid)
			return bad(flag, value, err);
		*mid = '\0';
		r = make_scalar(&entry->fields[1], flag, s, mid + 1, a, &child, err);
		if (r)
			return r;
		append(map, child);
	}
	*ret = map;
	return 0;
}

static int make_taints(const char *key, const char *value, struct kn_arena *a, struct kn_node **ret,
		       struct kn_err *err)
{
	struct kn_node *list = make(a, KN_NODE_ARRAY, key, NULL);
	K8s__Taint **taints;
	size_t n;
	int r = kn_node_taints_parse(value, a, &taints, &n, err);

	for (size_t i = 0; !r && i < n; i++) {
		struct kn_node *t = make(a, KN_NODE_OBJECT, NULL, NULL);

		append(t, make(a, KN_NODE_STRING, "key", taints[i]->key));
		if (taints[i]->value)
			append(t, make(a, KN_NODE_STRING, "value", taints[i]->value));
		append(t, make(a, KN_NODE_STRING, "effect", taints[i]->effect));
		append(list, t);
	}
	if (!r)
		*ret = list;
	return r;
}

static int make_value(const ProtobufCFieldDescriptor *f, const char *flag, const char *key, const char *value,
		      struct kn_arena *a, struct kn_node **ret, struct kn_err *err)
{
	struct kn_node *list, *child;
	char *copy, *save = NULL;
	int r;

	if (f->label != PROTOBUF_C_LABEL_REPEATED)
		return make_scalar(f, flag, key, value, a, ret, err);
	if (f->descriptor == &k8s__taint__descriptor)
		return make_taints(key, value, a, ret, err);
	if (f->type == PROTOBUF_C_TYPE_MESSAGE)
		return make_map(f, flag, key, value, a, ret, err);
	list = make(a, KN_NODE_ARRAY, key, NULL);
	copy = kn_arena_strdup(a, value);
	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		r = make_scalar(f, flag, NULL, s, a, &child, err);
		if (r)
			return r;
		append(list, child);
	}
	*ret = list;
	return 0;
}

static struct kn_node *find(const struct kn_node *object, const char *key)
{
	for (struct kn_node *c = object->child; c; c = c->next)
		if (!strcmp(c->key, key))
			return c;
	return NULL;
}

/* Walks to the field's parent, making what isn't there, and puts the value in. */
static int put(struct kn_node *root, const struct field *field, const char *value, struct kn_arena *a,
	       struct kn_err *err)
{
	const ProtobufCMessageDescriptor *desc = &kc__kubelet_configuration__descriptor;
	char *path = kn_arena_strdup(a, field->path), *dot;
	const ProtobufCFieldDescriptor *f;
	struct kn_node *at = root, *child = NULL;
	int r;

	while ((dot = strchr(path, '.'))) {
		*dot = '\0';
		desc = protobuf_c_message_descriptor_get_field_by_name(desc, path)->descriptor;
		child = find(at, path);
		if (!child) {
			child = make(a, KN_NODE_OBJECT, path, NULL);
			append(at, child);
		}
		at = child;
		path = dot + 1;
	}
	f = protobuf_c_message_descriptor_get_field_by_name(desc, path);
	r = make_value(f, field->flag, path, value, a, &child, err);
	if (!r)
		append(at, child);
	return r;
}

int kn_config_flags_tree(const char *const *values, struct kn_arena *a, struct kn_node **ret,
			 struct kn_err *err)
{
	struct kn_node *root = make(a, KN_NODE_OBJECT, NULL, NULL);
	int r = 0;

	for (size_t i = 0; i < KN_ARRAY_SIZE(fields) && !r; i++)
		if (values[i])
			r = put(root, &fields[i], values[i], a, err);
	if (!r)
		*ret = root;
	return r;
}
