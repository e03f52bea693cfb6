/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/worker/keyring.h"

#include <errno.h>
#include <fnmatch.h>
#include <stdbool.h>
#include <string.h>
#include <strings.h>

#include "kubelet/gen/gen_priv.h"
#include "lib/base/mem.h"
#include "lib/json/node.h"
#include "lib/k8s/codec_internal.h"

#define DOCKER_HUB "index.docker.io"

/* NULL: not base64. */
static char *decode(struct kn_arena *a, const char *text)
{
	size_t len = strlen(text), n = 0;
	char *out = kn_arena_alloc(a, len + 4);

	if (kn_base64_decode(text, len, (uint8_t *)out, &n))
		return NULL;
	out[n] = '\0';
	return out;
}

/* "https://host/v1/x" -> "host/x". */
static char *key_of(struct kn_arena *a, const char *registry)
{
	const char *slash;
	char *host;

	if (!strncasecmp(registry, "https://", 8))
		registry += 8;
	else if (!strncasecmp(registry, "http://", 7))
		registry += 7;
	slash = strchr(registry, '/');
	if (!slash)
		return kn_arena_strdup(a, registry);
	host = kn_arena_strndup(a, registry, (size_t)(slash - registry));
	if (!strncmp(slash, "/v1/", 4) || !strncmp(slash, "/v2/", 4))
		slash += 3;
	return strcmp(slash, "/") ? kn_arena_printf(a, "%s%s", host, slash) : host;
}

static int add_one(struct kn_arena *a, struct kn_keyring *k, const struct kn_node *n)
{
	Cri__AuthConfig *auth = KN_MSG(a, Cri__AuthConfig, cri__auth_config__init);
	const char *user = kn_node_str(n, "username"), *pass = kn_node_str(n, "password");
	const char *both = kn_node_str(n, "auth");
	struct kn_keyring_entry *list = kn_arena_alloc(a, (k->n + 1) * sizeof(*list));

	if (n->type != KN_NODE_OBJECT)
		return -EINVAL;
	if (kn_str_set(both)) {
		char *text = decode(a, both), *colon = text ? strchr(text, ':') : NULL;

		if (!colon)
			return -EINVAL;
		*colon = '\0';
		user = text;
		pass = colon + 1;
	}
	auth->username = (char *)kn_arena_strdup(a, user ? user : "");
	auth->password = (char *)kn_arena_strdup(a, pass ? pass : "");
	if (k->n)
		memcpy(list, k->list, k->n * sizeof(*list));
	list[k->n].key = key_of(a, n->key);
	list[k->n].auth = auth;
	k->list = list;
	k->n++;
	return 0;
}

static const K8s__BytesEntry *datum(const K8s__Secret *s, const char *key)
{
	for (size_t i = 0; i < s->n_data; i++)
		if (s->data[i]->key && !strcmp(s->data[i]->key, key) && s->data[i]->value.len)
			return s->data[i];
	return NULL;
}

int kn_keyring_add(struct kn_arena *a, struct kn_keyring *k, const K8s__Secret *s, struct kn_err *err)
{
	bool json = s->type && !strcmp(s->type, "kubernetes.io/dockerconfigjson");
	bool old = s->type && !strcmp(s->type, "kubernetes.io/dockercfg");
	const K8s__BytesEntry *e = json ? datum(s, ".dockerconfigjson") : old ? datum(s, ".dockercfg") : NULL;
	struct kn_keyring copy = *k;
	struct kn_node *root = NULL;
	const struct kn_node *list;

	if (!e)
		return 0;
	/* A parser's words would quote what it stumbled over. */
	if (kn_json_parse((const char *)e->value.data, e->value.len, NULL, a, &root, NULL))
		return kn_err_set(err, EINVAL, "the pull secret's JSON is damaged");
	list = json ? kn_node_get(root, "auths") : root;
	for (const struct kn_node *n = list && list->type == KN_NODE_OBJECT ? list->child : NULL; n;
	     n = n->next)
		if (add_one(a, &copy, n))
			return kn_err_set(err, EINVAL, "the pull secret has an entry that can't be read");
	*k = copy;
	return 0;
}

/* The first part names a registry, not a folder of the default one. */
static bool has_registry(const char *image)
{
	size_t len = strcspn(image, "/");

	return image[len] && (memchr(image, '.', len) || memchr(image, ':', len) ||
			      (len == 9 && !strncmp(image, "localhost", 9)));
}

char *kn_image_repository(struct kn_arena *a, const char *image)
{
	char *name = kn_arena_strndup(a, image, strcspn(image, "@"));
	char *slash = strrchr(name, '/'), *colon = strrchr(name, ':');

	if (colon && (!slash || colon > slash))
		*colon = '\0';
	if (has_registry(name))
		return name;
	return kn_arena_printf(a, "docker.io/%s%s", strchr(name, '/') ? "" : "library/", name);
}

/* Host, part by part, port, and the beginning of the path. */
static bool matches(struct kn_arena *a, const char *key, const char *image)
{
	size_t key_len = strcspn(key, "/"), image_len = strcspn(image, "/");
	char *want = kn_arena_strndup(a, key, key_len), *have = kn_arena_strndup(a, image, image_len);
	char *want_port = strchr(want, ':'), *have_port = strchr(have, ':');

	if (strncmp(image + image_len, key + key_len, strlen(key + key_len)) != 0)
		return false;
	if (want_port)
		*want_port++ = '\0';
	if (have_port)
		*have_port++ = '\0';
	if (strcmp(want_port ? want_port : "", have_port ? have_port : "") != 0)
		return false;
	for (;;) {
		char *want_dot = strchr(want, '.'), *have_dot = strchr(have, '.');

		if (!want_dot != !have_dot)
			return false;
		if (want_dot)
			*want_dot = *have_dot = '\0';
		if (fnmatch(want, have, 0) != 0)
			return false;
		if (!want_dot)
			return true;
		want = want_dot + 1;
		have = have_dot + 1;
	}
}

static int by_key(const void *a, const void *b)
{
	const struct kn_keyring_entry *x = a, *y = b;

	return strcmp(y->key, x->key);
}

Cri__AuthConfig **kn_keyring_find(struct kn_arena *a, const struct kn_keyring *k, const char *image)
{
	Cri__AuthConfig **ret = kn_arena_alloc(a, (k->n + 1) * sizeof(*ret));
	struct kn_keyring_entry *sorted = kn_arena_alloc(a, (k->n + 1) * sizeof(*sorted));
	const char *name = kn_image_repository(a, image);
	bool hub = !strncmp(name, "docker.io/", 10) || !strncmp(name, DOCKER_HUB "/", 16);
	size_t n = 0;

	for (size_t i = 0; i < k->n; i++)
		sorted[i] = k->list[i];
	qsort(sorted, k->n, sizeof(*sorted), by_key);
	for (size_t i = 0; i < k->n; i++)
		if (matches(a, sorted[i].key, name))
			ret[n++] = sorted[i].auth;
	for (size_t i = 0; !n && hub && i < k->n; i++)
		if (!strcmp(sorted[i].key, DOCKER_HUB))
			ret[n++] = sorted[i].auth;
	return ret;
}
