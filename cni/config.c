/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/config.h"

const char *const kn_cni_versions[] = {"0.3.1", "0.4.0", "1.0.0", "1.1.0", NULL};

int kn_cni_version_index(const char *version)
{
	for (int i = 0; kn_cni_versions[i]; i++)
		if (!strcmp(version, kn_cni_versions[i]))
			return i;
	return -1;
}

bool kn_cni_version_since(const char *version, const char *since)
{
	return kn_cni_version_index(version) >= kn_cni_version_index(since);
}

/* What runtimes put in, and keys of other plugins that change nothing here. */
static const char *const known_keys[] = {
	"cniVersion", "name",	      "type",	       "podCIDRs", "mtu",	   "dataDir",	"prevResult",
	"args",	      "capabilities", "runtimeConfig", "ipMasq",   "disableCheck", "disableGC",
};

static int fail(struct kn_err *err, int code, const char *key, const char *why)
{
	kn_err_set(err, EINVAL, "%s: %s", key, why);
	return code;
}

static int check_keys(const struct kn_node *root, struct kn_err *err)
{
	for (const struct kn_node *n = root->child; n; n = n->next) {
		bool known = !strncmp(n->key, "cni.dev/", 8);

		for (size_t i = 0; !known && i < KN_ARRAY_SIZE(known_keys); i++)
			known = !strcmp(n->key, known_keys[i]);
		if (!known) {
			kn_err_set(err, EINVAL, "unsupported field \"%.64s\": %.128s", n->key,
				   n->text ? n->text : "(not a scalar)");
			return KN_CNI_UNSUPPORTED;
		}
		if (kn_node_get(root, n->key) != n)
			return fail(err, KN_CNI_DECODE, n->key, "is given twice");
	}
	return 0;
}

/* As libcni checks names: they become a folder's name. */
static int check_name(const char *s)
{
	if (!isalnum((unsigned char)s[0]) || strlen(s) > 128)
		return -EINVAL;
	for (; *s; s++)
		if (!isalnum((unsigned char)*s) && !strchr("_.-", *s))
			return -EINVAL;
	return 0;
}

/* A string without NULs inside. */
static const char *plain_str(const struct kn_node *n)
{
	return n && n->type == KN_NODE_STRING && strlen(n->text) == n->text_len ? n->text : NULL;
}

static int parse_cidrs(const struct kn_node *n, struct kn_cni_conf *c, struct kn_err *err)
{
	if (!n || n->type != KN_NODE_ARRAY || !n->child)
		return fail(err, KN_CNI_CONFIG, "podCIDRs", "must be a list of one or two CIDRs");
	for (const struct kn_node *e = n->child; e; e = e->next) {
		const char *text = plain_str(e);

		if (!text)
			return fail(err, KN_CNI_CONFIG, "podCIDRs", "must hold strings");
		if (c->n_cidrs == KN_CNI_MAX_CIDRS)
			return fail(err, KN_CNI_CONFIG, "podCIDRs", "holds more than two");
		if (kn_cni_cidr_parse(text, &c->cidrs[c->n_cidrs], err)) {
			kn_err_wrap(err, "podCIDRs");
			return KN_CNI_CONFIG;
		}
		if (c->n_cidrs++ && c->cidrs[0].family == c->cidrs[1].family)
			return fail(err, KN_CNI_CONFIG, "podCIDRs", "holds two of one family");
	}
	return 0;
}

static bool has_v6(const struct kn_cni_conf *c)
{
	for (size_t i = 0; i < c->n_cidrs; i++)
		if (c->cidrs[i].family == AF_INET6)
			return true;
	return false;
}

static int parse_mtu(const struct kn_node *n, struct kn_cni_conf *c, struct kn_err *err)
{
	unsigned long min = has_v6(c) ? 1280 : 68, mtu;
	char *end;

	if (!n)
		return 0;
	if (n->type != KN_NODE_NUMBER || !isdigit((unsigned char)n->text[0]) || n->text_len > 5)
		return fail(err, KN_CNI_CONFIG, "mtu", "must be a whole number, 0 or 68 to 65535");
	mtu = strtoul(n->text, &end, 10);
	if (*end || mtu > 65535 || (mtu && mtu < min))
		return fail(err, KN_CNI_CONFIG, "mtu", "must be 0 or 68 to 65535, with IPv6 from 1280");
	c->mtu = (uint32_t)mtu;
	return 0;
}

static int parse_data_dir(const struct kn_node *n, struct kn_cni_conf *c, struct kn_err *err)
{
	c->data_dir = n ? plain_str(n) : KN_CNI_DATA_DIR;
	if (!c->data_dir || c->data_dir[0] != '/' || strlen(c->data_dir) > 1024)
		return fail(err, KN_CNI_CONFIG, "dataDir", "must be an absolute path");
	return 0;
}

static int parse_valid(const struct kn_node *n, struct kn_arena *a, struct kn_cni_conf *c, struct kn_err *err)
{
	static const char key[] = "cni.dev/valid-attachments";
	struct kn_cni_attachment *list;
	size_t count = 0;

	if (!n)
		return 0;
	c->has_valid = true;
	if (n->type == KN_NODE_NULL) /* how Go writes an empty list */
		return 0;
	if (n->type != KN_NODE_ARRAY)
		return fail(err, KN_CNI_CONFIG, key, "must be a list");
	for (const struct kn_node *e = n->child; e; e = e->next)
		count++;
	list = kn_arena_alloc(a, (count + 1) * sizeof(*list));
	if (!list)
		return fail(err, KN_CNI_DECODE, key, "too long");
	for (const struct kn_node *e = n->child; e; e = e->next) {
		struct kn_cni_attachment *v = &list[c->n_valid++];

		v->container_id = plain_str(kn_node_get(e, "containerID"));
		v->ifname = plain_str(kn_node_get(e, "ifname"));
		if (!v->container_id || !v->ifname || kn_cni_check_id(v->container_id) ||
		    kn_cni_check_ifname(v->ifname))
			return fail(err, KN_CNI_CONFIG, key, "an entry lacks a valid containerID or ifname");
	}
	c->valid = list;
	return 0;
}

static int parse_version(const struct kn_node *root, struct kn_cni_conf *c, struct kn_err *err)
{
	const struct kn_node *n = kn_node_get(root, "cniVersion");
	const char *version = plain_str(n);
	int i;

	if (!version)
		return fail(err, KN_CNI_CONFIG, "cniVersion", n ? "must be a string" : "is missing");
	i = kn_cni_version_index(version);
	if (i < 0) {
		kn_err_set(err, EPROTONOSUPPORT,
			   "cniVersion \"%.32s\" is not supported (0.3.1, 0.4.0, 1.0.0, 1.1.0)", version);
		return KN_CNI_VERSION;
	}
	c->version = kn_cni_versions[i];
	return 0;
}

static int parse_names(const struct kn_node *root, struct kn_cni_conf *c, struct kn_err *err)
{
	const char *type = plain_str(kn_node_get(root, "type"));

	c->name = plain_str(kn_node_get(root, "name"));
	if (!c->name || check_name(c->name))
		return fail(err, KN_CNI_CONFIG, "name",
			    "must begin with a letter or digit, then letters, digits, _.-");
	/* A runtime takes it for a file's name in CNI_PATH; "../x" would leave it. */
	if (!type || check_name(type))
		return fail(err, KN_CNI_CONFIG, "type", "must be a plugin's file name, without slashes");
	return 0;
}

int kn_cni_conf_parse(const char *text, size_t len, struct kn_arena *a, struct kn_cni_conf *ret,
		      struct kn_err *err)
{
	const struct kn_node_limits lim = {.depth = 32, .nodes = 100000};
	struct kn_cni_conf c = {0};
	struct kn_node *root;
	int code;

	if (kn_json_parse(text, len, &lim, a, &root, err)) {
		kn_err_wrap(err, "network configuration");
		return KN_CNI_DECODE;
	}
	if (root->type != KN_NODE_OBJECT)
		return fail(err, KN_CNI_DECODE, "network configuration", "is no object");
	code = parse_version(root, &c, err);
	if (code)
		return code;
	ret->version = c.version;
	code = parse_names(root, &c, err);
	code = code ? code : check_keys(root, err);
	code = code ? code : parse_cidrs(kn_node_get(root, "podCIDRs"), &c, err);
	code = code ? code : parse_mtu(kn_node_get(root, "mtu"), &c, err);
	code = code ? code : parse_data_dir(kn_node_get(root, "dataDir"), &c, err);
	code = code ? code : parse_valid(kn_node_get(root, "cni.dev/valid-attachments"), a, &c, err);
	if (code)
		return code;
	c.prev_result = kn_node_get(root, "prevResult");
	if (c.prev_result && c.prev_result->type == KN_NODE_NULL)
		c.prev_result = NULL;
	*ret = c;
	return 0;
}

const struct kn_cni_addr *kn_cni_conf_cidr(const struct kn_cni_conf *conf, const struct kn_cni_addr *a)
{
	for (size_t i = 0; i < conf->n_cidrs; i++)
		if (kn_cni_cidr_has(&conf->cidrs[i], a))
			return &conf->cidrs[i];
	return NULL;
}
