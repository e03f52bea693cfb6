/* SPDX-License-Identifier: Apache-2.0 */
/* A pod in kubectl's words: "SUMMARY PHASE READY/TOTAL RESTARTS". */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/status/pod_status.h"
#include "selftests/harness/pod_fixture.h"

#define INIT "initContainers: [{name: n1, image: i}], "
#define SIDECAR "initContainers: [{name: s, image: i, restartPolicy: Always}], "
#define TWO "containers: [{name: c, image: i}, {name: d, image: i}]"

struct fixture {
	struct kn_pod *pod;
	struct kn_obs_sandbox sandbox;
	struct kn_obs_container c[6];
	struct kn_obs_pod seen;
	struct kn_waiting waiting[4];
	char text[200];
};

static void begin(struct fixture *f, const char *yaml)
{
	memset(f, 0, sizeof(*f));
	f->pod = pod_make(yaml);
	f->sandbox = (struct kn_obs_sandbox){.id = (char *)"S", .ready = true};
	f->seen = (struct kn_obs_pod){.sandboxes = &f->sandbox, .n_sandboxes = 1, .containers = f->c};
}

static struct kn_obs_container *see(struct fixture *f, const char *name, enum kn_obs_state state, int code)
{
	struct kn_obs_container *c = &f->c[f->seen.n_containers++];

	*c = (struct kn_obs_container){.id = (char *)"x",
				       .name = (char *)name,
				       .sandbox_id = (char *)"S",
				       .state = state,
				       .have_status = true,
				       .exit_code = code};
	return c;
}

static const char *says(struct fixture *f, bool terminating)
{
	struct kn_status s;

	kn_status_make(&s, f->pod, &f->seen, f->waiting, terminating);
	snprintf(f->text, sizeof(f->text), "%s %s %u/%u %u", s.summary, kn_phase_name(s.phase), s.ready,
		 s.total, s.restarts);
	kn_status_free(&s);
	return f->text;
}

static void test_a_life(void **state)
{
	struct fixture f;
	struct kn_status s;

	begin(&f, POD(CTR("")));
	kn_status_make(&s, f.pod, NULL, NULL, false);
	assert_string_equal(s.summary, "ContainerCreating");
	assert_null(s.ips);
	kn_status_free(&s);
	f.waiting[0].reason = (char *)"ImagePullBackOff";
	assert_string_equal(says(&f, false), "ImagePullBackOff Pending 0/1 0");
	f.waiting[0].reason = NULL;
	see(&f, "c", KN_OBS_RUNNING, 0)->restarts = 4;
	assert_string_equal(says(&f, false), "Running Running 1/1 4");
	assert_string_equal(says(&f, true), "Terminating Running 1/1 4");
	f.waiting[0].probes.unready = true;
	assert_string_equal(says(&f, false), "Running Running 0/1 4");
	f.c[0].state = KN_OBS_EXITED;
	f.c[0].exit_code = 2;
	assert_string_equal(says(&f, false), "Error Running 0/1 4");
	f.c[0].reason = (char *)"OOMKilled";
	assert_string_equal(says(&f, false), "OOMKilled Running 0/1 4");
	f.waiting[0].reason = (char *)"CrashLoopBackOff";
	assert_string_equal(says(&f, false), "CrashLoopBackOff Running 0/1 4");
	kn_pod_unref(f.pod);
}

static void test_ends(void **state)
{
	struct fixture f;

	begin(&f, POD("restartPolicy: Never, " TWO));
	see(&f, "c", KN_OBS_EXITED, 0);
	see(&f, "d", KN_OBS_RUNNING, 0);
	assert_string_equal(says(&f, false), "NotReady Running 1/2 0");
	f.c[1].state = KN_OBS_EXITED;
	assert_string_equal(says(&f, false), "Completed Succeeded 0/2 0");
	f.c[1].exit_code = 1;
	assert_string_equal(says(&f, false),
			    "Completed Failed 0/2 0"); /* the first one's, as kubectl has it */
	kn_pod_unref(f.pod);
	begin(&f, POD("restartPolicy: OnFailure, " CTR("")));
	see(&f, "c", KN_OBS_EXITED, 1);
	assert_string_equal(says(&f, false), "Error Running 0/1 0");
	f.c[0].exit_code = 0;
	assert_string_equal(says(&f, false), "Completed Succeeded 0/1 0");
	kn_pod_unref(f.pod);
}

static void test_init(void **state)
{
	struct fixture f;

	begin(&f, POD(INIT CTR("")));
	assert_string_equal(says(&f, false), "Init:0/1 Pending 0/1 0");
	see(&f, "n1", KN_OBS_RUNNING, 0);
	assert_string_equal(says(&f, false), "Init:0/1 Pending 0/1 0");
	f.c[0].state = KN_OBS_EXITED;
	f.c[0].exit_code = 1;
	assert_string_equal(says(&f, false), "Init:Error Pending 0/1 0");
	f.waiting[0].reason = (char *)"CrashLoopBackOff";
	assert_string_equal(says(&f, false), "Init:CrashLoopBackOff Pending 0/1 0");
	f.waiting[0].reason = NULL;
	f.c[0].exit_code = 0;
	assert_string_equal(says(&f, false), "PodInitializing Pending 0/1 0");
	see(&f, "c", KN_OBS_RUNNING, 0);
	assert_string_equal(says(&f, false), "Running Running 1/1 0");
	f.seen.n_containers = 0; /* the runtime forgot the init container */
	see(&f, "c", KN_OBS_RUNNING, 0);
	assert_string_equal(says(&f, false), "Running Running 1/1 0");
	kn_pod_unref(f.pod);
	begin(&f, POD("restartPolicy: Never, " INIT CTR("")));
	see(&f, "n1", KN_OBS_EXITED, 1);
	assert_string_equal(says(&f, false), "Init:Error Failed 0/1 0");
	kn_pod_unref(f.pod);
}

static void test_sidecars_count(void **state)
{
	struct fixture f;

	begin(&f, POD(SIDECAR CTR("")));
	see(&f, "s", KN_OBS_RUNNING, 0);
	assert_string_equal(says(&f, false), "PodInitializing Pending 1/2 0");
	see(&f, "c", KN_OBS_RUNNING, 0)->restarts = 1;
	assert_string_equal(says(&f, false), "Running Running 2/2 1");
	f.waiting[0].probes.unstarted = true;
	assert_string_equal(says(&f, false), "Running Running 1/2 1");
	kn_pod_unref(f.pod);
}

static void test_views(void **state)
{
	struct fixture f;
	struct kn_status s;

	begin(&f, POD(CTR("")));
	see(&f, "c", KN_OBS_RUNNING, 0)->image = (char *)"by-digest";
	see(&f, "c", KN_OBS_EXITED, 3);
	kn_status_make(&s, f.pod, &f.seen, NULL, false);
	assert_int_equal(s.n, 1);
	assert_ptr_equal(s.containers[0].seen, &f.c[0]);
	assert_ptr_equal(s.containers[0].last, &f.c[1]);
	assert_string_equal(s.containers[0].image, "by-digest");
	assert_true(s.containers[0].started);
	kn_status_free(&s);
	assert_null(s.containers);
	kn_pod_unref(f.pod);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_life), cmocka_unit_test(test_ends),
		cmocka_unit_test(test_init),   cmocka_unit_test(test_sidecars_count),
		cmocka_unit_test(test_views),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
