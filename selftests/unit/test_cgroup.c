/* SPDX-License-Identifier: Apache-2.0 */
/* Real cgroups below a root of this test's own, taken away again. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdint.h>
#include <cmocka.h>
#include <errno.h>
#include <signal.h>
#include <string.h>
#include <sys/wait.h>

#include "kubelet/cgroup/cgroup.h"
#include "lib/base/file.h"

static void remove_root(const char *root)
{
	static const char *const below[] = {"/kubepods/burstable", "/kubepods/besteffort", "/kubepods", ""};
	static const char *const at[] = {"",	    "cpu",   "cpuacct", "cpuset",  "memory", "devices",
					 "freezer", "blkio", "pids",	"systemd", "unified"};
	char path[512];

	for (size_t i = 0; i < KN_ARRAY_SIZE(at); i++)
		for (size_t k = 0; k < KN_ARRAY_SIZE(below); k++) {
			snprintf(path, sizeof(path), "/sys/fs/cgroup/%s%s%s", at[i], root, below[k]);
			rmdir(path);
		}
}

/* A process left behind in the pod's group. */
static pid_t sleeper_in(const char *dir)
{
	char path[600], pid[16];
	pid_t child = fork();

	if (child == 0) {
		sleep(20);
		_exit(0);
	}
	snprintf(path, sizeof(path), "%s/cgroup.procs", dir);
	snprintf(pid, sizeof(pid), "%d", (int)child);
	if (child > 0)
		kn_file_write_kernel(path, pid, NULL);
	return child;
}

static int remove_pod(struct kn_cgroup *c, struct kn_err *err)
{
	int r = -EBUSY;

	for (int i = 0; i < 100 && r == -EBUSY; i++) {
		r = kn_cgroup_pod_remove(c, "0-1", err);
		if (r == -EBUSY)
			usleep(10000);
	}
	return r;
}

static void makes_and_removes_a_pod(void **state)
{
	struct kn_node_ctx n = {.cpu_quota_period_us = 100000};
	struct kn_arena *a = kn_arena_new(0);
	K8s__Pod *obj = kn_arena_alloc(a, sizeof(*obj));
	K8s__PodSpec spec = K8S__POD_SPEC__INIT;
	K8s__Container ctr = K8S__CONTAINER__INIT, *ctrs[] = {&ctr};
	struct kn_err err = KN_ERR_INIT;
	struct kn_cgroup *c = NULL;
	struct kn_pod *p = NULL;
	char root[64], path[512], *folder = NULL;
	K8s__ObjectMeta meta = K8S__OBJECT_META__INIT;
	K8s__Quantity q = K8S__QUANTITY__INIT, m = K8S__QUANTITY__INIT;
	K8s__QuantityEntry cpu = K8S__QUANTITY_ENTRY__INIT, mem = K8S__QUANTITY_ENTRY__INIT,
			   *lim[] = {&cpu, &mem};
	K8s__ResourceRequirements res = K8S__RESOURCE_REQUIREMENTS__INIT;
	int r, made, gone, ended = -1;
	pid_t child;

	if (geteuid() != 0) {
		kn_arena_free(a);
		skip();
	}
	k8s__pod__init(obj);
	obj->metadata = &meta;
	obj->spec = &spec;
	meta.name = (char *)"p";
	meta.uid = (char *)"0-1";
	spec.containers = ctrs;
	spec.n_containers = 1;
	ctr.name = (char *)"c";
	ctr.image = (char *)"i";
	q.string = (char *)"500m";
	m.string = (char *)"64Mi";
	cpu.key = (char *)"cpu";
	cpu.value = &q;
	mem.key = (char *)"memory";
	mem.value = &m;
	res.limits = lim;
	res.n_limits = 2;
	ctr.resources = &res;
	assert_int_equal(kn_pod_new(&p, a, obj, NULL, NULL, &err), 0);
	snprintf(root, sizeof(root), "/kn-test-%d", (int)getpid());
	r = kn_cgroup_new(&c, KN_CGROUPFS, root, &n, NULL, &err);
	if (!r)
		r = kn_cgroup_pod_create(c, p, &err);
	if (!r)
		r = kn_cgroup_pod_create(c, p, &err); /* idempotent */
	if (!r)
		r = kn_cgroup2_root(root, p->arena, &folder, &err);
	snprintf(path, sizeof(path), "%s/kubepods/pod0-1", folder ? folder : "/nowhere");
	made = access(path, F_OK);
	if (!r && !kn_cgroup_is_v2(c)) {
		struct kn_buf b = {0};
		char f[512];

		snprintf(f, sizeof(f), "/sys/fs/cgroup/memory%s/kubepods/pod0-1/memory.limit_in_bytes", root);
		kn_file_read(f, 64, &b, NULL);
		if (!b.data || strcmp(b.data, "67108864\n"))
			r = -1;
		kn_buf_free(&b);
		snprintf(f, sizeof(f), "/sys/fs/cgroup/cpu%s/kubepods/pod0-1/cpu.cfs_quota_us", root);
		kn_file_read(f, 64, &b, NULL);
		if (!b.data || strcmp(b.data, "50000\n"))
			r = -2;
		kn_buf_free(&b);
	}
	child = r ? -1 : sleeper_in(path);
	gone = c ? remove_pod(c, &err) : -1;
	gone = gone ? gone : !access(path, F_OK);
	if (child > 0 && gone) /* it stands there unharmed */
		kill(child, SIGKILL);
	if (child > 0)
		waitpid(child, &ended, 0);
	kn_cgroup_free(c);
	kn_pod_unref(p);
	remove_root(root);
	if (r)
		print_message("%s\n", err.msg);
	assert_int_equal(r, 0);
	assert_int_equal(made, 0);
	assert_int_equal(gone, 0);
	assert_true(child > 0 && WIFSIGNALED(ended));
}

int main(void)
{
	const struct CMUnitTest tests[] = {cmocka_unit_test(makes_and_removes_a_pod)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
