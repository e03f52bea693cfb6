/* SPDX-License-Identifier: Apache-2.0 */
/* Security contexts: the container's field wins over the pod's (pkg/kubelet/kuberuntime/security_context.go
 * and pkg/securitycontext/util.go). */
#include <errno.h>
#include <string.h>

#include "kubelet/gen/gen_priv.h"

static const char *const masked[] = {
	"/proc/asound",	     "/proc/acpi",	    "/proc/interrupts", "/proc/kcore",
	"/proc/keys",	     "/proc/latency_stats", "/proc/timer_list", "/proc/timer_stats",
	"/proc/sched_debug", "/proc/scsi",	    "/sys/firmware",	"/sys/devices/virtual/powercap",
};
static const char *const readonly[] = {"/proc/bus", "/proc/fs", "/proc/irq", "/proc/sys",
				       "/proc/sysrq-trigger"};

Cri__Int64Value *kn_gen_int64(struct kn_arena *a, int64_t v)
{
	Cri__Int64Value *out = KN_MSG(a, Cri__Int64Value, cri__int64_value__init);

	out->value = v;
	return out;
}

Cri__SELinuxOption *kn_gen_selinux(struct kn_arena *a, const K8s__SELinuxOptions *o)
{
	Cri__SELinuxOption *out;

	if (!o)
		return NULL;
	out = KN_MSG(a, Cri__SELinuxOption, cri__selinux_option__init);
	out->user = kn_gen_str(o->user);
	out->role = kn_gen_str(o->role);
	out->type = kn_gen_str(o->type);
	out->level = kn_gen_str(o->level);
	return out;
}

Cri__NamespaceOption *kn_gen_namespaces(struct kn_arena *a, const struct kn_pod *p)
{
	Cri__NamespaceOption *o = KN_MSG(a, Cri__NamespaceOption, cri__namespace_option__init);
	const K8s__PodSpec *s = p->obj->spec;

	o->network = s->hostnetwork ? CRI__NAMESPACE_MODE__NODE : CRI__NAMESPACE_MODE__POD;
	o->ipc = s->hostipc ? CRI__NAMESPACE_MODE__NODE : CRI__NAMESPACE_MODE__POD;
	o->pid = s->hostpid		    ? CRI__NAMESPACE_MODE__NODE
		 : s->shareprocessnamespace ? CRI__NAMESPACE_MODE__POD
					    : CRI__NAMESPACE_MODE__CONTAINER;
	return o;
}

void kn_gen_groups(struct kn_arena *a, const struct kn_pod *p, size_t *n, int64_t **list)
{
	const K8s__PodSecurityContext *sc = p->obj->spec->securitycontext;

	if (!sc)
		return;
	*list = kn_arena_alloc(a, (sc->n_supplementalgroups + 1) * sizeof(**list));
	*n = 0;
	if (sc->has_fsgroup)
		(*list)[(*n)++] = sc->fsgroup;
	for (size_t i = 0; i < sc->n_supplementalgroups; i++)
		(*list)[(*n)++] = sc->supplementalgroups[i];
}

static int profile(struct kn_arena *a, const struct kn_node_ctx *n, const char *what, const char *type,
		   const char *localhost, const char *folder, Cri__SecurityProfile **ret, struct kn_err *err)
{
	Cri__SecurityProfile *out = KN_MSG(a, Cri__SecurityProfile, cri__security_profile__init);

	out->profile_type = CRI__SECURITY_PROFILE__PROFILE_TYPE__Unconfined;
	if (type && !strcmp(type, "RuntimeDefault")) {
		out->profile_type = CRI__SECURITY_PROFILE__PROFILE_TYPE__RuntimeDefault;
	} else if (type && !strcmp(type, "Localhost")) {
		if (!kn_str_set(localhost) ||
		    (folder && (localhost[0] == '/' || !kn_path_is_tame(localhost))))
			return kn_err_set(err, EINVAL,
					  "securityContext.%s.localhostProfile: a path inside %s/seccomp is "
					  "needed",
					  what, n->root_dir);
		out->profile_type = CRI__SECURITY_PROFILE__PROFILE_TYPE__Localhost;
		out->localhost_ref = folder ? kn_arena_printf(a, "%s/%s/%s", n->root_dir, folder, localhost)
					    : (char *)localhost;
	} else if (kn_str_set(type) && strcmp(type, "Unconfined")) {
		return kn_err_set(err, EINVAL, "securityContext.%s.type: Unsupported value: \"%.70s\"", what,
				  type);
	}
	*ret = out;
	return 0;
}

static int profiles(struct kn_arena *a, const struct kn_node_ctx *n, const K8s__PodSecurityContext *pod,
		    const K8s__SecurityContext *sc, Cri__LinuxContainerSecurityContext *out,
		    struct kn_err *err)
{
	const K8s__SeccompProfile *sec = sc && sc->seccompprofile ? sc->seccompprofile : pod->seccompprofile;
	const K8s__AppArmorProfile *app =
		sc && sc->apparmorprofile ? sc->apparmorprofile : pod->apparmorprofile;
	int r = profile(a, n, "seccompProfile", sec ? sec->type : NULL, sec ? sec->localhostprofile : NULL,
			"seccomp", &out->seccomp, err);

	if (!r && app)
		r = profile(a, n, "appArmorProfile", app->type, app->localhostprofile, NULL, &out->apparmor,
			    err);
	return r;
}

/* Non-root is promised: by number, of the pod or else of the image; a name could be root's
 * (verifyRunAsNonRoot). What isn't known fails closed. */
static int verify_non_root(const struct kn_pod *p, const K8s__Container *c, const Cri__Int64Value *user,
			   const struct kn_image_user *image, struct kn_err *err)
{
	const char *what = NULL;

	if (user && user->value == 0)
		what = "container's runAsUser breaks non-root policy";
	else if (!user && image->has_uid && image->uid == 0)
		what = "container has runAsNonRoot and image will run as root";
	else if (!user && !image->has_uid && !kn_str_set(image->name))
		what = "container has runAsNonRoot and the image's user is not known";
	if (what)
		return kn_err_set(err, EINVAL, "%s (pod: \"%s_%s(%s)\", container: %s)", what, p->name, p->ns,
				  p->uid, c->name);
	if (!user && !image->has_uid)
		return kn_err_set(
			err, EINVAL,
			"container has runAsNonRoot and image has non-numeric user (%.100s), cannot "
			"verify user is non-root (pod: \"%s_%s(%s)\", container: %s)",
			image->name, p->name, p->ns, p->uid, c->name);
	return 0;
}

static void user(struct kn_arena *a, const K8s__PodSecurityContext *pod, const K8s__SecurityContext *sc,
		 Cri__LinuxContainerSecurityContext *out)
{
	if (sc && sc->has_runasuser)
		out->run_as_user = kn_gen_int64(a, sc->runasuser);
	else if (pod->has_runasuser)
		out->run_as_user = kn_gen_int64(a, pod->runasuser);
	if (sc && sc->has_runasgroup)
		out->run_as_group = kn_gen_int64(a, sc->runasgroup);
	else if (pod->has_runasgroup)
		out->run_as_group = kn_gen_int64(a, pod->runasgroup);
}

static void capabilities(struct kn_arena *a, const K8s__Capabilities *c,
			 Cri__LinuxContainerSecurityContext *out)
{
	if (!c)
		return;
	out->capabilities = KN_MSG(a, Cri__Capability, cri__capability__init);
	out->capabilities->add_capabilities = c->add;
	out->capabilities->n_add_capabilities = c->n_add;
	out->capabilities->drop_capabilities = c->drop;
	out->capabilities->n_drop_capabilities = c->n_drop;
}

int kn_gen_security(struct kn_arena *a, const struct kn_node_ctx *n, const struct kn_pod *p,
		    const K8s__Container *c, const struct kn_image_user *image,
		    Cri__LinuxContainerSecurityContext **ret, struct kn_err *err)
{
	Cri__LinuxContainerSecurityContext *out =
		KN_MSG(a, Cri__LinuxContainerSecurityContext, cri__linux_container_security_context__init);
	const K8s__PodSecurityContext none = K8S__POD_SECURITY_CONTEXT__INIT;
	const K8s__PodSecurityContext *pod =
		p->obj->spec->securitycontext ? p->obj->spec->securitycontext : &none;
	const K8s__SecurityContext *sc = c->securitycontext;
	bool non_root = sc && sc->has_runasnonroot ? sc->runasnonroot : pod->runasnonroot;
	int r = 0;

	user(a, pod, sc, out);
	if (non_root)
		r = verify_non_root(p, c, out->run_as_user, image, err);
	/* Nobody named: the image's, as a number where there is one. */
	if (!out->run_as_user && image->has_uid)
		out->run_as_user = kn_gen_int64(a, image->uid);
	else if (!out->run_as_user && kn_str_set(image->name))
		out->run_as_username = (char *)image->name;
	if (!r)
		r = profiles(a, n, pod, sc, out, err);
	if (r)
		return r;
	out->namespace_options = kn_gen_namespaces(a, p);
	out->selinux_options =
		kn_gen_selinux(a, sc && sc->selinuxoptions ? sc->selinuxoptions : pod->selinuxoptions);
	kn_gen_groups(a, p, &out->n_supplemental_groups, &out->supplemental_groups);
	if (sc) {
		capabilities(a, sc->capabilities, out);
		out->privileged = sc->privileged;
		out->readonly_rootfs = sc->readonlyrootfilesystem;
		out->no_new_privs = sc->has_allowprivilegeescalation && !sc->allowprivilegeescalation;
	}
	if (!sc || !sc->procmount || strcmp(sc->procmount, "Unmasked")) {
		for (size_t i = 0; i < KN_ARRAY_SIZE(masked); i++)
			kn_gen_string(a, &out->masked_paths, &out->n_masked_paths, masked[i]);
		for (size_t i = 0; i < KN_ARRAY_SIZE(readonly); i++)
			kn_gen_string(a, &out->readonly_paths, &out->n_readonly_paths, readonly[i]);
	}
	*ret = out;
	return 0;
}
