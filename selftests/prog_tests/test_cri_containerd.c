/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The CRI client against a real containerd: a pod's whole life, an error, a hanging call, a killed runtime.
 * One containerd for all tests, on folders of its own.
 */
#include <errno.h>
#include <glob.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <unistd.h>
#include <cmocka.h>

#include "cri/cri.h"
#include "lib/base/mem.h"

#define IMAGE "localhost/kernlet-demo:1"

struct fixture {
	char dir[48], cgroup[48];
	struct kn_loop *loop;
	struct kn_cri *cri;
	bool works;
	char *sandbox, *container;
};
static struct fixture x; /* one process, one runtime */

/* An answer that outlives its callback. */
struct answer {
	bool done;
	ProtobufCMessage *msg;
	struct kn_err err;
};

static void on_answer(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct answer *a = user;

	a->done = true;
	if (err)
		a->err = *err;
	if (rsp) {
		size_t n = protobuf_c_message_get_packed_size(rsp);
		kn_auto_free uint8_t *data = kn_calloc(1, n + 1);

		protobuf_c_message_pack(rsp, data);
		a->msg = protobuf_c_message_unpack(rsp->descriptor, NULL, n, data);
	}
}

static void wait_for(const struct answer *a)
{
	int64_t end = kn_mono(&kn_clock_system) + 30 * KN_NSEC_PER_SEC;

	while (!a->done && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(x.loop, KN_NSEC_PER_SEC);
	assert_true(a->done);
}

static void answer_free(struct answer *a)
{
	if (a->msg)
		protobuf_c_message_free_unpacked(a->msg, NULL);
}
#define auto_answer KN_CLEANUP(answer_free) struct answer

static void call(struct answer *a, enum kn_cri_method m, const void *req)
{
	memset(a, 0, sizeof(*a));
	kn_cri_call(x.cri, m, req, 20 * KN_NSEC_PER_SEC, on_answer, a);
	wait_for(a);
}

static void call_ok(struct answer *a, enum kn_cri_method m, const void *req)
{
	call(a, m, req);
	if (a->err.code)
		fail_msg("%s: %s", kn_cri_method(m)->name, a->err.msg);
}

static int shell(const char *fmt, const char *arg)
{
	char cmd[256];

	snprintf(cmd, sizeof(cmd), fmt, arg);
	return system(cmd);
}

static int setup(void **state)
{
	char endpoint[96];

	if (geteuid() != 0 || system("command -v containerd runc umoci >/dev/null") != 0)
		return 0;
	strcpy(x.dir, "/tmp/kn-test-ctd-XXXXXX");
	snprintf(x.cgroup, sizeof(x.cgroup), "/kn-test-cri-%d", (int)getpid());
	if (!mkdtemp(x.dir) || shell("selftests/harness/containerd.sh start %s >/dev/null", x.dir) != 0 ||
	    shell("selftests/harness/image.sh import %s >/dev/null", x.dir) != 0)
		return -1;
	snprintf(endpoint, sizeof(endpoint), "unix://%s/containerd.sock", x.dir);
	if (kn_loop_new(&x.loop, NULL) < 0 || kn_cri_new(&x.cri, x.loop, endpoint, NULL, NULL) < 0)
		return -1;
	x.works = true;
	return 0;
}

static int teardown(void **state)
{
	char pattern[96];
	glob_t g = {0};

	x.cri = kn_cri_free(x.cri);
	x.loop = kn_loop_free(x.loop);
	free(x.sandbox);
	free(x.container);
	if (!x.dir[0])
		return 0;
	shell("selftests/harness/containerd.sh stop %s >/dev/null 2>&1", x.dir);
	shell("rm -rf --one-file-system %s", x.dir);
	for (int deep = 1; deep >= 0; deep--) {
		snprintf(pattern, sizeof(pattern), "/sys/fs/cgroup/*%s%s", x.cgroup, deep ? "/*/" : "");
		if (glob(pattern, 0, NULL, &g) == 0)
			for (size_t i = 0; i < g.gl_pathc; i++)
				rmdir(g.gl_pathv[i]);
		globfree(&g);
	}
	return 0;
}

#define need_containerd()                                                                                    \
	do {                                                                                                 \
		if (!x.works)                                                                                \
			skip();                                                                              \
	} while (0)

static void test_version_and_status(void **state)
{
	const Cri__VersionRequest vreq = CRI__VERSION_REQUEST__INIT;
	const Cri__StatusRequest sreq = CRI__STATUS_REQUEST__INIT;
	const Cri__VersionResponse *v;
	const Cri__StatusResponse *s;
	auto_answer a = {0}, b = {0};
	bool ready = false;

	need_containerd();
	call_ok(&a, KN_CRI_VERSION, &vreq);
	v = (const void *)a.msg;
	assert_string_equal(v->runtime_name, "containerd");
	assert_string_equal(v->runtime_api_version, "v1");
	call_ok(&b, KN_CRI_STATUS, &sreq);
	s = (const void *)b.msg;
	for (size_t i = 0; i < s->status->n_conditions; i++)
		if (!strcmp(s->status->conditions[i]->type, "RuntimeReady"))
			ready = s->status->conditions[i]->status;
	assert_true(ready);
}

static void test_images(void **state)
{
	const Cri__ListImagesRequest lreq = CRI__LIST_IMAGES_REQUEST__INIT;
	const Cri__ImageFsInfoRequest freq = CRI__IMAGE_FS_INFO_REQUEST__INIT;
	Cri__ImageSpec spec = CRI__IMAGE_SPEC__INIT;
	Cri__ImageStatusRequest sreq = CRI__IMAGE_STATUS_REQUEST__INIT;
	auto_answer a = {0}, b = {0}, c = {0}, d = {0};
	const Cri__ImageStatusResponse *s;

	need_containerd();
	call_ok(&a, KN_CRI_LIST_IMAGES, &lreq);
	assert_true(((const Cri__ListImagesResponse *)a.msg)->n_images >= 2);
	sreq.image = &spec;
	spec.image = (char *)IMAGE;
	call_ok(&b, KN_CRI_IMAGE_STATUS, &sreq);
	s = (const void *)b.msg;
	assert_non_null(s->image);
	assert_memory_equal(s->image->id, "sha256:", 7);
	assert_true(s->image->size > 0);
	spec.image = (char *)"localhost/no-such:1";
	call_ok(&c, KN_CRI_IMAGE_STATUS, &sreq);
	assert_null(((const Cri__ImageStatusResponse *)c.msg)->image);
	call_ok(&d, KN_CRI_IMAGE_FS_INFO, &freq);
	assert_true(((const Cri__ImageFsInfoResponse *)d.msg)->n_image_filesystems > 0);
}

static void test_errors(void **state)
{
	Cri__PodSandboxStatusRequest preq = CRI__POD_SANDBOX_STATUS_REQUEST__INIT;
	Cri__StartContainerRequest sreq = CRI__START_CONTAINER_REQUEST__INIT;
	Cri__RemovePodSandboxRequest gone = CRI__REMOVE_POD_SANDBOX_REQUEST__INIT;
	auto_answer a = {0}, b = {0}, c = {0};

	need_containerd();
	preq.pod_sandbox_id = sreq.container_id = gone.pod_sandbox_id = (char *)"no-such";
	call(&a, KN_CRI_POD_SANDBOX_STATUS, &preq);
	assert_int_equal(a.err.code, ENOENT);
	assert_non_null(strstr(a.err.msg, "rpc error: code = NotFound desc = "));
	call(&b, KN_CRI_START_CONTAINER, &sreq);
	assert_int_equal(b.err.code, ENOENT);
	call_ok(&c, KN_CRI_REMOVE_POD_SANDBOX,
		&gone); /* may be repeated; StopPodSandbox is NotFound in 1.6 */
}

static void on_event(void *user, const Cri__ContainerEventResponse *ev)
{
}

static void on_end(void *user, const struct kn_err *err)
{
	struct answer *a = user;

	a->done = true;
	a->err = *err;
}

/* Newer runtimes have both; one that doesn't must say so in the way that makes us fall back. */
static void test_what_old_runtimes_lack(void **state)
{
	const Cri__RuntimeConfigRequest req = CRI__RUNTIME_CONFIG_REQUEST__INIT;
	auto_answer a = {0}, b = {0};
	struct kn_cri_events *e;

	need_containerd();
	call(&a, KN_CRI_RUNTIME_CONFIG, &req);
	if (a.err.code)
		assert_int_equal(a.err.code, ENOSYS);
	e = kn_cri_events_start(x.cri, on_event, on_end, &b);
	for (int i = 0; i < 100 && !b.done; i++)
		kn_loop_run_once(x.loop, 10 * KN_NSEC_PER_MSEC);
	if (b.done)
		assert_int_equal(b.err.code, ENOSYS);
	kn_cri_events_stop(e);
}

static void sandbox_config(Cri__PodSandboxConfig *c)
{
	static Cri__PodSandboxMetadata meta = CRI__POD_SANDBOX_METADATA__INIT;
	static Cri__LinuxPodSandboxConfig lin = CRI__LINUX_POD_SANDBOX_CONFIG__INIT;
	static Cri__LinuxSandboxSecurityContext sec = CRI__LINUX_SANDBOX_SECURITY_CONTEXT__INIT;
	static Cri__NamespaceOption ns = CRI__NAMESPACE_OPTION__INIT;
	static Cri__StringEntry label = CRI__STRING_ENTRY__INIT, *labels[] = {&label};

	meta.name = meta.uid = meta.namespace_ = (char *)"t";
	label.key = (char *)"kernlet-test";
	label.value = x.cgroup;
	ns.network = CRI__NAMESPACE_MODE__NODE; /* no CNI needed */
	ns.pid = CRI__NAMESPACE_MODE__CONTAINER;
	sec.namespace_options = &ns;
	lin.security_context = &sec;
	lin.cgroup_parent = x.cgroup;
	c->metadata = &meta;
	c->linux = &lin;
	c->labels = labels;
	c->n_labels = 1;
}

static void test_run_sandbox_and_container(void **state)
{
	Cri__PodSandboxConfig sc = CRI__POD_SANDBOX_CONFIG__INIT;
	Cri__RunPodSandboxRequest run = CRI__RUN_POD_SANDBOX_REQUEST__INIT;
	Cri__ContainerConfig cc = CRI__CONTAINER_CONFIG__INIT;
	Cri__ContainerMetadata meta = CRI__CONTAINER_METADATA__INIT;
	Cri__ImageSpec spec = CRI__IMAGE_SPEC__INIT;
	Cri__CreateContainerRequest create = CRI__CREATE_CONTAINER_REQUEST__INIT;
	Cri__StartContainerRequest start = CRI__START_CONTAINER_REQUEST__INIT;
	char *command[] = {(char *)"/bin/sh", (char *)"-c", (char *)"exec sleep 1000"};
	auto_answer a = {0}, b = {0}, c = {0};

	need_containerd();
	sandbox_config(&sc);
	run.config = create.sandbox_config = &sc;
	call_ok(&a, KN_CRI_RUN_POD_SANDBOX, &run);
	x.sandbox = kn_strdup(((const Cri__RunPodSandboxResponse *)a.msg)->pod_sandbox_id);
	assert_int_equal(strlen(x.sandbox), 64);

	meta.name = (char *)"main";
	spec.image = (char *)IMAGE;
	cc.metadata = &meta;
	cc.image = &spec;
	cc.command = command;
	cc.n_command = KN_ARRAY_SIZE(command);
	create.config = &cc;
	create.pod_sandbox_id = x.sandbox;
	call_ok(&b, KN_CRI_CREATE_CONTAINER, &create);
	x.container = kn_strdup(((const Cri__CreateContainerResponse *)b.msg)->container_id);
	start.container_id = x.container;
	call_ok(&c, KN_CRI_START_CONTAINER, &start);
}

static void test_list_and_look(void **state)
{
	Cri__PodSandboxFilter filter = CRI__POD_SANDBOX_FILTER__INIT;
	Cri__ListPodSandboxRequest list = CRI__LIST_POD_SANDBOX_REQUEST__INIT;
	Cri__ContainerStatusRequest sreq = CRI__CONTAINER_STATUS_REQUEST__INIT;
	Cri__ContainerStatsRequest ureq = CRI__CONTAINER_STATS_REQUEST__INIT;
	Cri__StringEntry label = CRI__STRING_ENTRY__INIT, *labels[] = {&label};
	const Cri__ListPodSandboxResponse *l;
	const Cri__ContainerStatusResponse *s;
	auto_answer a = {0}, b = {0}, c = {0}, d = {0};

	need_containerd();
	assert_non_null(x.container);
	label.key = (char *)"kernlet-test";
	label.value = x.cgroup;
	filter.label_selector = labels;
	filter.n_label_selector = 1;
	list.filter = &filter;
	call_ok(&a, KN_CRI_LIST_POD_SANDBOX, &list);
	l = (const void *)a.msg;
	assert_int_equal(l->n_items, 1);
	assert_string_equal(l->items[0]->id, x.sandbox);
	assert_string_equal(l->items[0]->metadata->namespace_, "t");
	assert_int_equal(l->items[0]->state, CRI__POD_SANDBOX_STATE__SANDBOX_READY);
	label.value = (char *)"other";
	call_ok(&d, KN_CRI_LIST_POD_SANDBOX, &list);
	assert_int_equal(((const Cri__ListPodSandboxResponse *)d.msg)->n_items, 0);
	sreq.container_id = ureq.container_id = x.container;
	call_ok(&b, KN_CRI_CONTAINER_STATUS, &sreq);
	s = (const void *)b.msg;
	assert_int_equal(s->status->state, CRI__CONTAINER_STATE__CONTAINER_RUNNING);
	assert_true(s->status->started_at > s->status->created_at);
	assert_string_equal(s->status->image->image, IMAGE);
	call_ok(&c, KN_CRI_CONTAINER_STATS, &ureq);
	assert_true(((const Cri__ContainerStatsResponse *)c.msg)->stats->cpu->usage_core_nano_seconds->value >
		    0);
}

static void test_exec_and_a_call_that_hangs(void **state)
{
	const Cri__VersionRequest vreq = CRI__VERSION_REQUEST__INIT;
	Cri__ExecSyncRequest req = CRI__EXEC_SYNC_REQUEST__INIT;
	char *echo[] = {(char *)"/bin/sh", (char *)"-c", (char *)"echo out; echo err >&2; exit 7"};
	char *nap[] = {(char *)"/bin/sh", (char *)"-c", (char *)"sleep 2"};
	auto_answer a = {0}, hung = {0};
	const Cri__ExecSyncResponse *r;

	need_containerd();
	assert_non_null(x.container);
	req.container_id = x.container;
	req.cmd = echo;
	req.n_cmd = 3;
	call_ok(&a, KN_CRI_EXEC_SYNC, &req);
	r = (const void *)a.msg;
	assert_int_equal(r->exit_code, 7);
	assert_int_equal(r->stdout.len, 4);
	assert_memory_equal(r->stdout.data, "out\n", 4);
	assert_memory_equal(r->stderr.data, "err\n", 4);

	req.cmd = nap;
	kn_cri_call(x.cri, KN_CRI_EXEC_SYNC, &req.base, KN_NSEC_PER_SEC, on_answer, &hung);
	for (int i = 0; i < 50; i++) {
		auto_answer v = {0};

		call_ok(&v, KN_CRI_VERSION, &vreq);
	}
	assert_false(hung.done);
	wait_for(&hung);
	assert_int_equal(hung.err.code, ETIMEDOUT);
}

static void test_killed_runtime(void **state)
{
	const Cri__VersionRequest vreq = CRI__VERSION_REQUEST__INIT;
	Cri__ContainerStatusRequest sreq = CRI__CONTAINER_STATUS_REQUEST__INIT;
	auto_answer s = {0};
	int64_t end;

	need_containerd();
	assert_non_null(x.container);
	assert_int_equal(shell("selftests/harness/containerd.sh kill %s", x.dir), 0);
	for (int i = 0; i < 3; i++) {
		auto_answer a = {0};

		call(&a, KN_CRI_VERSION, &vreq);
		assert_int_equal(a.err.code, ECONNREFUSED);
		usleep(100000);
	}
	assert_int_equal(shell("selftests/harness/containerd.sh restart %s >/dev/null", x.dir), 0);
	end = kn_mono(&kn_clock_system) + 6 * KN_NSEC_PER_SEC;
	for (;;) {
		auto_answer a = {0};

		call(&a, KN_CRI_VERSION, &vreq);
		if (!a.err.code)
			break;
		assert_true(kn_mono(&kn_clock_system) < end);
		usleep(50000);
	}
	sreq.container_id = x.container;
	call_ok(&s, KN_CRI_CONTAINER_STATUS, &sreq);
	assert_int_equal(((const Cri__ContainerStatusResponse *)s.msg)->status->state,
			 CRI__CONTAINER_STATE__CONTAINER_RUNNING);
}

static void test_stop_and_remove(void **state)
{
	Cri__StopContainerRequest stop = CRI__STOP_CONTAINER_REQUEST__INIT;
	Cri__RemoveContainerRequest rm = CRI__REMOVE_CONTAINER_REQUEST__INIT;
	Cri__StopPodSandboxRequest pstop = CRI__STOP_POD_SANDBOX_REQUEST__INIT;
	Cri__RemovePodSandboxRequest prm = CRI__REMOVE_POD_SANDBOX_REQUEST__INIT;
	auto_answer a = {0}, b = {0}, c = {0}, d = {0};

	need_containerd();
	assert_non_null(x.container);
	stop.container_id = rm.container_id = x.container;
	pstop.pod_sandbox_id = prm.pod_sandbox_id = x.sandbox;
	call_ok(&a, KN_CRI_STOP_CONTAINER, &stop);
	call_ok(&b, KN_CRI_REMOVE_CONTAINER, &rm);
	call_ok(&c, KN_CRI_STOP_POD_SANDBOX, &pstop);
	call_ok(&d, KN_CRI_REMOVE_POD_SANDBOX, &prm);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_version_and_status),
		cmocka_unit_test(test_images),
		cmocka_unit_test(test_errors),
		cmocka_unit_test(test_what_old_runtimes_lack),
		cmocka_unit_test(test_run_sandbox_and_container),
		cmocka_unit_test(test_list_and_look),
		cmocka_unit_test(test_exec_and_a_call_that_hangs),
		cmocka_unit_test(test_killed_runtime),
		cmocka_unit_test(test_stop_and_remove),
	};

	return cmocka_run_group_tests(tests, setup, teardown);
}
