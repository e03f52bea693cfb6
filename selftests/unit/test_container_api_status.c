/* SPDX-License-Identifier: Apache-2.0 */
/* One container's status as the API has it; whole pods are in test_pod_api_status.c. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/status/pod_api_status.h"
#include "lib/base/clock.h"
#include "selftests/harness/pod_fixture.h"

#define S KN_NSEC_PER_SEC

struct fixture {
	struct kn_arena *a;
	struct kn_pod *pod;
	struct kn_obs_container c[3];
	struct kn_obs_pod seen;
	struct kn_waiting waiting[3];
	K8s__PodStatus old;
	struct kn_api_status_in in;
};

static void begin(struct fixture *f, const char *yaml)
{
	memset(f, 0, sizeof(*f));
	f->a = kn_arena_new(0);
	f->pod = pod_make(yaml);
	f->seen = (struct kn_obs_pod){.containers = f->c};
	k8s__pod_status__init(&f->old);
	f->in = (struct kn_api_status_in){
		.pod = f->pod, .seen = &f->seen, .waiting = f->waiting, .now_ns = 1000 * S};
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->pod);
	kn_arena_free(f->a);
}

static struct kn_obs_container *see(struct fixture *f, const char *id, enum kn_obs_state state, int code)
{
	struct kn_obs_container *c = &f->c[f->seen.n_containers++];

	*c = (struct kn_obs_container){.id = (char *)id,
				       .name = (char *)"c",
				       .state = state,
				       .have_status = true,
				       .started_ns = 10 * S,
				       .finished_ns = state == KN_OBS_EXITED ? 20 * S : 0,
				       .exit_code = code};
	return c;
}

/* The status of container at index, which is also what was told last in the next call. */
static K8s__ContainerStatus *next(struct fixture *f, unsigned index)
{
	K8s__ContainerStatus **list = kn_container_statuses(f->a, &f->in, index, 1);

	f->old.containerstatuses = list;
	f->old.n_containerstatuses = 1;
	f->in.old = &f->old;
	return list[0];
}

static void test_running(void **state)
{
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f,
	      POD("volumes: [{name: v, emptyDir: {}}], " CTR(", volumeMounts: [{name: v, mountPath: /v, "
							     "readOnly: true}], resources: {requests: {cpu: "
							     "100m}}")));
	see(&f, "id1", KN_OBS_RUNNING, 0);
	f.c[0].image = (char *)"docker.io/i:latest";
	f.c[0].image_ref = (char *)"sha256:1";
	f.in.runtime = "cri-o";
	s = next(&f, 0);
	assert_string_equal(s->containerid, "cri-o://id1");
	assert_string_equal(s->image, "docker.io/i:latest");
	assert_string_equal(s->imageid, "sha256:1");
	assert_int_equal(s->state->running->startedat->seconds, 10);
	assert_true(s->ready && s->started);
	assert_int_equal(s->n_volumemounts, 1);
	assert_string_equal(s->volumemounts[0]->recursivereadonly, "Disabled");
	assert_string_equal(s->allocatedresources[0]->value->string, "100m");
	f.waiting[0].probes.unready = true;
	assert_false(next(&f, 0)->ready);
	f.waiting[0].probes.unstarted = true;
	assert_false(next(&f, 0)->started);
	end(&f);
}

static void test_messages_are_text_and_bounded(void **state)
{
	char big[20000];
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f, POD("restartPolicy: Never, " CTR("")));
	see(&f, "id1", KN_OBS_EXITED, 1)->message = (char *)"a\xff"
							    "b\xc3\xa4\xc0\x80\xe2\x82";
	s = next(&f, 0);
	assert_string_equal(s->state->terminated->message, "a?b\xc3\xa4????");
	assert_int_equal(s->state->terminated->exitcode, 1);
	assert_int_equal(s->state->terminated->finishedat->seconds, 20);
	assert_string_equal(s->state->terminated->containerid, "containerd://id1");
	memset(big, 'x', sizeof(big) - 1);
	big[sizeof(big) - 1] = 0;
	f.c[0].message = big;
	assert_int_equal(strlen(next(&f, 0)->state->terminated->message), 12 * 1024);
	end(&f);
	begin(&f, POD("containers: [{name: a, image: i}, {name: b, image: i}, {name: c, image: i}]"));
	see(&f, "id1", KN_OBS_EXITED, 1)->message = big;
	assert_int_equal(strlen(next(&f, 2)->state->terminated->message), 4 * 1024);
	end(&f);
}

static void test_waiting_and_what_was_before(void **state)
{
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f, POD(CTR("")));
	s = next(&f, 0);
	assert_string_equal(s->state->waiting->reason, "ContainerCreating");
	assert_null(s->containerid && *s->containerid ? s->containerid : NULL);
	f.waiting[0].reason = (char *)"ErrImagePull";
	f.waiting[0].message = (char *)"no";
	s = next(&f, 0);
	assert_string_equal(s->state->waiting->reason, "ErrImagePull");
	assert_string_equal(s->state->waiting->message, "no");
	see(&f, "id1", KN_OBS_EXITED, 7)->restarts = 2;
	f.waiting[0].reason = (char *)"CrashLoopBackOff";
	s = next(&f, 0);
	assert_string_equal(s->state->waiting->reason, "CrashLoopBackOff");
	assert_int_equal(s->laststate->terminated->exitcode, 7);
	assert_int_equal(s->restartcount, 2);
	f.c[0].restarts = 0; /* the runtime forgot; what was told only grows */
	assert_int_equal(next(&f, 0)->restartcount, 2);
	f.in.deleted = true; /* nothing starts again: it has ended */
	assert_int_equal(next(&f, 0)->state->terminated->exitcode, 7);
	end(&f);
}

static void test_the_run_before(void **state)
{
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f, POD(CTR("")));
	see(&f, "new", KN_OBS_RUNNING, 0);
	see(&f, "old", KN_OBS_EXITED, 3);
	s = next(&f, 0);
	assert_non_null(s->state->running);
	assert_string_equal(s->laststate->terminated->containerid, "containerd://old");
	f.seen.n_containers = 1; /* and was removed since */
	assert_string_equal(next(&f, 0)->laststate->terminated->containerid, "containerd://old");
	f.c[0].state = KN_OBS_EXITED;
	f.c[0].exit_code = 4;
	next(&f, 0);
	f.seen.n_containers = 0;
	see(&f, "newest", KN_OBS_RUNNING, 0);
	s = next(&f, 0);
	assert_int_equal(s->laststate->terminated->exitcode, 4); /* of what was told */
	end(&f);
}

static void test_lost(void **state)
{
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f, POD(CTR("")));
	see(&f, "id1", KN_OBS_RUNNING, 0);
	next(&f, 0);
	f.c[0].state = KN_OBS_UNKNOWN;
	s = next(&f, 0);
	assert_int_equal(s->state->terminated->exitcode, 137);
	assert_string_equal(s->state->terminated->reason, KN_STATUS_UNKNOWN);
	assert_int_equal(s->restartcount, 1);
	f.seen.n_containers = 0;
	assert_int_equal(next(&f, 0)->state->terminated->exitcode, 137); /* stays the last word */
	end(&f);
}

static void test_init_containers_that_were_cleaned_away(void **state)
{
	struct fixture f;
	K8s__ContainerStatus *s;

	begin(&f,
	      POD("initContainers: [{name: i1, image: i}, {name: s, image: i, restartPolicy: Always}], " CTR(
		      "")));
	assert_string_equal(next(&f, 0)->state->waiting->reason, "PodInitializing");
	f.in.old = NULL;
	see(&f, "id1", KN_OBS_RUNNING, 0);
	s = next(&f, 0);
	assert_string_equal(s->state->terminated->reason, "Completed");
	assert_true(s->ready);
	f.in.old = NULL;
	assert_non_null(next(&f, 1)->state->waiting); /* a sidecar is not done */
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_running),
		cmocka_unit_test(test_messages_are_text_and_bounded),
		cmocka_unit_test(test_waiting_and_what_was_before),
		cmocka_unit_test(test_the_run_before),
		cmocka_unit_test(test_lost),
		cmocka_unit_test(test_init_containers_that_were_cleaned_away),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
