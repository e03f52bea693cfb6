/* SPDX-License-Identifier: Apache-2.0 */
/* pkg/kubelet/kuberuntime/kuberuntime_container.go, labels.go */
#include <errno.h>

#include "kubelet/gen/gen_priv.h"

static int expand_list(struct kn_arena *a, char **in, size_t n, Cri__ContainerConfig *env, const char *field,
		       char ***ret, struct kn_err *err)
{
	char **out = kn_arena_alloc(a, (n + 1) * sizeof(*out));

	for (size_t i = 0; i < n; i++) {
		out[i] = kn_expand(a, in[i], kn_gen_env_lookup, env);
		if (!out[i])
			return kn_err_set(err, EINVAL, "%s[%zu]: longer than %d bytes after expansion", field,
					  i, KN_EXPAND_MAX);
	}
	*ret = out;
	return 0;
}

static void add_names(struct kn_arena *a, const struct kn_pod *p, const K8s__Container *c, unsigned attempt,
		      Cri__ContainerConfig *out)
{
	char *hash = kn_arena_alloc(a, 17);

	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_NAME, p->name);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_NAMESPACE, p->ns);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_POD_UID, p->uid);
	kn_gen_entry(a, &out->labels, &out->n_labels, KN_LABEL_CONTAINER_NAME, c->name);
	kn_container_hash(c, hash);
	kn_gen_entry(a, &out->annotations, &out->n_annotations, KN_ANNOTATION_CONTAINER_HASH, hash);
	kn_gen_entry(a, &out->annotations, &out->n_annotations, KN_ANNOTATION_RESTART_COUNT,
		     kn_arena_printf(a, "%u", attempt));
	kn_gen_entry(a, &out->annotations, &out->n_annotations, KN_ANNOTATION_TERMINATION_PATH,
		     c->terminationmessagepath);
	kn_gen_entry(a, &out->annotations, &out->n_annotations, KN_ANNOTATION_TERMINATION_POLICY,
		     c->terminationmessagepolicy);
	kn_gen_entry(a, &out->annotations, &out->n_annotations, KN_ANNOTATION_POD_GRACE,
		     kn_arena_printf(a, "%lld", (long long)p->obj->spec->terminationgraceperiodseconds));
}

static int fill_in(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		   const K8s__Container *c, unsigned attempt, const char *const *pod_ips,
		   const struct kn_gen_extra *x, Cri__ContainerConfig *out, struct kn_err *err)
{
	int r = kn_gen_env(a, n, p, c, pod_ips, x, out, err);

	if (!r)
		r = expand_list(a, c->command, c->n_command, out, "command", &out->command, err);
	if (!r)
		r = expand_list(a, c->args, c->n_args, out, "args", &out->args, err);
	if (!r)
		r = kn_gen_mounts(a, n, p, c, attempt, x, out, err);
	if (r)
		return r;
	out->n_command = c->n_command;
	out->n_args = c->n_args;
	out->linux = KN_MSG(a, Cri__LinuxContainerConfig, cri__linux_container_config__init);
	out->linux->resources = kn_gen_resources(a, n, p, c);
	return kn_gen_security(a, n, p, c, &x->image_user, &out->linux->security_context, err);
}

int kn_gen_container(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		     const K8s__Container *c, unsigned attempt, const char *image_ref,
		     const char *const *pod_ips, const struct kn_gen_extra *x, Cri__ContainerConfig **ret,
		     struct kn_err *err)
{
	static const struct kn_gen_extra none;
	Cri__ContainerConfig *out = KN_MSG(a, Cri__ContainerConfig, cri__container_config__init);
	int r = fill_in(a, n, p, c, attempt, pod_ips, x ? x : &none, out, err);

	if (r)
		return r;
	out->metadata = KN_MSG(a, Cri__ContainerMetadata, cri__container_metadata__init);
	out->metadata->name = c->name;
	out->metadata->attempt = attempt;
	out->image = KN_MSG(a, Cri__ImageSpec, cri__image_spec__init);
	out->image->image = kn_gen_str(image_ref);
	out->image->user_specified_image = c->image;
	out->working_dir = kn_gen_str(c->workingdir);
	add_names(a, p, c, attempt, out);
	out->log_path = kn_arena_printf(a, "%s/%u.log", c->name, attempt);
	out->stdin = c->stdin;
	out->stdin_once = c->stdinonce;
	out->tty = c->tty;
	*ret = out;
	return 0;
}
