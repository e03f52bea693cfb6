/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/status/pod_api_status.h"
#include "lib/base/clock.h"
#include "lib/k8s/message.h"
#include "selftests/harness/pod_fixture.h"

#define S KN_NSEC_PER_SEC
#define NOW (1700000000 * S)

struct fixture {
	struct kn_arena *a;
	struct kn_pod *pod;
	struct kn_obs_sandbox sandbox[2];
	struct kn_obs_pod seen;
	K8s__ContainerStatus c[4], *init[2], *regular[2];
	K8s__PodStatus status, old;
	struct kn_api_status_in in;
};

static char *ips[] = {(char *)"10.0.0.2", NULL};

static void begin(struct fixture *f, const char *yaml)
{
	memset(f, 0, sizeof(*f));
	f->a = kn_arena_new(0);
	f->pod = pod_make(yaml);
	for (size_t i = 0; i < 2; i++)
		f->sandbox[i] = (struct kn_obs_sandbox){
			.id = (char *)"S", .ready = true, .have_status = true, .ips = ips};
	f->seen = (struct kn_obs_pod){.sandboxes = f->sandbox, .n_sandboxes = 1};
	f->in = (struct kn_api_status_in){.pod = f->pod, .seen = &f->seen, .now_ns = NOW};
	k8s__pod_status__init(&f->status);
	f->status.initcontainerstatuses = f->init;
	f->status.containerstatuses = f->regular;
}

static void end(struct fixture *f)
{
	kn_pod_unref(f->pod);
	kn_arena_free(f->a);
}

static void tell(struct fixture *f, const char *name, bool init, bool ready)
{
	K8s__ContainerStatus *c = &f->c[f->status.n_containerstatuses + f->status.n_initcontainerstatuses];

	k8s__container_status__init(c);
	c->name = (char *)name;
	c->ready = c->started = ready;
	if (init)
		f->init[f->status.n_initcontainerstatuses++] = c;
	else
		f->regular[f->status.n_containerstatuses++] = c;
}

static const char *says(struct fixture *f, const char *type)
{
	const K8s__PodCondition *c;
	static char text[400];

	f->status.conditions = NULL;
	f->status.n_conditions = 0;
	kn_pod_conditions(f->a, &f->in, &f->status);
	c = kn_condition_find(&f->status, type);
	assert_non_null(c);
	snprintf(text, sizeof(text), "%s %s %s", c->status, c->reason ? c->reason : "-",
		 c->message ? c->message : "-");
	return text;
}

static void test_readiness_names_each(void **state)
{
	struct fixture f;

	begin(&f, POD("initContainers: [{name: s, image: i, restartPolicy: Always}], containers: [{name: c, "
		      "image: i}, {name: d, image: i}]"));
	tell(&f, "c", false, false);
	assert_string_equal(says(&f, "Ready"),
			    "False ContainersNotReady containers with unknown status: [s d], "
			    "containers with unready status: [c]");
	tell(&f, "d", false, false);
	tell(&f, "s", true, true);
	assert_string_equal(says(&f, "Ready"),
			    "False ContainersNotReady containers with unready status: [c d]");
	f.c[0].ready = f.c[1].ready = true;
	assert_string_equal(says(&f, "Ready"), "True - -");
	f.c[2].ready = false; /* a sidecar counts */
	assert_string_equal(says(&f, "ContainersReady"),
			    "False ContainersNotReady containers with unready status: [s]");
	end(&f);
}

static void test_ended_pods_are_not_ready(void **state)
{
	struct fixture f;

	begin(&f, POD(CTR("")));
	tell(&f, "c", false, true);
	f.status.phase = (char *)"Succeeded";
	assert_string_equal(says(&f, "Ready"), "False PodCompleted -");
	assert_string_equal(says(&f, "Initialized"), "True PodCompleted -");
	f.status.phase = (char *)"Failed";
	assert_string_equal(says(&f, "ContainersReady"), "False PodFailed -");
	f.status.n_conditions = 0;
	f.status.conditions = NULL;
	kn_conditions_terminal(f.a, &f.status, NULL, 3, NOW);
	assert_int_equal(f.status.n_conditions, 2);
	assert_string_equal(kn_condition_find(&f.status, "Ready")->reason, "PodFailed");
	assert_int_equal(kn_condition_find(&f.status, "Ready")->observedgeneration, 3);
	end(&f);
}

static void test_gates(void **state)
{
	K8s__PodCondition one = K8S__POD_CONDITION__INIT, *list[] = {&one};
	K8s__PodStatus api = K8S__POD_STATUS__INIT;
	struct fixture f;

	begin(&f, POD(CTR("") ", readinessGates: [{conditionType: a/x}, {conditionType: a/y}]"));
	tell(&f, "c", false, true);
	one.type = (char *)"a/x";
	one.status = (char *)"False";
	api.conditions = list;
	api.n_conditions = 1;
	f.in.api = &api;
	assert_string_equal(says(&f, "Ready"),
			    "False ReadinessGatesNotReady the status of pod readiness gate \"a/x\" is not "
			    "\"True\", but False, "
			    "corresponding condition of pod readiness gate \"a/y\" does not exist.");
	assert_string_equal(says(&f, "ContainersReady"), "True - -");
	f.c[0].ready = false; /* what is nearer is told first */
	assert_string_equal(says(&f, "Ready"),
			    "False ContainersNotReady containers with unready status: [c]");
	end(&f);
}

static void test_initialized_once_is_always(void **state)
{
	K8s__PodCondition was = K8S__POD_CONDITION__INIT, *list[] = {&was};
	K8s__ContainerStateRunning running = K8S__CONTAINER_STATE_RUNNING__INIT;
	K8s__ContainerState st = K8S__CONTAINER_STATE__INIT;
	struct fixture f;

	begin(&f, POD("initContainers: [{name: n1, image: i}], " CTR("")));
	assert_string_equal(says(&f, "Initialized"),
			    "False ContainersNotInitialized containers with unknown status: [n1]");
	tell(&f, "n1", true, false);
	assert_string_equal(says(&f, "Initialized"),
			    "False ContainersNotInitialized containers with incomplete status: [n1]");
	k8s__pod_status__init(&f.old);
	was.type = (char *)"Initialized";
	was.status = (char *)"True";
	f.old.conditions = list;
	f.old.n_conditions = 1;
	f.in.old = &f.old;
	assert_string_equal(says(&f, "Initialized"), "True - -");
	f.in.old = NULL;
	tell(&f, "c", false, false);
	st.running = &running;
	f.c[1].state = &st;
	assert_string_equal(says(&f, "Initialized"), "True - -");
	end(&f);
}

static void test_sandboxes(void **state)
{
	struct fixture f;

	begin(&f, POD(CTR("")));
	assert_string_equal(says(&f, "PodReadyToStartContainers"), "True - -");
	f.sandbox[0].ips = NULL;
	assert_string_equal(says(&f, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady pod sandbox has no IP address");
	f.sandbox[0].host_network = true;
	assert_string_equal(says(&f, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady network namespace mode changed and sandbox needs to be "
			    "recreated");
	f.seen.n_sandboxes = 2;
	assert_string_equal(says(&f, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady multiple pod sandboxes are ready and need to be "
			    "reconciled");
	f.sandbox[0].ready = f.sandbox[1].ready = false;
	assert_string_equal(says(&f, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady pod sandbox is not ready");
	f.in.seen = NULL;
	assert_string_equal(says(&f, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady no pod sandbox exists");
	end(&f);
}

static void test_times_of_change(void **state)
{
	K8s__Time then = K8S__TIME__INIT;
	K8s__PodCondition was = K8S__POD_CONDITION__INIT, *list[] = {&was};
	struct fixture f;

	begin(&f, POD(CTR("")));
	tell(&f, "c", false, false);
	k8s__pod_status__init(&f.old);
	then.has_seconds = true;
	then.seconds = 5;
	was.type = (char *)"Ready";
	was.status = (char *)"False";
	was.reason = (char *)"Another";
	was.lasttransitiontime = &then;
	f.old.conditions = list;
	f.old.n_conditions = 1;
	f.in.old = &f.old;
	says(&f, "Ready");
	assert_int_equal(kn_condition_find(&f.status, "Ready")->lasttransitiontime->seconds, 5);
	was.status = (char *)"True";
	says(&f, "Ready");
	assert_int_equal(kn_condition_find(&f.status, "Ready")->lasttransitiontime->seconds, NOW / S);
	assert_true(kn_condition_is_ours("Ready"));
	assert_false(kn_condition_is_ours("a/x"));
	assert_false(kn_condition_is_ours("DisruptionTarget"));
	assert_null(kn_condition_find(NULL, "Ready"));
	end(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_readiness_names_each),
		cmocka_unit_test(test_ended_pods_are_not_ready),
		cmocka_unit_test(test_gates),
		cmocka_unit_test(test_initialized_once_is_always),
		cmocka_unit_test(test_sandboxes),
		cmocka_unit_test(test_times_of_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
