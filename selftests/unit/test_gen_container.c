/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {.node_name = "n1",
					.root_dir = "/r",
					.pod_logs_dir = "/l",
					.memory_bytes = 1LL << 30,
					.cpu_milli = 2000,
					.cpu_quota_period_us = 100000};

static int gen(struct kn_arena *a, const char *yaml, struct kn_pod **p, Cri__ContainerConfig **ret,
	       struct kn_err *err)
{
	static const char *const ips[] = {"10.0.0.2", NULL};

	*p = pod_make(yaml);
	return kn_gen_container(a, &node, *p, (*p)->obj->spec->containers[0], 3, "sha256:1", ips, NULL, ret,
				err);
}

static void test_config(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	Cri__ContainerConfig *c = NULL;
	struct kn_pod *p;

	assert_int_equal(gen(a,
			     POD(CTR(", command: [sh, $(IP)], env: [{name: IP, valueFrom: {fieldRef: "
				     "{fieldPath: status.podIP}}}, {name: L, valueFrom: {resourceFieldRef: "
				     "{resource: limits.cpu}}}, {name: X, value: $(IP)/24}]")),
			     &p, &c, NULL),
			 0);
	assert_string_equal(c->log_path, "c/3.log");
	assert_int_equal(c->metadata->attempt, 3);
	assert_string_equal(c->image->image, "sha256:1");
	assert_string_equal(c->command[1], "10.0.0.2");
	assert_string_equal(c->envs[1]->value, "2");
	assert_string_equal(c->envs[2]->value, "10.0.0.2/24");
	assert_int_equal(c->n_mounts, 2);
	assert_string_equal(c->mounts[0]->host_path, "/r/pods/u1/etc-hosts");
	assert_string_equal(c->mounts[1]->container_path, "/dev/termination-log");
	assert_int_equal(c->n_labels, 4);
	assert_string_equal(c->labels[3]->value, "c");
	assert_int_equal(c->linux->security_context->seccomp->profile_type,
			 CRI__SECURITY_PROFILE__PROFILE_TYPE__Unconfined);
	kn_pod_unref(p);
}

static void test_refused(void **state)
{
	static const char *const t[] = {
		POD(CTR(", securityContext: {runAsNonRoot: true}")),
		POD(CTR(", securityContext: {runAsNonRoot: true, runAsUser: 0}")),
		POD(CTR(", env: [{name: A, valueFrom: {secretKeyRef: {name: s, key: k}}}]")),
		POD("volumes: [{name: v}], " CTR(", volumeMounts: [{name: v, mountPath: /v, subPath: s}]")),
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_arena struct kn_arena *a = kn_arena_new(0);
		struct kn_err err = KN_ERR_INIT;
		Cri__ContainerConfig *c = NULL;
		struct kn_pod *p;

		assert_int_equal(gen(a, t[i], &p, &c, &err), -EINVAL);
		assert_null(c);
		kn_pod_unref(p);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(test_config), cmocka_unit_test(test_refused)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
