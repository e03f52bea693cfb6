/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/base/file.h"
#include "lib/json/node.h"
#include "lib/k8s/client.h"
#include "lib/k8s/codec_internal.h"

#define KUBECONFIG_MAX (4u << 20)

struct reader {
	const char *path;
	struct kn_arena *arena;
	struct kn_err *err;
};

static int fail(struct reader *r, const char *what)
{
	return kn_err_set(r->err, EINVAL, "%s: %s", r->path, what);
}

/* The member `what` of the entry of list that has this name. */
static int find(struct reader *r, const struct kn_node *root, const char *list, const char *what,
		const char *name, const struct kn_node **ret)
{
	const struct kn_node *l = kn_node_get(root, list);

	for (const struct kn_node *n = l ? l->child : NULL; n && name; n = n->next) {
		const char *s = kn_node_str(n, "name");

		if (s && strcmp(s, name) == 0) {
			*ret = kn_node_get(n, what);
			return *ret ? 0 : kn_err_set(r->err, EINVAL, "%s: %s %s is empty", r->path, what, s);
		}
	}
	return kn_err_set(r->err, EINVAL, "%s: %s %s is not there", r->path, what, name ? name : "\"\"");
}

/* NULL for absent and for "", which Go can't tell apart. */
static const char *text(const struct kn_node *n, const char *key)
{
	const char *s = kn_node_str(n, key);

	return s && *s ? s : NULL;
}

/* Relative to the kubeconfig's folder (clientcmd.ResolveLocalPaths). */
static const char *file(struct reader *r, const char *name)
{
	const char *slash = strrchr(r->path, '/');

	if (!name || *name == '/' || !slash)
		return name;
	return kn_arena_printf(r->arena, "%.*s/%s", (int)(slash - r->path), r->path, name);
}

static int data(struct reader *r, const struct kn_node *n, const char *key, const char **ret)
{
	const char *s = text(n, key);
	size_t len, out_len;
	uint8_t *out;

	if (!s)
		return 0;
	len = strlen(s);
	out = kn_arena_alloc(r->arena, len / 4 * 3 + 4);
	if (!out || kn_base64_decode(s, len, out, &out_len) < 0)
		return kn_err_set(r->err, EINVAL, "%s: %s is not base64", r->path, key);
	out[out_len] = 0;
	*ret = (char *)out;
	return 0;
}

static bool yes(const struct kn_node *n, const char *key)
{
	const struct kn_node *b = kn_node_get(n, key);

	return b && b->type == KN_NODE_BOOL && b->boolean;
}

static int read_cluster(struct reader *r, const struct kn_node *n, struct kn_kubeconfig *k)
{
	k->server = text(n, "server");
	if (!k->server)
		return fail(r, "the cluster has no server");
	if (text(n, "proxy-url"))
		return kn_err_set(r->err, ENOTSUP, "%s: proxy-url is not supported; use HTTPS_PROXY",
				  r->path);
	k->server_name = text(n, "tls-server-name");
	k->insecure = yes(n, "insecure-skip-tls-verify");
	k->ca_file = file(r, text(n, "certificate-authority"));
	return data(r, n, "certificate-authority-data", &k->ca_data);
}

static int read_list(struct reader *r, const struct kn_node *list, bool env, const char ***ret)
{
	size_t n = 0, i = 0;
	const char **v;

	for (const struct kn_node *c = list ? list->child : NULL; c; c = c->next)
		n++;
	v = kn_arena_alloc(r->arena, (n + 1) * sizeof(*v));
	if (!v)
		return kn_err_set(r->err, ENOMEM, "%s: too large", r->path);
	for (const struct kn_node *c = list ? list->child : NULL; c; c = c->next) {
		const char *name = text(c, "name"), *value = text(c, "value");

		if (env && name)
			v[i++] = kn_arena_printf(r->arena, "%s=%s", name, value ? value : "");
		else if (!env && c->type == KN_NODE_STRING)
			v[i++] = c->text;
		else
			return fail(r, "exec: args are texts, env has names and values");
	}
	*ret = v;
	return 0;
}

static int read_exec(struct reader *r, const struct kn_node *n, struct kn_kubeconfig *k)
{
	const char *command = text(n, "command"), *version = text(n, "apiVersion");
	int e;

	if (!command)
		return fail(r, "exec has no command");
	if (!version || (strcmp(version, "client.authentication.k8s.io/v1") != 0 &&
			 strcmp(version, "client.authentication.k8s.io/v1beta1") != 0))
		return fail(r, "exec: apiVersion has to be client.authentication.k8s.io/v1 or v1beta1");
	/* A bare name is looked for in PATH when it is run. */
	k->exec_command = strchr(command, '/') ? file(r, command) : command;
	k->exec_api_version = version;
	k->exec_cluster_info = yes(n, "provideClusterInfo");
	e = read_list(r, kn_node_get(n, "args"), false, &k->exec_args);
	return e < 0 ? e : read_list(r, kn_node_get(n, "env"), true, &k->exec_env);
}

static int read_user(struct reader *r, const struct kn_node *n, struct kn_kubeconfig *k)
{
	static const char *const refused[] = {"as", "as-uid", "as-groups", "as-user-extra", "auth-provider"};
	const struct kn_node *exec = kn_node_get(n, "exec");
	int e;

	for (size_t i = 0; i < KN_ARRAY_SIZE(refused); i++)
		if (kn_node_get(n, refused[i]))
			return kn_err_set(r->err, ENOTSUP, "%s: %s is not supported", r->path, refused[i]);
	k->token = text(n, "token");
	k->token_file = file(r, text(n, "tokenFile"));
	k->username = text(n, "username");
	k->password = text(n, "password");
	k->cert_file = file(r, text(n, "client-certificate"));
	k->key_file = file(r, text(n, "client-key"));
	e = data(r, n, "client-certificate-data", &k->cert_data);
	if (e == 0)
		e = data(r, n, "client-key-data", &k->key_data);
	if (e == 0 && exec && exec->type == KN_NODE_OBJECT)
		e = read_exec(r, exec, k);
	if (e < 0)
		return e;
	if (!(k->cert_file || k->cert_data) != !(k->key_file || k->key_data))
		return fail(r, "a client certificate needs a key, and a key a certificate");
	return 0;
}

static int read_root(struct reader *r, const struct kn_node *root, struct kn_kubeconfig *k)
{
	const struct kn_node *ctx, *cluster, *user;
	const char *current = text(root, "current-context"), *name;
	int e;

	if (!current)
		return fail(r, "no current-context");
	e = find(r, root, "contexts", "context", current, &ctx);
	if (e < 0)
		return e;
	name = text(ctx, "namespace");
	k->ns = name ? name : "default";
	e = find(r, root, "clusters", "cluster", text(ctx, "cluster"), &cluster);
	if (e == 0)
		e = read_cluster(r, cluster, k);
	name = text(ctx, "user");
	if (e == 0 && name) {
		e = find(r, root, "users", "user", name, &user);
		if (e == 0)
			e = read_user(r, user, k);
	}
	if (e < 0)
		return e;
	/* Data wins over files (clientcmd, rest.TLSClientConfig). */
	if (k->ca_data)
		k->ca_file = NULL;
	if (k->cert_data)
		k->cert_file = NULL;
	if (k->key_data)
		k->key_file = NULL;
	return 0;
}

int kn_kubeconfig_load(struct kn_kubeconfig *ret, const char *path, struct kn_arena *a, struct kn_err *err)
{
	struct reader r = {.path = kn_arena_strdup(a, path), .arena = a, .err = err};
	struct kn_kubeconfig k = {0};
	kn_auto_buf struct kn_buf b = {0};
	struct kn_node *root = NULL;
	int e = kn_file_read(path, KUBECONFIG_MAX, &b, err);

	if (e < 0)
		return e;
	e = kn_yaml_parse(b.data ? b.data : "", b.len, NULL, a, &root, err);
	if (e < 0)
		return kn_err_wrap(err, "%s", path);
	if (!root)
		return fail(&r, "is empty");
	e = read_root(&r, root, &k);
	if (e < 0)
		return e;
	*ret = k;
	return 0;
}
