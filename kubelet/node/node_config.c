/* SPDX-License-Identifier: Apache-2.0 */
#include <arpa/inet.h>
#include <errno.h>
#include <string.h>

#include "kubelet/node/node_config.h"
#include "lib/base/mem.h"

/* ---- labels ---- */

static bool ends_with(const char *text, size_t n, const char *suffix)
{
	size_t len = strlen(suffix);

	return n >= len && !strncmp(text + n - len, suffix, len);
}

/* ns is the domain of a key, n bytes; is it DOMAIN or below it? */
static bool in_domain(const char *ns, size_t n, const char *domain)
{
	size_t len = strlen(domain);

	return ends_with(ns, n, domain) && (n == len || ns[n - len - 1] == '.');
}

static bool label_allowed(const char *key)
{
	static const char *const set[] = {"kubernetes.io/hostname",
					  "topology.kubernetes.io/zone",
					  "topology.kubernetes.io/region",
					  "failure-domain.beta.kubernetes.io/zone",
					  "failure-domain.beta.kubernetes.io/region",
					  "beta.kubernetes.io/instance-type",
					  "node.kubernetes.io/instance-type",
					  "kubernetes.io/os",
					  "kubernetes.io/arch",
					  "beta.kubernetes.io/os",
					  "beta.kubernetes.io/arch"};
	const char *slash = strchr(key, '/');
	size_t n = slash ? (size_t)(slash - key) : 0;

	if (!in_domain(key, n, "kubernetes.io") && !in_domain(key, n, "k8s.io"))
		return true;
	for (size_t i = 0; i < KN_ARRAY_SIZE(set); i++)
		if (!strcmp(key, set[i]))
			return true;
	return in_domain(key, n, "kubelet.kubernetes.io") || in_domain(key, n, "node.kubernetes.io");
}

static bool is_word(const char *s, size_t n) /* of a label: [A-Za-z0-9]([-A-Za-z0-9_.]*[A-Za-z0-9])? */
{
	static const char alnum[] = "abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789";

	if (!n || n > 63 || !strchr(alnum, s[0]) || !strchr(alnum, s[n - 1]))
		return false;
	for (size_t i = 0; i < n; i++)
		if (!s[i] || (!strchr(alnum, s[i]) && !strchr("-_.", s[i])))
			return false;
	return true;
}

static bool key_valid(const char *key)
{
	const char *slash = strchr(key, '/'), *name = slash ? slash + 1 : key;

	if (slash && (slash == key || slash - key > 253))
		return false;
	return is_word(name, strlen(name));
}

int kn_node_labels_parse(const char *text, struct kn_arena *a, K8s__StringEntry ***ret, size_t *n,
			 struct kn_err *err)
{
	char *copy = kn_arena_strdup(a, text), *save = NULL;
	K8s__StringEntry **list = kn_arena_alloc(a, (strlen(text) / 2 + 1) * sizeof(*list));
	size_t count = 0;

	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		K8s__StringEntry *e = kn_arena_alloc(a, sizeof(*e));
		char *eq = strchr(s, '=');

		if (!eq)
			return kn_err_set(err, EINVAL, "--node-labels: malformed pair, expect string=string");
		*eq = '\0';
		k8s__string_entry__init(e);
		e->key = s;
		e->value = eq + 1;
		if (!label_allowed(s))
			return kn_err_set(
				err, EINVAL,
				"unknown 'kubernetes.io' or 'k8s.io' labels specified with --node-labels: "
				"[%s]",
				s);
		if (!key_valid(s) || (*e->value && !is_word(e->value, strlen(e->value))))
			return kn_err_set(err, EINVAL, "invalid node labels: '%s=%s'", s, e->value);
		list[count++] = e;
	}
	*ret = list;
	*n = count;
	return 0;
}

/* ---- taints ---- */

static int parse_taint(char *s, K8s__Taint *t, struct kn_err *err)
{
	static const char *const effects[] = {"NoSchedule", "PreferNoSchedule", "NoExecute"};
	char *colon = strrchr(s, ':'), *eq;
	bool known = false;

	if (!colon)
		return kn_err_set(err, EINVAL, "--register-with-taints: invalid taint spec: %s", s);
	*colon = '\0';
	t->effect = colon + 1;
	for (size_t i = 0; i < KN_ARRAY_SIZE(effects); i++)
		known |= !strcmp(t->effect, effects[i]);
	if (!known)
		return kn_err_set(err, EINVAL, "--register-with-taints: invalid taint effect: %s", t->effect);
	eq = strchr(s, '=');
	if (eq) {
		*eq = '\0';
		t->value = eq + 1;
	}
	t->key = s;
	if (!key_valid(s) || (eq && *t->value && !is_word(t->value, strlen(t->value))))
		return kn_err_set(err, EINVAL, "--register-with-taints: invalid taint spec: %s", s);
	return 0;
}

int kn_node_taints_parse(const char *text, struct kn_arena *a, K8s__Taint ***ret, size_t *n,
			 struct kn_err *err)
{
	char *copy = kn_arena_strdup(a, text), *save = NULL;
	K8s__Taint **list = kn_arena_alloc(a, (strlen(text) / 2 + 1) * sizeof(*list));
	size_t count = 0;
	int r = 0;

	for (char *s = strtok_r(copy, ",", &save); s && !r; s = strtok_r(NULL, ",", &save)) {
		list[count] = kn_arena_alloc(a, sizeof(**list));
		k8s__taint__init(list[count]);
		r = parse_taint(s, list[count++], err);
	}
	if (r)
		return r;
	*ret = list;
	*n = count;
	return 0;
}

/* ---- addresses ---- */

static int parse_node_ips(const char *text, struct kn_arena *a, const char *const **ret, struct kn_err *err)
{
	char *copy = kn_arena_strdup(a, text), *save = NULL;
	const char **list = kn_arena_alloc(a, 3 * sizeof(*list));
	unsigned char addr[16];
	size_t n = 0;

	for (char *s = strtok_r(copy, ",", &save); s; s = strtok_r(NULL, ",", &save)) {
		if (n == 2 || inet_pton(strchr(s, ':') ? AF_INET6 : AF_INET, s, addr) != 1)
			return kn_err_set(err, EINVAL, "bad --node-ip \"%s\"", text);
		list[n++] = s;
	}
	if (n == 2 && !strchr(list[0], ':') == !strchr(list[1], ':'))
		return kn_err_set(err, EINVAL,
				  "bad --node-ip \"%s\"; must contain either a single IP or a "
				  "dual-stack pair of IPs",
				  text);
	*ret = n ? list : NULL;
	return 0;
}

int kn_node_config_make(struct kn_node_config *ret, const struct kn_options *o, struct kn_arena *a,
			struct kn_err *err)
{
	struct kn_node_config c = {
		.node_name = o->node_name,
		.hostname = o->node_name,
		.provider_id = o->provider_id,
		.kube_version = KN_KUBE_VERSION,
		.cloud_external = o->cloud_provider && !strcmp(o->cloud_provider, "external"),
		.controller_attach = o->config->enablecontrollerattachdetach,
		.max_pods = o->max_pods,
		.pods_per_core = o->config->podspercore,
		.max_images = o->config->nodestatusmaximages,
		.port = o->config->enableserver ? o->config->port : 0,
		.taints = o->config->registerwithtaints,
		.n_taints = o->config->n_registerwithtaints,
	};
	K8s__StringEntry **labels;
	int r = kn_node_reserved_make(&c.reserved, o->config, a, err);

	if (r)
		return r;
	if (o->cloud_provider && *o->cloud_provider && !c.cloud_external)
		return kn_err_set(err, EINVAL, "unsupported value for --cloud-provider: %s (only external)",
				  o->cloud_provider);
	if (o->node_ip)
		r = parse_node_ips(o->node_ip, a, &c.node_ips, err);
	if (!r && o->node_labels) {
		r = kn_node_labels_parse(o->node_labels, a, &labels, &c.n_labels, err);
		c.labels = labels;
	}
	if (!r)
		*ret = c;
	return r;
}
