/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {.node_name = "n1", .root_dir = "/r"};
static const struct kn_image_user root = {.has_uid = true}, unknown, user7 = {.has_uid = true, .uid = 7},
				  named = {.name = "www"};

struct fixture {
	struct kn_arena *a;
	struct kn_pod *p;
	Cri__LinuxContainerSecurityContext *s;
	struct kn_err err;
};

static int gen(struct fixture *f, const char *yaml, const struct kn_image_user *image)
{
	*f = (struct fixture){.a = kn_arena_new(0), .p = pod_make(yaml)};
	return kn_gen_security(f->a, &node, f->p, f->p->obj->spec->containers[0], image, &f->s, &f->err);
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->p);
	kn_arena_free(f->a);
}

#define BOTH(pod, container) POD("securityContext: {" pod "}, " CTR(", securityContext: {" container "}"))

static void test_users(void **state)
{
	static const struct {
		const char *yaml;
		const struct kn_image_user *image;
		int64_t uid; /* -1: none */
		const char *name;
	} t[] = {
		{POD(CTR("")), &root, 0, NULL},
		{POD(CTR("")), &user7, 7, NULL},
		{POD(CTR("")), &named, -1, "www"},
		{POD(CTR("")), &unknown, -1, NULL},
		{BOTH("runAsUser: 5", ""), &named, 5, NULL},
		{BOTH("runAsUser: 5", "runAsUser: 6"), &user7, 6, NULL},
		{BOTH("runAsUser: 5", "runAsUser: 0"), &user7, 0, NULL},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct fixture f;

		assert_int_equal(gen(&f, t[i].yaml, t[i].image), 0);
		assert_int_equal(f.s->run_as_user ? f.s->run_as_user->value : -1, t[i].uid);
		assert_string_equal(f.s->run_as_username, t[i].name ? t[i].name : "");
		end(&f);
	}
}

static void test_non_root(void **state)
{
	static const struct {
		const char *yaml;
		const struct kn_image_user *image;
		const char *why; /* NULL: may run */
	} t[] = {
		{BOTH("runAsNonRoot: true", ""), &user7, NULL},
		{BOTH("runAsNonRoot: true", "runAsUser: 9"), &root, NULL},
		{BOTH("runAsNonRoot: true", "runAsNonRoot: false"), &root, NULL},
		{BOTH("runAsNonRoot: true", ""), &root, "image will run as root"},
		{BOTH("", "runAsNonRoot: true"), &root, "image will run as root"},
		{BOTH("runAsNonRoot: true", "runAsUser: 0"), &user7, "runAsUser breaks non-root policy"},
		{BOTH("runAsNonRoot: true", ""), &named, "non-numeric user (www)"},
		{BOTH("runAsNonRoot: true", ""), &unknown, "the image's user is not known"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct fixture f;

		assert_int_equal(gen(&f, t[i].yaml, t[i].image), t[i].why ? -EINVAL : 0);
		if (t[i].why)
			assert_non_null(strstr(f.err.msg, t[i].why));
		end(&f);
	}
}

static void test_profiles(void **state)
{
	struct fixture f;

	assert_int_equal(gen(&f, BOTH("seccompProfile: {type: RuntimeDefault}", ""), &root), 0);
	assert_int_equal(f.s->seccomp->profile_type, CRI__SECURITY_PROFILE__PROFILE_TYPE__RuntimeDefault);
	end(&f);
	assert_int_equal(gen(&f,
			     BOTH("seccompProfile: {type: RuntimeDefault}",
				  "seccompProfile: {type: Localhost, localhostProfile: a/b.json}"),
			     &root),
			 0);
	assert_int_equal(f.s->seccomp->profile_type, CRI__SECURITY_PROFILE__PROFILE_TYPE__Localhost);
	assert_string_equal(f.s->seccomp->localhost_ref, "/r/seccomp/a/b.json");
	end(&f);
	assert_int_equal(
		gen(&f, BOTH("", "seccompProfile: {type: Localhost, localhostProfile: ../x}"), &root),
		-EINVAL);
	end(&f);
	assert_int_equal(gen(&f, BOTH("", "seccompProfile: {type: Localhost, localhostProfile: /x}"), &root),
			 -EINVAL);
	end(&f);
	assert_int_equal(gen(&f, BOTH("", "seccompProfile: {type: Localhost}"), &root), -EINVAL);
	end(&f);
	assert_int_equal(gen(&f, BOTH("", "seccompProfile: {type: Strange}"), &root), -EINVAL);
	end(&f);
}

static void test_the_rest(void **state)
{
	struct fixture f;

	assert_int_equal(
		gen(&f,
		    POD("securityContext: {fsGroup: 3, supplementalGroups: [4, 5], runAsGroup: 2, "
			"seLinuxOptions: {level: s0}}, hostPID: true, " CTR(
				", securityContext: {allowPrivilegeEscalation: false, "
				"readOnlyRootFilesystem: true, capabilities: {add: [NET_ADMIN], drop: "
				"[ALL]}}")),
		    &root),
		0);
	assert_int_equal(f.s->n_supplemental_groups, 3);
	assert_int_equal(f.s->supplemental_groups[0], 3);
	assert_int_equal(f.s->run_as_group->value, 2);
	assert_string_equal(f.s->selinux_options->level, "s0");
	assert_true(f.s->no_new_privs && f.s->readonly_rootfs && !f.s->privileged);
	assert_string_equal(f.s->capabilities->add_capabilities[0], "NET_ADMIN");
	assert_string_equal(f.s->capabilities->drop_capabilities[0], "ALL");
	assert_int_equal(f.s->namespace_options->pid, CRI__NAMESPACE_MODE__NODE);
	assert_int_equal(f.s->namespace_options->network, CRI__NAMESPACE_MODE__POD);
	assert_true(f.s->n_masked_paths > 5 && f.s->n_readonly_paths == 5);
	end(&f);
	assert_int_equal(gen(&f,
			     POD("shareProcessNamespace: true, hostNetwork: true, hostIPC: true, " CTR(
				     ", securityContext: {privileged: true, procMount: Unmasked}")),
			     &root),
			 0);
	assert_true(f.s->privileged && !f.s->no_new_privs);
	assert_int_equal(f.s->n_masked_paths, 0);
	assert_int_equal(f.s->namespace_options->pid, CRI__NAMESPACE_MODE__POD);
	assert_int_equal(f.s->namespace_options->ipc, CRI__NAMESPACE_MODE__NODE);
	assert_int_equal(f.s->namespace_options->network, CRI__NAMESPACE_MODE__NODE);
	end(&f);
	assert_int_equal(gen(&f, POD(CTR("")), &root), 0);
	assert_int_equal(f.s->namespace_options->pid, CRI__NAMESPACE_MODE__CONTAINER);
	assert_false(f.s->no_new_privs);
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_users),
		cmocka_unit_test(test_non_root),
		cmocka_unit_test(test_profiles),
		cmocka_unit_test(test_the_rest),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
