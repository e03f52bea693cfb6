/* SPDX-License-Identifier: Apache-2.0 */
/* Strategic merge patch from one Node to another, of what a node may change of itself. */
#include <string.h>

#include "kubelet/node/node_priv.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/message.h"

static const K8s__StringEntry *find_string(K8s__StringEntry *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i]->key, key))
			return list[i];
	return NULL;
}

static void patch_strings(struct kn_json_writer *w, const char *name, K8s__StringEntry *const *old,
			  size_t n_old, K8s__StringEntry *const *new, size_t n_new)
{
	if (kn_msg_list_same((void *const *)old, n_old, (void *const *)new, n_new))
		return;
	kn_json_obj(w, name);
	for (size_t i = 0; i < n_new; i++) {
		const K8s__StringEntry *o = find_string(old, n_old, new[i]->key);

		if (!o || !kn_msg_same(o, new[i]))
			kn_json_str(w, new[i]->key, new[i]->value ? new[i]->value : "");
	}
	for (size_t i = 0; i < n_old; i++)
		if (!find_string(new, n_new, old[i]->key))
			kn_json_str(w, old[i]->key, NULL);
	kn_json_end_obj(w);
}

static const K8s__QuantityEntry *find_quantity(K8s__QuantityEntry *const *list, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(list[i]->key, key))
			return list[i];
	return NULL;
}

static void patch_quantities(struct kn_json_writer *w, const char *name, K8s__QuantityEntry *const *old,
			     size_t n_old, K8s__QuantityEntry *const *new, size_t n_new)
{
	if (kn_msg_list_same((void *const *)old, n_old, (void *const *)new, n_new))
		return;
	kn_json_obj(w, name);
	for (size_t i = 0; i < n_new; i++) {
		const K8s__QuantityEntry *o = find_quantity(old, n_old, new[i]->key);

		if (!o || !kn_msg_same(o, new[i]))
			kn_json_str(w, new[i]->key, new[i]->value->string);
	}
	for (size_t i = 0; i < n_old; i++)
		if (!find_quantity(new, n_new, old[i]->key))
			kn_json_str(w, old[i]->key, NULL);
	kn_json_end_obj(w);
}

/* Conditions merge by type: those of others are left out, and so are not touched. */
static void patch_conditions(struct kn_json_writer *w, const K8s__NodeStatus *old, const K8s__NodeStatus *new)
{
	kn_json_arr(w, "conditions");
	for (size_t i = 0; i < new->n_conditions; i++) {
		bool same = false;

		for (size_t j = 0; j < old->n_conditions; j++)
			same |= kn_msg_same(old->conditions[j], new->conditions[i]);
		if (!same)
			kn_codec_encode(&new->conditions[i]->base, NULL, w);
	}
	kn_json_end_arr(w);
}

static void write_list(struct kn_json_writer *w, const char *name, void *const *list, size_t n)
{
	kn_json_arr(w, name);
	for (size_t i = 0; i < n; i++)
		kn_codec_encode(list[i], NULL, w);
	kn_json_end_arr(w);
}

static void patch_addresses(struct kn_json_writer *w, const K8s__NodeStatus *old, const K8s__NodeStatus *new)
{
	if (kn_msg_list_same((void *const *)old->addresses, old->n_addresses, (void *const *)new->addresses,
			     new->n_addresses))
		return;
	kn_json_arr(w, "addresses");
	for (size_t i = 0; i < new->n_addresses; i++)
		kn_codec_encode(&new->addresses[i]->base, NULL, w);
	kn_json_obj(w, NULL);
	kn_json_str(w, "$patch", "replace");
	kn_json_end_obj(w);
	kn_json_end_arr(w);
}

static void patch_status(struct kn_json_writer *w, const K8s__NodeStatus *old, const K8s__NodeStatus *new)
{
	K8s__NodeStatus none = K8S__NODE_STATUS__INIT;

	if (!old)
		old = &none;
	kn_json_obj(w, "status");
	patch_addresses(w, old, new);
	patch_quantities(w, "capacity", old->capacity, old->n_capacity, new->capacity, new->n_capacity);
	patch_quantities(w, "allocatable", old->allocatable, old->n_allocatable, new->allocatable,
			 new->n_allocatable);
	patch_conditions(w, old, new);
	if (!kn_msg_same(old->daemonendpoints, new->daemonendpoints))
		kn_codec_encode(&new->daemonendpoints->base, "daemonEndpoints", w);
	if (!kn_msg_same(old->nodeinfo, new->nodeinfo))
		kn_codec_encode(&new->nodeinfo->base, "nodeInfo", w);
	if (!kn_msg_same(old->features, new->features) && new->features)
		kn_codec_encode(&new->features->base, "features", w);
	if (!kn_msg_list_same((void *const *)old->images, old->n_images, (void *const *)new->images,
			      new->n_images))
		write_list(w, "images", (void *const *)new->images, new->n_images);
	if (!kn_msg_list_same((void *const *)old->runtimehandlers, old->n_runtimehandlers,
			      (void *const *)new->runtimehandlers, new->n_runtimehandlers))
		write_list(w, "runtimeHandlers", (void *const *)new->runtimehandlers, new->n_runtimehandlers);
	if (old->n_declaredfeatures && !new->n_declaredfeatures)
		kn_json_str(w, "declaredFeatures", NULL);
	kn_json_end_obj(w);
}

void kn_node_patch(const K8s__Node *old, const K8s__Node *new, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);
	const K8s__ObjectMeta *o = old->metadata, *n = new->metadata;

	kn_json_obj(w, NULL);
	kn_json_obj(w, "metadata");
	patch_strings(w, "labels", o->labels, o->n_labels, n->labels, n->n_labels);
	patch_strings(w, "annotations", o->annotations, o->n_annotations, n->annotations, n->n_annotations);
	kn_json_end_obj(w);
	if (new->status)
		patch_status(w, old->status, new->status);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}
