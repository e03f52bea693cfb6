/* SPDX-License-Identifier: Apache-2.0 */
/* Configuration files as trees: read, and merged. */
#include <errno.h>
#include <dirent.h>
#include <string.h>
#include <sys/stat.h>

#include "kubelet/config/config_priv.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define FILE_MAX_BYTES (1 << 20)
#define API "kubelet.config.k8s.io/v1beta1"

int kn_config_read(const char *path, struct kn_arena *a, struct kn_node **ret, struct kn_err *err)
{
	kn_auto_buf struct kn_buf text = {0};
	struct kn_node *n = NULL;
	const char *api, *kind;
	int r = kn_file_read(path, FILE_MAX_BYTES, &text, err);

	if (!r)
		r = kn_yaml_parse(text.data ? text.data : "", text.len, NULL, a, &n, err);
	if (r)
		return kn_err_wrap(err, "failed to load Kubelet config file %s", path);
	api = n ? kn_node_str(n, "apiVersion") : NULL;
	kind = n ? kn_node_str(n, "kind") : NULL;
	if (!n || n->next)
		return kn_err_set(err, EINVAL, "failed to load Kubelet config file %s: %s", path,
				  n ? "more than one document" : "it is empty");
	if (!api || !kind || strcmp(api, API) != 0 || strcmp(kind, "KubeletConfiguration") != 0)
		return kn_err_set(err, EINVAL,
				  "failed to load Kubelet config file %s: it is %s %s, not " API
				  " KubeletConfiguration",
				  path, api ? api : "of no apiVersion", kind ? kind : "of no kind");
	*ret = n;
	return 0;
}

/* ---- drop-ins ---- */

struct names {
	struct kn_arena *a;
	char **list;
	size_t n;
};

static int by_text(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

static int list_folder(struct names *names, const char *dir, int depth, struct kn_err *err)
{
	enum { DEPTH_MAX = 8, FILES_MAX = 256 };
	kn_auto_free struct dirent **entries = NULL;
	int n = scandir(dir, &entries, NULL, alphasort), r = 0;

	if (n < 0)
		return kn_err_errno(err, errno, "failed to walk through kubelet dropin directory \"%s\"",
				    dir);
	for (int i = 0; i < n; i++) {
		const char *name = entries[i]->d_name, *dot = strrchr(name, '.');
		char *path = kn_arena_printf(names->a, "%s/%s", dir, name);
		struct stat st;

		if (!r && strcmp(name, ".") != 0 && strcmp(name, "..") != 0 && !lstat(path, &st)) {
			if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX)
				r = list_folder(names, path, depth + 1, err);
			else if (!S_ISDIR(st.st_mode) && dot && !strcmp(dot, ".conf") && names->n < FILES_MAX)
				names->list[names->n++] = path;
		}
		free(entries[i]);
	}
	return r;
}

int kn_config_drop_ins(const char *dir, struct kn_arena *a, char ***ret, size_t *ret_n, struct kn_err *err)
{
	struct names names = {.a = a, .list = kn_arena_alloc(a, 256 * sizeof(char *))};
	int r = list_folder(&names, dir, 0, err);

	if (r)
		return r;
	qsort(names.list, names.n, sizeof(*names.list), by_text);
	*ret = names.list;
	*ret_n = names.n;
	return 0;
}

/* ---- merging ---- */

static struct kn_node *shallow(struct kn_arena *a, const struct kn_node *n)
{
	struct kn_node *c = kn_arena_alloc(a, sizeof(*c));

	*c = *n;
	c->next = NULL;
	return c;
}

/* Depth is bounded by the parser's. */
struct kn_node *kn_node_merge(struct kn_arena *a, const struct kn_node *base, const struct kn_node *patch)
{
	struct kn_node *out, **tail;

	if (!patch)
		return base ? shallow(a, base) : NULL;
	if (patch->type != KN_NODE_OBJECT)
		return shallow(a, patch);
	out = shallow(a, patch);
	out->child = NULL;
	tail = &out->child;
	if (base && base->type != KN_NODE_OBJECT)
		base = NULL;
	for (const struct kn_node *b = base ? base->child : NULL; b; b = b->next) {
		const struct kn_node *p = kn_node_get(patch, b->key);

		if (p && p->type == KN_NODE_NULL)
			continue;
		*tail = p ? kn_node_merge(a, b, p) : shallow(a, b);
		tail = &(*tail)->next;
	}
	for (const struct kn_node *p = patch->child; p; p = p->next) {
		if (p->type == KN_NODE_NULL || (base && kn_node_get(base, p->key)))
			continue;
		*tail = kn_node_merge(a, NULL, p);
		tail = &(*tail)->next;
	}
	return out;
}
