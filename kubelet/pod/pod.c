/* SPDX-License-Identifier: Apache-2.0 */
#include <ctype.h>
#include <errno.h>
#include <stdint.h>
#include <string.h>

#include "kubelet/pod/pod.h"
#include "kubelet/pod/pod_priv.h"
#include "lib/base/mem.h"

void *kn_list_with(struct kn_arena *a, void *list, size_t n, void *item)
{
	void **out = kn_arena_alloc(a, (n + 1) * sizeof(*out));

	if (!out)
		return NULL;
	if (n)
		memcpy(out, list, n * sizeof(*out));
	out[n] = item;
	return out;
}

/* 128 bits of FNV-1a (draft-eastlake-fnv): wide enough for a name that must not repeat on one node. */
static unsigned __int128 fnv128(unsigned __int128 h, const void *data, size_t len)
{
	const unsigned __int128 prime = ((unsigned __int128)1 << 88) | 0x13b;
	const unsigned char *p = data;

	for (size_t i = 0; i < len; i++) {
		h ^= p[i];
		h *= prime;
	}
	return h;
}

/* What makes a static pod itself: its content, its file and its node (pkg/kubelet/config/common.go
 * applyDefaults). */
static char *uid_of(struct kn_arena *a, const K8s__Pod *obj, const char *file, const char *node_name)
{
	unsigned __int128 h = ((unsigned __int128)0x6c62272e07bb0142ULL << 64) | 0x62b821756295c58dULL;
	size_t len = protobuf_c_message_get_packed_size(&obj->base);
	kn_auto_free uint8_t *packed = kn_calloc(1, len + 1);

	protobuf_c_message_pack(&obj->base, packed);
	h = fnv128(h, packed, len);
	if (file) {
		h = fnv128(h, "host:", 5);
		h = fnv128(h, node_name ? node_name : "", node_name ? strlen(node_name) : 0);
		h = fnv128(h, "file:", 5);
		h = fnv128(h, file, strlen(file));
	}
	return kn_arena_printf(a, "%016llx%016llx", (unsigned long long)(h >> 64), (unsigned long long)h);
}

static int add_annotation(struct kn_arena *a, K8s__ObjectMeta *m, const char *key, const char *value)
{
	K8s__StringEntry *e = KN_MSG(a, K8s__StringEntry, k8s__string_entry__init);
	K8s__StringEntry **list;

	if (!e)
		return -ENOMEM;
	for (size_t i = 0; i < m->n_annotations; i++) {
		if (m->annotations[i]->key && !strcmp(m->annotations[i]->key, key)) {
			m->annotations[i]->value = (char *)value;
			return 0;
		}
	}
	e->key = (char *)key;
	e->value = (char *)value;
	list = kn_list_with(a, m->annotations, m->n_annotations, e);
	if (!list)
		return -ENOMEM;
	m->annotations = list;
	m->n_annotations++;
	return 0;
}

/* What the kubelet does to a manifest from a file: name suffix, node, source annotations, NoExecute
 * toleration. */
static int make_static(struct kn_arena *a, K8s__Pod *obj, const char *node_name)
{
	K8s__Toleration *t = KN_MSG(a, K8s__Toleration, k8s__toleration__init);
	K8s__ObjectMeta *m = obj->metadata;
	K8s__PodSpec *s = obj->spec;
	K8s__Toleration **list;
	char *node;

	if (node_name && *node_name && kn_str_set(m->name)) {
		node = kn_arena_strdup(a, node_name);
		if (!node)
			return -ENOMEM;
		s->nodename = kn_arena_strdup(a, node_name);
		for (char *c = node; *c; c++)
			*c = (char)tolower((unsigned char)*c);
		m->name = kn_arena_printf(a, "%s-%s", m->name, node);
		if (!m->name || !s->nodename)
			return -ENOMEM;
	}
	list = t ? kn_list_with(a, s->tolerations, s->n_tolerations, t) : NULL;
	if (!list)
		return -ENOMEM;
	t->operator_ = (char *)"Exists";
	t->effect = (char *)"NoExecute";
	s->tolerations = list;
	s->n_tolerations++;
	if (add_annotation(a, m, "kubernetes.io/config.source", "file"))
		return -ENOMEM;
	return add_annotation(a, m, "kubernetes.io/config.hash", m->uid);
}

static int fill_in(struct kn_arena *a, K8s__Pod *obj, const char *file, const char *node_name,
		   struct kn_err *err)
{
	K8s__ObjectMeta *m;

	if (!obj->metadata)
		obj->metadata = KN_MSG(a, K8s__ObjectMeta, k8s__object_meta__init);
	if (!obj->spec)
		obj->spec = KN_MSG(a, K8s__PodSpec, k8s__pod_spec__init);
	if (!obj->metadata || !obj->spec)
		return kn_err_set(err, ENOMEM, "pod is too large");
	m = obj->metadata;
	if (!kn_str_set(m->uid))
		m->uid = uid_of(a, obj, file, node_name);
	if (!m->uid || (file && make_static(a, obj, node_name)))
		return kn_err_set(err, ENOMEM, "pod is too large");
	return kn_pod_default(a, obj, err);
}

int kn_pod_new(struct kn_pod **ret, struct kn_arena *arena, K8s__Pod *obj, const char *file,
	       const char *node_name, struct kn_err *err)
{
	struct kn_pod *p;
	char *kept;
	int r;

	r = fill_in(arena, obj, file, node_name, err);
	if (r)
		return r;
	r = kn_pod_validate(obj, err);
	if (r)
		return r;
	kept = kn_arena_strdup(arena, file);
	if (file && !kept)
		return kn_err_set(err, ENOMEM, "pod is too large");
	p = kn_calloc(1, sizeof(*p));
	p->refs = 1;
	p->arena = arena;
	p->obj = obj;
	p->uid = obj->metadata->uid;
	p->name = obj->metadata->name;
	p->ns = obj->metadata->namespace_;
	p->file = kept;
	*ret = p;
	return 0;
}

struct kn_pod *kn_pod_ref(struct kn_pod *p)
{
	p->refs++;
	return p;
}

struct kn_pod *kn_pod_unref(struct kn_pod *p)
{
	if (p && --p->refs == 0) {
		kn_arena_free(p->arena);
		kn_object_unref(p->api);
		free(p);
	}
	return NULL;
}

static bool is_complete(const struct kn_object *o)
{
	const K8s__PodSpec *s = ((const K8s__Pod *)o->msg)->spec;

	if (!s || !s->n_containers || !*o->uid || !*o->ns)
		return false;
	for (size_t i = 0; i < s->n_initcontainers; i++)
		if (!kn_str_set(s->initcontainers[i]->name))
			return false;
	for (size_t i = 0; i < s->n_containers; i++)
		if (!kn_str_set(s->containers[i]->name))
			return false;
	for (size_t i = 0; i < s->n_ephemeralcontainers; i++)
		if (!s->ephemeralcontainers[i]->ephemeralcontainercommon ||
		    !kn_str_set(s->ephemeralcontainers[i]->ephemeralcontainercommon->name))
			return false;
	return true;
}

int kn_pod_from_object(struct kn_pod **ret, struct kn_object *o, struct kn_err *err)
{
	K8s__Pod *obj = (K8s__Pod *)o->msg;
	struct kn_pod *p;

	if (!is_complete(o))
		return kn_err_set(err, EINVAL, "pod \"%s/%s\" is not complete", o->ns, o->name);
	p = kn_calloc(1, sizeof(*p));
	p->refs = 1;
	p->api = kn_object_ref(o);
	p->obj = obj;
	p->uid = o->uid;
	p->name = o->name;
	p->ns = o->ns;
	*ret = p;
	return 0;
}

void kn_pod_unrefp(struct kn_pod **p)
{
	kn_pod_unref(*p);
}

int kn_pod_is_host_network(const struct kn_pod *p)
{
	return p->obj->spec->hostnetwork;
}

const K8s__Container *kn_pod_container(const struct kn_pod *p, const char *name, int *is_init)
{
	const K8s__PodSpec *s = p->obj->spec;

	for (size_t i = 0; i < s->n_containers; i++) {
		if (!strcmp(s->containers[i]->name, name)) {
			if (is_init)
				*is_init = 0;
			return s->containers[i];
		}
	}
	for (size_t i = 0; i < s->n_initcontainers; i++) {
		if (!strcmp(s->initcontainers[i]->name, name)) {
			if (is_init)
				*is_init = 1;
			return s->initcontainers[i];
		}
	}
	for (size_t i = 0; i < s->n_ephemeralcontainers; i++) {
		if (!strcmp(s->ephemeralcontainers[i]->ephemeralcontainercommon->name, name)) {
			if (is_init)
				*is_init = 0;
			return s->ephemeralcontainers[i]->ephemeralcontainercommon;
		}
	}
	return NULL;
}

int kn_container_is_sidecar(const K8s__Container *c)
{
	return c->restartpolicy && !strcmp(c->restartpolicy, "Always");
}

static uint64_t fnv64(uint64_t h, const char *s)
{
	do { /* the NUL too, so that names and images don't run together */
		h ^= (unsigned char)*s;
		h *= 0x100000001b3ULL;
	} while (*s++);
	return h;
}

void kn_container_hash(const K8s__Container *c, char buf[17])
{
	uint64_t h = fnv64(0xcbf29ce484222325ULL, c->name ? c->name : "");

	h = fnv64(h, c->image ? c->image : "");
	snprintf(buf, 17, "%016llx", (unsigned long long)h);
}
