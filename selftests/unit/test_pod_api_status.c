// SPDX-License-Identifier: Apache-2.0
/* Statuses of pods, step by step through their lives. */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/status/pod_api_status.h"
#include "kubelet/status/status_patch.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define S KN_NSEC_PER_SEC
#define NOW (1700000000 * S)

struct fixture {
	struct kn_arena *a;
	K8s__Container c[3], *init[2], *regular[2];
	K8s__ObjectMeta meta;
	K8s__PodSpec spec;
	K8s__Pod obj;
	struct kn_pod pod;
	struct kn_obs_pod seen;
	struct kn_obs_sandbox sandbox;
	struct kn_obs_container run[4];
	struct kn_waiting waiting[4];
	struct kn_api_status_in in;
};

static const char *const host_ips[] = {"10.0.0.1", NULL};
static char *pod_ips[] = {(char *)"10.1.0.5", NULL};

/* "i" an init container, "s" a sidecar, "c" a container; at most one of each. */
static void want(struct fixture *f, const char *kinds, const char *policy)
{
	memset(f, 0, sizeof(*f));
	f->a = kn_arena_new(0);
	k8s__object_meta__init(&f->meta);
	k8s__pod_spec__init(&f->spec);
	k8s__pod__init(&f->obj);
	f->meta.has_generation = true;
	f->meta.generation = 4;
	f->spec.initcontainers = f->init;
	f->spec.containers = f->regular;
	f->spec.restartpolicy = (char *)policy;
	f->obj.metadata = &f->meta;
	f->obj.spec = &f->spec;
	for (size_t i = 0; kinds[i]; i++) {
		K8s__Container *c = &f->c[i];

		k8s__container__init(c);
		c->name = (char *)(kinds[i] == 'i' ? "i" : kinds[i] == 's' ? "s" : "c");
		c->image = (char *)"img";
		if (kinds[i] == 's')
			c->restartpolicy = (char *)"Always";
		if (kinds[i] == 'c')
			f->regular[f->spec.n_containers++] = c;
		else
			f->init[f->spec.n_initcontainers++] = c;
	}
	f->pod = (struct kn_pod){.refs = 1, .obj = &f->obj, .uid = "u", .name = "p", .ns = "default"};
	f->sandbox = (struct kn_obs_sandbox){
		.id = (char *)"S", .ready = true, .have_status = true, .ips = pod_ips};
	f->seen = (struct kn_obs_pod){.sandboxes = &f->sandbox, .n_sandboxes = 1, .containers = f->run};
	f->in = (struct kn_api_status_in){
		.pod = &f->pod, .seen = &f->seen, .waiting = f->waiting, .host_ips = host_ips, .now_ns = NOW};
}

static struct kn_obs_container *see(struct fixture *f, const char *name, enum kn_obs_state state, int code)
{
	struct kn_obs_container *c = &f->run[f->seen.n_containers++];

	*c = (struct kn_obs_container){.id = (char *)(f->seen.n_containers > 1 ? "ID2" : "ID1"),
				       .name = (char *)name,
				       .sandbox_id = (char *)"S",
				       .state = state,
				       .have_status = true,
				       .started_ns = NOW - 60 * S,
				       .exit_code = code};
	if (state == KN_OBS_EXITED) {
		c->finished_ns = NOW - 5 * S;
		c->reason = (char *)(code ? "Error" : "Completed");
	}
	return c;
}

static const char *condition(const K8s__PodStatus *s, const char *type)
{
	static char text[300];
	const K8s__PodCondition *c = kn_condition_find(s, type);

	if (!c)
		return "none";
	snprintf(text, sizeof(text), "%s %s %s", c->status, c->reason ? c->reason : "-",
		 c->message ? c->message : "-");
	return text;
}

/* The next status, made on top of the last one. */
static K8s__PodStatus *step(struct fixture *f, int64_t at_ns)
{
	K8s__PodStatus *s;

	f->in.now_ns = at_ns;
	s = kn_api_status_make(f->a, &f->in);
	f->in.old = s;
	return s;
}

static void starting_and_running(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "c", "Always");
	f.seen.n_sandboxes = 0;
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Pending");
	assert_string_equal(s->containerstatuses[0]->state->waiting->reason, "ContainerCreating");
	assert_string_equal(condition(s, "PodReadyToStartContainers"),
			    "False PodSandboxNotReady no pod sandbox exists");
	assert_string_equal(condition(s, "Ready"),
			    "False ContainersNotReady containers with unready status: [c]");
	assert_string_equal(condition(s, "Initialized"), "True - -");
	assert_int_equal(s->starttime->seconds, NOW / S);
	assert_int_equal(s->observedgeneration, 4);
	assert_int_equal(s->n_podips, 0);
	assert_string_equal(s->hostip, "10.0.0.1");

	f.seen.n_sandboxes = 1;
	see(&f, "c", KN_OBS_RUNNING, 0);
	s = step(&f, NOW + 9 * S);
	assert_string_equal(s->phase, "Running");
	assert_string_equal(s->podip, "10.1.0.5");
	assert_string_equal(condition(s, "Ready"), "True - -");
	assert_true(s->containerstatuses[0]->ready);
	assert_string_equal(s->containerstatuses[0]->containerid, "containerd://ID1");
	assert_int_equal(s->starttime->seconds, NOW / S);
	assert_int_equal(kn_condition_find(s, "Ready")->lasttransitiontime->seconds, NOW / S + 9);
	assert_int_equal(kn_condition_find(s, "Initialized")->lasttransitiontime->seconds, NOW / S);

	f.waiting[0].probes.unready = true;
	s = step(&f, NOW + 20 * S);
	assert_string_equal(s->phase, "Running");
	assert_string_equal(condition(s, "ContainersReady"),
			    "False ContainersNotReady containers with unready status: [c]");
	kn_arena_free(f.a);
}

static void crash_loop(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "c", "Always");
	see(&f, "c", KN_OBS_EXITED, 3);
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Running");
	assert_int_equal(s->containerstatuses[0]->state->terminated->exitcode, 3);
	f.waiting[0].reason = (char *)"CrashLoopBackOff";
	f.waiting[0].message = (char *)"back-off 10s";
	s = step(&f, NOW + S);
	assert_string_equal(s->containerstatuses[0]->state->waiting->reason, "CrashLoopBackOff");
	assert_int_equal(s->containerstatuses[0]->laststate->terminated->exitcode, 3);
	assert_string_equal(s->phase, "Running");
	kn_arena_free(f.a);
}

static void ends_for_good(void **state)
{
	static const struct {
		int code;
		const char *phase, *ready;
	} cases[] = {{0, "Succeeded", "False PodCompleted -"}, {2, "Failed", "False PodFailed -"}};

	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		struct fixture f;
		K8s__PodStatus *s;

		want(&f, "c", "Never");
		see(&f, "c", KN_OBS_RUNNING, 0);
		step(&f, NOW);
		f.seen.n_containers = 0;
		see(&f, "c", KN_OBS_EXITED, cases[i].code);
		s = step(&f, NOW); /* the sandbox is still there */
		assert_string_equal(s->phase, "Running");
		f.sandbox.ready = false;
		s = step(&f, NOW);
		assert_string_equal(s->phase, cases[i].phase);
		assert_string_equal(condition(s, "Ready"), cases[i].ready);
		assert_string_equal(s->podip, "10.1.0.5"); /* still told */
		f.seen.n_containers = f.seen.n_sandboxes = 0;
		s = step(&f, NOW);
		assert_string_equal(s->phase, cases[i].phase);
		assert_int_equal(s->containerstatuses[0]->state->terminated->exitcode, cases[i].code);
		kn_arena_free(f.a);
	}
}

static void init_containers(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "ic", "Never");
	see(&f, "i", KN_OBS_RUNNING, 0);
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Pending");
	assert_string_equal(condition(s, "Initialized"),
			    "False ContainersNotInitialized containers with incomplete status: [i]");
	assert_string_equal(s->containerstatuses[0]->state->waiting->reason, "PodInitializing");
	f.seen.n_containers = 0;
	see(&f, "i", KN_OBS_EXITED, 0);
	s = step(&f, NOW);
	assert_string_equal(condition(s, "Initialized"), "True - -");
	assert_string_equal(s->phase, "Pending");
	assert_true(s->initcontainerstatuses[0]->ready);

	f.seen.n_containers = 0;
	see(&f, "i", KN_OBS_EXITED, 1);
	f.in.old = NULL;
	f.sandbox.ready = false;
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Failed");
	kn_arena_free(f.a);
}

static void sidecar(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "sc", "Always");
	see(&f, "s", KN_OBS_RUNNING, 0);
	f.waiting[0].probes.unstarted = true;
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Pending");
	assert_false(s->initcontainerstatuses[0]->started);
	f.waiting[0].probes.unstarted = false;
	see(&f, "c", KN_OBS_RUNNING, 0);
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Running");
	assert_string_equal(condition(s, "Ready"), "True - -");
	kn_arena_free(f.a);
}

static void lost_while_nobody_looked(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "c", "Always");
	see(&f, "c", KN_OBS_RUNNING, 0);
	step(&f, NOW);
	f.seen.n_containers = f.seen.n_sandboxes = 0;
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Running");
	assert_string_equal(s->containerstatuses[0]->laststate->terminated->reason, KN_STATUS_UNKNOWN);
	assert_int_equal(s->containerstatuses[0]->laststate->terminated->exitcode, 137);
	assert_int_equal(s->containerstatuses[0]->restartcount, 1);
	s = step(&f, NOW); /* counted once */
	assert_int_equal(s->containerstatuses[0]->restartcount, 1);
	kn_arena_free(f.a);
}

static void last_word(void **state)
{
	struct fixture f;
	K8s__PodStatus *s;

	want(&f, "c", "Always");
	f.seen.n_sandboxes = 0;
	step(&f, NOW);
	s = kn_api_status_last(f.a, &f.pod, f.in.old, false, NOW);
	assert_string_equal(s->phase, "Failed");
	assert_int_equal(s->containerstatuses[0]->state->terminated->exitcode, 137);
	assert_string_equal(condition(s, "Ready"), "False PodFailed -");
	kn_arena_free(f.a);
}

static void gates_and_foreign_conditions(void **state)
{
	K8s__PodReadinessGate gate = K8S__POD_READINESS_GATE__INIT, *gates[] = {&gate};
	K8s__PodCondition c = K8S__POD_CONDITION__INIT, *list[] = {&c};
	K8s__PodStatus api = K8S__POD_STATUS__INIT, *s;
	struct fixture f;

	want(&f, "c", "Always");
	gate.conditiontype = (char *)"example.com/ok";
	f.spec.readinessgates = gates;
	f.spec.n_readinessgates = 1;
	see(&f, "c", KN_OBS_RUNNING, 0);
	s = step(&f, NOW);
	assert_string_equal(condition(s, "ContainersReady"), "True - -");
	assert_string_equal(condition(s, "Ready"),
			    "False ReadinessGatesNotReady corresponding condition of pod readiness gate "
			    "\"example.com/ok\" does not exist.");
	c.type = (char *)"example.com/ok";
	c.status = (char *)"True";
	api.conditions = list;
	api.n_conditions = 1;
	f.in.api = &api;
	s = step(&f, NOW);
	assert_string_equal(condition(s, "Ready"), "True - -");
	kn_arena_free(f.a);
}

static void terminal_stays(void **state)
{
	K8s__PodStatus api = K8S__POD_STATUS__INIT, *s;
	struct fixture f;

	want(&f, "c", "Always");
	api.phase = (char *)"Failed";
	api.reason = (char *)"Evicted";
	f.in.api = f.in.old = &api;
	f.seen.n_sandboxes = 0;
	s = step(&f, NOW);
	assert_string_equal(s->phase, "Failed");
	assert_string_equal(s->reason, "Evicted");
	kn_arena_free(f.a);
}

static void patches(void **state)
{
	struct kn_buf b kn_auto_buf = {0};
	struct fixture f;
	K8s__PodStatus *one, *two;

	want(&f, "c", "Always");
	see(&f, "c", KN_OBS_RUNNING, 0);
	one = step(&f, NOW);
	two = step(&f, NOW + 50 * S);
	assert_false(kn_status_patch(&b, "u", one, two)); /* nothing new */
	assert_int_equal(b.len, 0);
	assert_true(kn_status_patch(&b, "u", NULL, two));
	assert_non_null(strstr(b.data, "{\"metadata\":{\"uid\":\"u\"}"));
	assert_non_null(strstr(b.data, "\"podIPs\":[{\"ip\":\"10.1.0.5\"},{\"$patch\":\"replace\"}]"));
	kn_buf_free(&b);
	f.waiting[0].probes.unready = true;
	assert_true(kn_status_patch(&b, "u", two, step(&f, NOW + 60 * S)));
	assert_non_null(strstr(b.data, "\"type\":\"Ready\""));
	assert_null(strstr(b.data, "podIPs"));
	assert_null(strstr(b.data, "Initialized"));
	kn_arena_free(f.a);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(starting_and_running),
		cmocka_unit_test(crash_loop),
		cmocka_unit_test(ends_for_good),
		cmocka_unit_test(init_containers),
		cmocka_unit_test(sidecar),
		cmocka_unit_test(lost_while_nobody_looked),
		cmocka_unit_test(last_word),
		cmocka_unit_test(gates_and_foreign_conditions),
		cmocka_unit_test(terminal_stays),
		cmocka_unit_test(patches),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
