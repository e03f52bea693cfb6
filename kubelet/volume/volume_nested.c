/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/gen/gen_priv.h"
#include "kubelet/volume/pod_volumes.h"

/* What of path lies below top; NULL: nothing, or it isn't there. Doubled and trailing slashes don't count. */
static char *below(struct kn_arena *a, const char *path, const char *top)
{
	char *out, *end;

	for (;;) {
		size_t len, top_len;

		path += strspn(path, "/");
		top += strspn(top, "/");
		len = strcspn(path, "/");
		top_len = strcspn(top, "/");
		if (!*top)
			break;
		if (len != top_len || strncmp(path, top, len))
			return NULL;
		path += len;
		top += top_len;
	}
	if (!*path || !kn_path_is_tame(path))
		return NULL;
	out = kn_arena_strdup(a, path);
	for (end = out + strlen(out); end > out && end[-1] == '/';)
		*--end = '\0';
	return out;
}

static void keep_outermost(struct kn_arena *a, char ***list, size_t *n, char *path)
{
	size_t kept = 0;

	for (size_t i = 0; i < *n; i++)
		if (!strcmp((*list)[i], path) || below(a, path, (*list)[i]))
			return;
	for (size_t i = 0; i < *n; i++)
		if (!below(a, (*list)[i], path))
			(*list)[kept++] = (*list)[i];
	*n = kept;
	*list = kn_list_with(a, *list, *n, path);
	++*n;
}

char **kn_volume_nested(struct kn_arena *a, const struct kn_pod *p, const char *v)
{
	const K8s__PodSpec *s = p->obj->spec;
	char **list = NULL;
	size_t n = 0;

	for (size_t k = 0; k < s->n_initcontainers + s->n_containers; k++) {
		const K8s__Container *c = k < s->n_initcontainers ? s->initcontainers[k]
								  : s->containers[k - s->n_initcontainers];

		for (size_t i = 0; i < c->n_volumemounts; i++) {
			if (strcmp(c->volumemounts[i]->name, v) != 0)
				continue;
			for (size_t j = 0; j < c->n_volumemounts; j++) {
				char *rest = below(a, c->volumemounts[j]->mountpath,
						   c->volumemounts[i]->mountpath);

				if (rest)
					keep_outermost(a, &list, &n, rest);
			}
		}
	}
	return kn_list_with(a, list, n, NULL);
}
