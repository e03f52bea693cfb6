// SPDX-License-Identifier: Apache-2.0
/* What a container's configuration has besides: its stop signal, and whom an ephemeral container looks into.
 */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <string.h>
#include "kubelet/worker/resize.h"

/* Numbers of the names are in the CRI's own table: runtimes translate them. */
static void set_signal(Cri__ContainerConfig *config, const K8s__Container *c)
{
	const char *name = c->lifecycle ? c->lifecycle->stopsignal : NULL;
	const ProtobufCEnumDescriptor *d = &cri__signal__descriptor;
	char plain[32];
	size_t n = 0;

	if (!name)
		return;
	/* SIGRTMIN+1 is called SIGRTMINPLUS1 there. */
	for (; *name && n + 6 < sizeof(plain); name++) {
		if (*name == '+' || *name == '-')
			n += sprintf(plain + n, *name == '+' ? "PLUS" : "MINUS");
		else
			plain[n++] = *name;
	}
	plain[n] = 0;
	const ProtobufCEnumValue *v = protobuf_c_enum_descriptor_get_value_by_name(d, plain);
	if (v)
		config->stop_signal = v->value;
}

static const char *target_of(const struct kn_pod *p, const K8s__Container *c)
{
	const K8s__PodSpec *s = p->obj->spec;

	for (size_t i = 0; i < s->n_ephemeralcontainers; i++)
		if (s->ephemeralcontainers[i]->ephemeralcontainercommon == c)
			return s->ephemeralcontainers[i]->targetcontainername;
	return NULL;
}

int kn_start_special(const struct kn_worker *w, struct kn_arena *a, const K8s__Container *c,
		     Cri__ContainerConfig *config, struct kn_err *err)
{
	char *given = kn_arena_alloc(a, KN_RESOURCES_TEXT);
	const char *target = target_of(w->pod, c);
	const struct kn_obs_container *seen;

	set_signal(config, c);
	kn_resources_text(c, given);
	kn_gen_entry(a, &config->annotations, &config->n_annotations, KN_ANNOTATION_RESOURCES, given);
	if (!target || !*target)
		return 0;
	seen = kn_obs_find(w->seen, target, NULL);
	if (!seen)
		return kn_err_set(err, ENOENT, "unable to find target container %s", target);
	config->linux->security_context->namespace_options->pid = CRI__NAMESPACE_MODE__TARGET;
	config->linux->security_context->namespace_options->target_id = seen->id;
	return 0;
}
