/* SPDX-License-Identifier: Apache-2.0 */
#include <string.h>

#include "kubelet/node/node_status.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/message.h"
#include "kubelet/node/node_priv.h"

#define NAMES_MAX 5 /* nodestatus.MaxNamesPerImageInNodeStatus */

char *kn_quantity_binary(struct kn_arena *a, int64_t value)
{
	static const char *const suffix[] = {"", "Ki", "Mi", "Gi", "Ti", "Pi", "Ei"};
	size_t n = 0;

	while (value && value % 1024 == 0 && n + 1 < KN_ARRAY_SIZE(suffix)) {
		value /= 1024;
		n++;
	}
	return kn_arena_printf(a, "%lld%s", (long long)value, suffix[n]);
}

static char *quantity_milli(struct kn_arena *a, int64_t milli)
{
	return milli % 1000 ? kn_arena_printf(a, "%lldm", (long long)milli)
			    : kn_arena_printf(a, "%lld", (long long)(milli / 1000));
}

/* ---- capacity and allocatable ---- */

struct list {
	struct kn_arena *a;
	K8s__QuantityEntry **e;
	size_t n;
};

static int by_key(const void *a, const void *b)
{
	return strcmp((*(K8s__QuantityEntry *const *)a)->key, (*(K8s__QuantityEntry *const *)b)->key);
}

static void put(struct list *l, const char *key, char *value)
{
	K8s__QuantityEntry *e = NULL, **more;

	for (size_t i = 0; i < l->n; i++)
		if (!strcmp(l->e[i]->key, key))
			e = l->e[i];
	if (!e) {
		e = kn_arena_alloc(l->a, sizeof(*e));
		k8s__quantity_entry__init(e);
		e->key = kn_arena_strdup(l->a, key);
		e->value = kn_arena_alloc(l->a, sizeof(*e->value));
		k8s__quantity__init(e->value);
		more = kn_arena_alloc(l->a, (l->n + 1) * sizeof(*more));
		if (l->n)
			memcpy(more, l->e, l->n * sizeof(*more));
		more[l->n++] = e;
		l->e = more;
		/* In the API server's order, so that nothing looks changed. */
		qsort(l->e, l->n, sizeof(*l->e), by_key);
	}
	e->value->string = value;
}

static void set_capacity(struct kn_arena *a, const struct kn_node_config *c, const struct kn_machine *m,
			 K8s__NodeStatus *s)
{
	struct list l = {a, s->capacity, s->n_capacity};
	int64_t pods = c->max_pods;

	if (c->pods_per_core > 0 && c->pods_per_core * m->cores < pods)
		pods = c->pods_per_core * m->cores;
	put(&l, "cpu", quantity_milli(a, m->cores * 1000));
	put(&l, "memory", kn_quantity_binary(a, m->memory_bytes));
	put(&l, "pods", quantity_milli(a, pods * 1000));
	if (m->root_fs_bytes)
		put(&l, "ephemeral-storage", kn_quantity_binary(a, m->root_fs_bytes));
	for (size_t i = 0; i < m->n_hugepages; i++)
		put(&l, m->hugepages[i].resource, kn_quantity_binary(a, m->hugepages[i].bytes));
	s->capacity = l.e;
	s->n_capacity = l.n;
}

static int64_t less(int64_t capacity, int64_t reserved, double fraction)
{
	int64_t left = capacity - reserved - (int64_t)((double)capacity * fraction);

	return left > 0 ? left : 0;
}

static void set_allocatable(struct kn_arena *a, const struct kn_node_config *c, const struct kn_machine *m,
			    K8s__NodeStatus *s)
{
	const struct kn_node_reserved *r = &c->reserved;
	struct list l = {.a = a}; /* what is gone from the capacity goes here as well */
	int64_t memory = less(m->memory_bytes, r->memory_bytes, r->memory_fraction);

	for (size_t i = 0; i < s->n_capacity; i++)
		put(&l, s->capacity[i]->key, s->capacity[i]->value->string);
	put(&l, "cpu", quantity_milli(a, less(m->cores * 1000, r->cpu_milli, 0)));
	if (m->root_fs_bytes)
		put(&l, "ephemeral-storage",
		    kn_quantity_binary(a, less(m->root_fs_bytes, r->ephemeral_bytes, r->ephemeral_fraction)));
	for (size_t i = 0; i < m->n_hugepages; i++) {
		const struct kn_hugepages *h = &m->hugepages[i];
		int64_t reserved = 0;

		for (size_t j = 0; j < r->n_hugepages; j++)
			if (!strcmp(r->hugepages[j].resource, h->resource))
				reserved = r->hugepages[j].bytes;
		put(&l, h->resource, kn_quantity_binary(a, less(h->bytes, reserved, 0)));
		memory = less(memory, h->bytes, 0);
	}
	put(&l, "memory", kn_quantity_binary(a, memory));
	s->allocatable = l.e;
	s->n_allocatable = l.n;
}

/* ---- addresses ---- */

static void add_address(struct kn_arena *a, K8s__NodeStatus *s, const char *type, const char *text)
{
	K8s__NodeAddress *n = kn_arena_alloc(a, sizeof(*n));

	k8s__node_address__init(n);
	n->type = kn_arena_strdup(a, type);
	n->address = kn_arena_strdup(a, text);
	s->addresses[s->n_addresses++] = n;
}

static void set_addresses(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *seen,
			  K8s__NodeStatus *s)
{
	const char *const *ip = c->node_ips;
	bool given = ip && *ip && strcmp(*ip, "0.0.0.0") != 0 && strcmp(*ip, "::") != 0;

	if (c->cloud_external && s->n_addresses)
		return; /* the cloud's own take precedence */
	if (!given && !seen->address && !(c->cloud_external && !ip))
		return; /* none found: the old ones are better than none */
	s->n_addresses = 0;
	s->addresses = kn_arena_alloc(a, 3 * sizeof(*s->addresses));
	if (given)
		for (size_t i = 0; i < 2 && ip[i]; i++)
			add_address(a, s, "InternalIP", ip[i]);
	else if (!c->cloud_external || ip)
		add_address(a, s, "InternalIP", seen->address);
	add_address(a, s, "Hostname", c->hostname);
}

/* ---- what is known of machine and runtime ---- */

static void set_node_info(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *seen,
			  K8s__NodeStatus *s)
{
	const struct kn_machine *m = seen->machine;
	const struct kn_runtime_view *r = seen->runtime;
	K8s__NodeSystemInfo *i = kn_arena_alloc(a, sizeof(*i));

	k8s__node_system_info__init(i);
	i->machineid = kn_arena_strdup(a, m->machine_id);
	i->systemuuid = kn_arena_strdup(a, m->system_uuid);
	i->bootid = kn_arena_strdup(a, m->boot_id);
	i->kernelversion = kn_arena_strdup(a, m->kernel_version);
	i->osimage = kn_arena_strdup(a, m->os_image);
	i->containerruntimeversion =
		!*r->name && s->nodeinfo && s->nodeinfo->containerruntimeversion
			? s->nodeinfo->containerruntimeversion
			: kn_arena_printf(a, "%s://%s", r->name, *r->version ? r->version : "Unknown");
	i->kubeletversion = kn_arena_strdup(a, c->kube_version);
	i->kubeproxyversion = kn_arena_strdup(a, "");
	i->operatingsystem = kn_arena_strdup(a, "linux");
	i->architecture = kn_arena_strdup(a, m->arch);
	if (m->swap_bytes) {
		i->swap = kn_arena_alloc(a, sizeof(*i->swap));
		k8s__node_swap_status__init(i->swap);
		i->swap->has_capacity = true;
		i->swap->capacity = m->swap_bytes;
	}
	s->nodeinfo = i;
	s->daemonendpoints = kn_arena_alloc(a, sizeof(*s->daemonendpoints));
	k8s__node_daemon_endpoints__init(s->daemonendpoints);
	s->daemonendpoints->kubeletendpoint = kn_arena_alloc(a, sizeof(K8s__DaemonEndpoint));
	k8s__daemon_endpoint__init(s->daemonendpoints->kubeletendpoint);
	s->daemonendpoints->kubeletendpoint->has_port = true;
	s->daemonendpoints->kubeletendpoint->port = c->port;
}

static int by_size(const void *a, const void *b)
{
	const Cri__Image *x = *(Cri__Image *const *)a, *y = *(Cri__Image *const *)b;

	if (x->size != y->size)
		return x->size < y->size ? 1 : -1;
	return strcmp(x->id, y->id); /* the same order each time */
}

static K8s__ContainerImage *make_image(struct kn_arena *a, const Cri__Image *i)
{
	K8s__ContainerImage *c = kn_arena_alloc(a, sizeof(*c));

	k8s__container_image__init(c);
	c->names = kn_arena_alloc(a, NAMES_MAX * sizeof(*c->names));
	for (size_t j = 0; j < i->n_repo_digests && c->n_names < NAMES_MAX; j++)
		c->names[c->n_names++] = kn_arena_strdup(a, i->repo_digests[j]);
	for (size_t j = 0; j < i->n_repo_tags && c->n_names < NAMES_MAX; j++)
		c->names[c->n_names++] = kn_arena_strdup(a, i->repo_tags[j]);
	c->has_sizebytes = true;
	c->sizebytes = (int64_t)i->size;
	return c;
}

static void set_images(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *seen,
		       K8s__NodeStatus *s)
{
	size_t n = seen->n_images;
	kn_auto_free Cri__Image **sorted = kn_calloc(n + 1, sizeof(*sorted));

	if (!seen->images_known)
		return;
	if (n)
		memcpy(sorted, seen->images, n * sizeof(*sorted));
	qsort(sorted, n, sizeof(*sorted), by_size);
	if (c->max_images >= 0 && n > (size_t)c->max_images)
		n = (size_t)c->max_images;
	s->images = kn_arena_alloc(a, (n + 1) * sizeof(*s->images));
	s->n_images = n;
	for (size_t i = 0; i < n; i++)
		s->images[i] = make_image(a, sorted[i]);
}

static int by_name(const void *a, const void *b)
{
	return strcmp((*(K8s__NodeRuntimeHandler *const *)a)->name,
		      (*(K8s__NodeRuntimeHandler *const *)b)->name);
}

static void set_handlers(struct kn_arena *a, const Cri__StatusResponse *r, K8s__NodeStatus *s)
{
	size_t n = r ? r->n_runtime_handlers : 0;

	if (!r)
		return; /* nothing known yet: the old ones stay */
	s->runtimehandlers = kn_arena_alloc(a, (n + 1) * sizeof(*s->runtimehandlers));
	s->n_runtimehandlers = n;
	for (size_t i = 0; i < n; i++) {
		const Cri__RuntimeHandler *from = r->runtime_handlers[i];
		K8s__NodeRuntimeHandler *h = kn_arena_alloc(a, sizeof(*h));

		k8s__node_runtime_handler__init(h);
		h->name = kn_arena_strdup(a, from->name);
		h->features = kn_arena_alloc(a, sizeof(*h->features));
		k8s__node_runtime_handler_features__init(h->features);
		h->features->has_recursivereadonlymounts = h->features->has_usernamespaces = true;
		h->features->recursivereadonlymounts =
			from->features && from->features->recursive_read_only_mounts;
		h->features->usernamespaces = from->features && from->features->user_namespaces;
		s->runtimehandlers[i] = h;
	}
	qsort(s->runtimehandlers, n, sizeof(*s->runtimehandlers), by_name);
	if (r->features) {
		s->features = kn_arena_alloc(a, sizeof(*s->features));
		k8s__node_features__init(s->features);
		s->features->has_supplementalgroupspolicy = true;
		s->features->supplementalgroupspolicy = r->features->supplemental_groups_policy;
	}
}

K8s__NodeStatus *kn_node_status_make(struct kn_arena *a, const struct kn_node_config *c,
				     const struct kn_node_seen *seen, const K8s__NodeStatus *old)
{
	K8s__NodeStatus *s = kn_msg_copy(a, old);

	if (!s) {
		s = kn_arena_alloc(a, sizeof(*s));
		k8s__node_status__init(s);
	}
	set_addresses(a, c, seen, s);
	set_capacity(a, c, seen->machine, s);
	set_allocatable(a, c, seen->machine, s);
	set_node_info(a, c, seen, s);
	set_images(a, c, seen, s);
	set_handlers(a, seen->runtime->status, s);
	kn_node_set_conditions(a, c, seen, s);
	/* Nothing of nodedeclaredfeatures is done here yet, so nothing is declared. */
	s->declaredfeatures = NULL;
	s->n_declaredfeatures = 0;
	return s;
}
