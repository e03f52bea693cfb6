// SPDX-License-Identifier: Apache-2.0
/* What a container is created with. Sub-paths are bound on the pool before; the rest is pure or quick. */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "kubelet/volume/pod_dirs.h"
#include "kubelet/volume/subpath.h"
#include "lib/base/mem.h"

struct kn_start_config {
	struct kn_worker *w; /* NULL: nobody wants it any more */
	struct kn_arena *arena;
	struct kn_subpath *subpaths;
	size_t n;
	struct kn_err err;
	kn_start_config_done done;
};

const char *const *kn_worker_ips(const struct kn_worker *w, struct kn_arena *a)
{
	const struct kn_obs_sandbox *sandbox = kn_obs_newest(w->seen);
	const char **host = kn_arena_alloc(a, 2 * sizeof(*host));

	host[0] = w->k->d.node->host_ip;
	if (!sandbox || !sandbox->ips || kn_pod_is_host_network(w->pod))
		return host;
	return (const char *const *)sandbox->ips;
}

int kn_start_extra(struct kn_worker *w, struct kn_arena *a, struct kn_gen_extra *ret, struct kn_err *err)
{
	const struct kn_kubelet_deps *d = &w->k->d;
	struct kn_gen_extra x = {.lookup = &w->k->lookup, .image_user = w->image_user};
	Cri__KeyValue **list = NULL;
	int r = d->service_env ? d->service_env(d->service_env_user, a, w->pod, &list, &x.n_service_env, err)
			       : 0;

	if (r)
		return r;
	x.service_env = list;
	*ret = x;
	return 0;
}

static void work(void *user)
{
	struct kn_start_config *c = user;

	for (size_t i = 0; i < c->n && !c->err.code; i++)
		kn_subpath_bind(&c->subpaths[i], &c->err);
}

static void finish(void *user)
{
	struct kn_start_config *c = user;
	struct kn_worker *w = c->w;

	if (w) {
		const K8s__Container *ctr = w->start_container;
		const char **paths = kn_arena_alloc(c->arena, (ctr->n_volumemounts + 1) * sizeof(*paths));

		w->start_config = NULL;
		for (size_t i = 0; i < c->n; i++)
			paths[c->subpaths[i].index] = c->subpaths[i].target;
		c->done(w, paths, &c->err);
	}
	kn_arena_free(c->arena);
	free(c);
}

void kn_start_config(struct kn_worker *w, const K8s__Container *ctr, kn_start_config_done done)
{
	struct kn_start_config *c = kn_calloc(1, sizeof(*c));
	struct kn_gen_extra x = {0};

	c->arena = kn_arena_new(0);
	c->done = done;
	c->w = w;
	w->start_config = c;
	w->start_container = ctr;
	if (!kn_start_extra(w, c->arena, &x, &c->err))
		kn_gen_subpaths(c->arena, w->k->d.node, w->pod, ctr, kn_worker_ips(w, c->arena), &x,
				&c->subpaths, &c->n, &c->err);
	if (c->err.code)
		c->n = 0;
	if (c->n)
		kn_pool_submit(w->k->d.pool, work, finish, c);
	else
		finish(c);
}

void kn_start_config_abandon(struct kn_worker *w)
{
	if (w->start_config)
		w->start_config->w = NULL;
	w->start_config = NULL;
}
