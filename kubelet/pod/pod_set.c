/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/pod/pod_set.h"
#include "kubelet/volume/refs.h"
#include "lib/base/mem.h"

struct item {
	struct kn_manifest *manifest; /* what was tried last */
	struct kn_pod *pod;	      /* NULL: never valid */
	char *key;		      /* "ns/name" of the manifest */
	bool left_out;		      /* another pod had the name: not tried */
};

struct kn_pod_set {
	char *node_name;
	const struct kn_log *log;
	struct item *items;
	size_t n;
	struct kn_pod **pods;
	size_t n_pods;
};

struct kn_pod_set *kn_pod_set_new(const char *node_name, const struct kn_log *log)
{
	struct kn_pod_set *s = kn_calloc(1, sizeof(*s));

	s->node_name = kn_strdup(node_name);
	s->log = log;
	return s;
}

static void items_free(struct item *items, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		kn_manifest_unref(items[i].manifest);
		kn_pod_unref(items[i].pod);
		free(items[i].key);
	}
	free(items);
}

struct kn_pod_set *kn_pod_set_free(struct kn_pod_set *s)
{
	if (!s)
		return NULL;
	items_free(s->items, s->n);
	free(s->pods);
	free(s->node_name);
	free(s);
	return NULL;
}

/* The manifest is immutable and shared; the pod gets a copy that defaults may be written into. */
static int make_pod(struct kn_pod_set *s, const struct kn_manifest *m, struct kn_pod **ret,
		    struct kn_err *err)
{
	size_t size = protobuf_c_message_get_packed_size(m->obj);
	kn_auto_free uint8_t *bytes = kn_calloc(1, size);
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	K8s__Pod *obj;
	int r;

	protobuf_c_message_pack(m->obj, bytes);
	obj = k8s__pod__unpack(kn_arena_pb(a), size, bytes);
	if (!obj)
		return kn_err_set(err, EINVAL, "pod can't be copied");
	r = kn_pod_new(ret, a, obj, m->file, s->node_name, err);
	if (r)
		return r;
	a = NULL;
	if (kn_pod_api_reference(*ret)) {
		r = kn_err_set(err, EINVAL, "static pods may not reference %s", kn_pod_api_reference(*ret));
		*ret = kn_pod_unref(*ret);
	}
	return r;
}

static char *make_key(const struct kn_manifest *m)
{
	const K8s__ObjectMeta *meta = ((const K8s__Pod *)m->obj)->metadata;
	const char *ns = meta && meta->namespace_ && *meta->namespace_ ? meta->namespace_ : "default";

	return kn_sprintf("%s/%s", ns, meta && meta->name ? meta->name : "");
}

static struct item *find(struct kn_pod_set *s, const struct kn_manifest *m, const char *key)
{
	for (size_t i = 0; i < s->n; i++)
		if (s->items[i].manifest == m)
			return &s->items[i];
	for (size_t i = 0; i < s->n; i++)
		if (!strcmp(s->items[i].key, key) && !strcmp(s->items[i].manifest->file, m->file))
			return &s->items[i];
	return NULL;
}

static bool taken(const struct item *items, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (items[i].pod && !strcmp(items[i].key, key))
			return true;
	return false;
}

static void fill(struct kn_pod_set *s, struct item *it, const struct item *old)
{
	const struct kn_manifest *m = it->manifest;
	struct kn_err err = KN_ERR_INIT;

	if (old && old->manifest == m && !old->left_out) {
		it->pod = old->pod ? kn_pod_ref(old->pod) : NULL;
		return;
	}
	if (!make_pod(s, m, &it->pod, &err))
		return;
	kn_error(s->log, "Invalid pod manifest", "path", m->file, "line", KN_INT(m->line), "pod", it->key,
		 "err", err.msg, "keepsOld", old && old->pod ? "true" : "false");
	it->pod = old && old->pod ? kn_pod_ref(old->pod) : NULL;
}

void kn_pod_set_update(struct kn_pod_set *s, struct kn_manifest *const *set, size_t n)
{
	struct item *items = kn_calloc(n, sizeof(*items));
	size_t count = 0;

	for (size_t i = 0; i < n; i++) {
		struct item *it = &items[count];
		const struct item *old;

		if (set[i]->kind != KN_KIND_POD)
			continue;
		it->manifest = kn_manifest_ref(set[i]);
		it->key = make_key(set[i]);
		old = find(s, set[i], it->key);
		it->left_out = taken(items, count, it->key);
		if (!it->left_out)
			fill(s, it, old);
		else if (!old || old->manifest != set[i] || !old->left_out)
			kn_error(s->log, "Pod is defined twice, this one is left out", "path", set[i]->file,
				 "line", KN_INT(set[i]->line), "pod", it->key);
		count++;
	}
	items_free(s->items, s->n);
	s->items = items;
	s->n = count;
	s->pods = kn_realloc(s->pods, count + 1, sizeof(*s->pods));
	s->n_pods = 0;
	for (size_t i = 0; i < count; i++)
		if (items[i].pod)
			s->pods[s->n_pods++] = items[i].pod;
}

struct kn_pod *const *kn_pod_set_get(const struct kn_pod_set *s, size_t *n)
{
	*n = s->n_pods;
	return s->pods;
}
