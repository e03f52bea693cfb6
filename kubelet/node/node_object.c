/* SPDX-License-Identifier: Apache-2.0 */
/* The Node object around its status (pkg/kubelet/kubelet_node_status.go). */
#include <string.h>

#include "kubelet/node/node_priv.h"
#include "lib/k8s/message.h"

#define ATTACH "volumes.kubernetes.io/controller-managed-attach-detach"
#define PROVIDED_IP "alpha.kubernetes.io/provided-node-ip"
#define UNINITIALIZED "node.cloudprovider.kubernetes.io/uninitialized"

struct entries {
	struct kn_arena *a;
	K8s__StringEntry ***list;
	size_t *n;
};

static const char *get(K8s__StringEntry *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (list[i]->key && !strcmp(list[i]->key, key))
			return list[i]->value ? list[i]->value : "";
	return NULL;
}

static bool set(struct entries e, const char *key, const char *value)
{
	const char *now = get(*e.list, *e.n, key);
	K8s__StringEntry *new, **more;

	if (now && !strcmp(now, value))
		return false;
	new = kn_arena_alloc(e.a, sizeof(*new));
	k8s__string_entry__init(new);
	new->key = kn_arena_strdup(e.a, key);
	new->value = kn_arena_strdup(e.a, value);
	for (size_t i = 0; now && i < *e.n; i++)
		if ((*e.list)[i]->key && !strcmp((*e.list)[i]->key, key)) {
			(*e.list)[i] = new;
			return true;
		}
	more = kn_arena_alloc(e.a, (*e.n + 1) * sizeof(*more));
	if (*e.n)
		memcpy(more, *e.list, *e.n * sizeof(*more));
	more[(*e.n)++] = new;
	*e.list = more;
	return true;
}

static bool unset(struct entries e, const char *key)
{
	size_t kept = 0;
	bool found = get(*e.list, *e.n, key);

	for (size_t i = 0; i < *e.n; i++)
		if (!(*e.list)[i]->key || strcmp((*e.list)[i]->key, key) != 0)
			(*e.list)[kept++] = (*e.list)[i];
	*e.n = kept;
	return found;
}

static struct entries labels_of(struct kn_arena *a, K8s__ObjectMeta *m)
{
	return (struct entries){a, &m->labels, &m->n_labels};
}

static struct entries annotations_of(struct kn_arena *a, K8s__ObjectMeta *m)
{
	return (struct entries){a, &m->annotations, &m->n_annotations};
}

/* The cloud controller manager reads from it which address was asked for; gone when none was. */
static bool set_provided_ip(struct kn_arena *a, const struct kn_node_config *c, K8s__ObjectMeta *m)
{
	const char *const *ip = c->node_ips;
	bool given = ip && *ip && strcmp(*ip, "0.0.0.0") != 0 && strcmp(*ip, "::") != 0;

	if (!c->cloud_external || !given)
		return unset(annotations_of(a, m), PROVIDED_IP);
	return set(annotations_of(a, m), PROVIDED_IP,
		   ip[1] ? kn_arena_printf(a, "%s,%s", ip[0], ip[1]) : ip[0]);
}

static K8s__NodeSpec *make_spec(struct kn_arena *a, const struct kn_node_config *c)
{
	K8s__NodeSpec *spec = kn_arena_alloc(a, sizeof(*spec));

	k8s__node_spec__init(spec);
	if (c->provider_id && *c->provider_id)
		spec->providerid = kn_arena_strdup(a, c->provider_id);
	spec->taints = kn_arena_alloc(a, (c->n_taints + 1) * sizeof(*spec->taints));
	for (size_t i = 0; i < c->n_taints; i++)
		spec->taints[spec->n_taints++] = kn_msg_copy(a, c->taints[i]);
	if (c->cloud_external) {
		K8s__Taint *t = kn_arena_alloc(a, sizeof(*t));

		k8s__taint__init(t);
		t->key = kn_arena_strdup(a, UNINITIALIZED);
		t->value = kn_arena_strdup(a, "true");
		t->effect = kn_arena_strdup(a, "NoSchedule");
		spec->taints[spec->n_taints++] = t;
	}
	return spec;
}

K8s__Node *kn_node_initial(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *s)
{
	K8s__Node *n = kn_arena_alloc(a, sizeof(*n));
	K8s__ObjectMeta *m = kn_arena_alloc(a, sizeof(*m));
	struct entries labels = labels_of(a, m);

	k8s__node__init(n);
	k8s__object_meta__init(m);
	n->metadata = m;
	m->name = kn_arena_strdup(a, c->node_name);
	set(labels, "beta.kubernetes.io/arch", s->machine->arch);
	set(labels, "beta.kubernetes.io/os", "linux");
	set(labels, "kubernetes.io/arch", s->machine->arch);
	set(labels, "kubernetes.io/hostname", c->hostname);
	set(labels, "kubernetes.io/os", "linux");
	for (size_t i = 0; i < c->n_labels; i++)
		set(labels, c->labels[i]->key, c->labels[i]->value ? c->labels[i]->value : "");
	if (c->controller_attach)
		set(annotations_of(a, m), ATTACH, "true");
	set_provided_ip(a, c, m);
	n->spec = make_spec(a, c);
	n->status = kn_node_status_make(a, c, s, NULL);
	return n;
}

K8s__Node *kn_node_update(struct kn_arena *a, const struct kn_node_config *c, const struct kn_node_seen *s,
			  const K8s__Node *old, bool *changed)
{
	K8s__Node *n = kn_msg_copy(a, old);
	struct entries labels = labels_of(a, n->metadata);
	bool differs = set(labels, "kubernetes.io/os", "linux");

	differs |= set(labels, "kubernetes.io/arch", s->machine->arch);
	differs |= set_provided_ip(a, c, n->metadata);
	n->status = kn_node_status_make(a, c, s, old->status);
	*changed = differs || kn_node_status_changed(old->status, n->status);
	return n;
}

K8s__Node *kn_node_reconcile(struct kn_arena *a, const K8s__Node *initial, const K8s__Node *old,
			     bool *changed)
{
	static const char *const stock[] = {"kubernetes.io/hostname",
					    "topology.kubernetes.io/zone",
					    "topology.kubernetes.io/region",
					    "failure-domain.beta.kubernetes.io/zone",
					    "failure-domain.beta.kubernetes.io/region",
					    "node.kubernetes.io/instance-type",
					    "beta.kubernetes.io/instance-type",
					    "kubernetes.io/os",
					    "kubernetes.io/arch",
					    "beta.kubernetes.io/os",
					    "beta.kubernetes.io/arch",
					    NULL};
	K8s__Node *n = kn_msg_copy(a, old);
	const K8s__ObjectMeta *want = initial->metadata;
	const char *attach = get(want->annotations, want->n_annotations, ATTACH);
	bool differs = false;

	for (const char *const *key = stock; *key; key++) {
		const char *value = get(want->labels, want->n_labels, *key);

		if (value)
			differs |= *value ? set(labels_of(a, n->metadata), *key, value)
					  : unset(labels_of(a, n->metadata), *key);
	}
	differs |= attach ? set(annotations_of(a, n->metadata), ATTACH, attach)
			  : unset(annotations_of(a, n->metadata), ATTACH);
	*changed = differs;
	return n;
}
