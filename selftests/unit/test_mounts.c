/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>

#include "kubelet/gen/gen_priv.h"
#include "selftests/harness/pod_fixture.h"

static const struct kn_node_ctx node = {.node_name = "n1", .root_dir = "/r", .pod_logs_dir = "/l"};

#define VOLUMES                                                                                              \
	"volumes: [{name: e, emptyDir: {}}, {name: h, hostPath: {path: /srv}}, {name: m, configMap: {name: " \
	"c}},"                                                                                               \
	" {name: p, persistentVolumeClaim: {claimName: x}}], "
#define MOUNT(text) POD(VOLUMES CTR(", volumeMounts: [" text "]"))

struct fixture {
	struct kn_arena *a;
	struct kn_pod *p;
	struct kn_gen_extra x;
	Cri__ContainerConfig out;
	struct kn_err err;
};

static int gen(struct fixture *f, const char *yaml)
{
	f->a = kn_arena_new(0);
	f->p = pod_make(yaml);
	f->err = (struct kn_err)KN_ERR_INIT;
	cri__container_config__init(&f->out);
	return kn_gen_mounts(f->a, &node, f->p, f->p->obj->spec->containers[0], 2, &f->x, &f->out, &f->err);
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->p);
	kn_arena_free(f->a);
}

static void test_volumes(void **state)
{
	struct fixture f = {.x = {.lookup = NULL}};

	assert_int_equal(
		gen(&f, MOUNT("{name: e, mountPath: rel}, {name: h, mountPath: /h, readOnly: true, "
			      "mountPropagation: HostToContainer}, {name: m, mountPath: /m}, {name: h, "
			      "mountPath: /i, mountPropagation: None}")),
		0);
	assert_string_equal(f.out.mounts[0]->host_path, "/r/pods/u1/volumes/kubernetes.io~empty-dir/e");
	assert_string_equal(f.out.mounts[0]->container_path, "/rel");
	assert_false(f.out.mounts[0]->readonly);
	assert_string_equal(f.out.mounts[1]->host_path, "/srv");
	assert_true(f.out.mounts[1]->readonly);
	assert_int_equal(f.out.mounts[1]->propagation, CRI__MOUNT_PROPAGATION__PROPAGATION_HOST_TO_CONTAINER);
	assert_true(f.out.mounts[2]->readonly); /* what we write is not the container's to change */
	assert_int_equal(f.out.mounts[3]->propagation, CRI__MOUNT_PROPAGATION__PROPAGATION_PRIVATE);
	assert_int_equal(f.out.n_mounts, 6);
	assert_string_equal(f.out.mounts[4]->container_path, "/etc/hosts");
	assert_string_equal(f.out.mounts[5]->container_path, "/dev/termination-log");
	end(&f);
	assert_int_equal(gen(&f, MOUNT("{name: p, mountPath: /p}")), -EINVAL);
	assert_string_equal(f.err.msg,
			    "volumeMounts[0].name: volume \"p\" is of a type that is not supported");
	end(&f);
}

static void test_our_own_files(void **state)
{
	static const struct {
		const char *yaml;
		size_t n;
	} t[] = {
		{POD(CTR("")), 2},
		{POD("hostNetwork: true, " CTR("")), 1},
		{POD("hostNetwork: true, hostAliases: [{ip: 10.0.0.1, hostnames: [a]}], " CTR("")), 2},
		{MOUNT("{name: e, mountPath: /etc/hosts}"), 2},
		{MOUNT("{name: e, mountPath: /etc/hosts}, {name: h, mountPath: /dev/termination-log}"), 2},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct fixture f = {.x = {.lookup = NULL}};

		assert_int_equal(gen(&f, t[i].yaml), 0);
		assert_int_equal(f.out.n_mounts, t[i].n);
		end(&f);
	}
}

static void test_sub_paths(void **state)
{
	static const char *const bound[] = {NULL, "/r/bound/1"};
	struct fixture f = {.x = {.subpaths = bound}};

	assert_int_equal(gen(&f, MOUNT("{name: e, mountPath: /a}, {name: h, mountPath: /b, subPath: x/y}")),
			 0);
	assert_string_equal(f.out.mounts[0]->host_path, "/r/pods/u1/volumes/kubernetes.io~empty-dir/e");
	assert_string_equal(f.out.mounts[1]->host_path, "/r/bound/1");
	end(&f);
	/* One that was not bound is never mounted by its name. */
	assert_int_equal(gen(&f, MOUNT("{name: h, mountPath: /b, subPath: x}, {name: e, mountPath: /a}")),
			 -EINVAL);
	assert_string_equal(f.err.msg, "failed to prepare subPath for volumeMount \"h\"");
	end(&f);
	f.x.subpaths = NULL;
	assert_int_equal(gen(&f, MOUNT("{name: h, mountPath: /b, subPathExpr: $(X)}")), -EINVAL);
	end(&f);
}

static void test_recursive_read_only(void **state)
{
	static const struct {
		const char *more;
		bool runtime_can;
		int recursive; /* -1: refused */
	} t[] = {
		{", readOnly: true", true, 0},
		{", readOnly: true, recursiveReadOnly: Disabled", true, 0},
		{", readOnly: true, recursiveReadOnly: Enabled", true, 1},
		{", readOnly: true, recursiveReadOnly: Enabled", false, -1},
		{", readOnly: true, recursiveReadOnly: IfPossible", true, 1},
		{", readOnly: true, recursiveReadOnly: IfPossible", false, 0},
		{", readOnly: true, recursiveReadOnly: Enabled, mountPropagation: None", true, 1},
		{", readOnly: true, recursiveReadOnly: Enabled, mountPropagation: HostToContainer", true, -1},
		{", recursiveReadOnly: IfPossible", true, -1},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		kn_auto_free char *yaml = kn_sprintf(
			"{metadata: {name: p, namespace: ns1, uid: u1}, spec: {volumes: [{name: h, hostPath: "
			"{path: /srv}}], containers: [{name: c, image: i, volumeMounts: [{name: h, "
			"mountPath: "
			"/h%s}]}]}}",
			t[i].more);
		struct fixture f = {.x = {.recursive_read_only = t[i].runtime_can}};

		assert_int_equal(gen(&f, yaml), t[i].recursive < 0 ? -EINVAL : 0);
		if (t[i].recursive >= 0)
			assert_int_equal(f.out.mounts[0]->recursive_read_only, t[i].recursive);
		end(&f);
	}
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_volumes),
		cmocka_unit_test(test_our_own_files),
		cmocka_unit_test(test_sub_paths),
		cmocka_unit_test(test_recursive_read_only),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
