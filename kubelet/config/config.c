/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/config/config_priv.h"
#include "lib/base/mem.h"
#include "lib/k8s/codec.h"

static int merge_files(const struct kn_config_sources *from, struct kn_arena *a, struct kn_node **tree,
		       struct kn_err *err)
{
	struct kn_node *n = NULL;
	char **paths;
	size_t count = 0;
	int r = 0;

	if (from->file) {
		r = kn_config_read(from->file, a, &n, err);
		*tree = kn_node_merge(a, *tree, n);
	}
	if (!r && from->dir)
		r = kn_config_drop_ins(from->dir, a, &paths, &count, err);
	for (size_t i = 0; i < count && !r; i++) {
		r = kn_config_read(paths[i], a, &n, err);
		if (!r)
			*tree = kn_node_merge(a, *tree, n);
	}
	return r;
}

static int decode(const struct kn_node *tree, struct kn_arena *a, kn_config **ret, const char **unknown,
		  struct kn_err *err)
{
	struct kn_err strict = KN_ERR_INIT;
	ProtobufCMessage *msg = NULL;

	if (kn_codec_decode(&kc__kubelet_configuration__descriptor, tree, KN_CODEC_STRICT, a, &msg,
			    &strict)) {
		int r = kn_codec_decode(&kc__kubelet_configuration__descriptor, tree, 0, a, &msg, err);

		if (r)
			return kn_err_wrap(err, "KubeletConfiguration");
	}
	if (unknown)
		*unknown = kn_arena_strdup(a, strict.msg);
	*ret = (kn_config *)msg;
	return 0;
}

int kn_config_load(kn_config **ret, const struct kn_config_sources *from, struct kn_arena *a,
		   const char **unknown, struct kn_err *err)
{
	static const char *const none[KN_CONFIG_FLAGS_MAX];
	struct kn_node empty = {.type = KN_NODE_OBJECT}, *tree = kn_node_merge(a, NULL, &empty), *flags;
	kn_config *c = NULL;
	int r = merge_files(from, a, &tree, err);

	if (!r)
		r = kn_config_flags_tree(from->values ? from->values : none, a, &flags, err);
	if (!r)
		r = decode(kn_node_merge(a, tree, flags), a, &c, unknown, err);
	if (r)
		return r;
	kn_config_defaults(c, a);
	r = kn_config_validate(c, err);
	if (!r)
		r = kn_config_supported(c, err);
	if (!r)
		*ret = c;
	return r;
}

bool kn_config_gate(const kn_config *c, const char *name)
{
	for (size_t i = 0; i < c->n_featuregates; i++)
		if (!strcmp(c->featuregates[i]->key, name))
			return c->featuregates[i]->value;
	for (size_t i = 0; i < kn_n_gates; i++)
		if (!strcmp(kn_gates[i].name, name))
			return kn_gates[i].on;
	return false;
}
