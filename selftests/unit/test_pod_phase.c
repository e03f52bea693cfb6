/* SPDX-License-Identifier: Apache-2.0 */
/* Phases as text. Containers, in the pod's order: "." no status, "w" waiting, "r" running, "R" running and
 * started, "tN" terminated with N, "bN" waiting after it ended with N. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdlib.h>

#include "kubelet/status/pod_api_status.h"
#include "selftests/harness/pod_fixture.h"

#define SIDECAR "initContainers: [{name: s, image: i, restartPolicy: Always}], "
#define INIT "initContainers: [{name: n1, image: i}], "
#define TWO "containers: [{name: c, image: i}, {name: d, image: i}]"

static K8s__ContainerState *ended(struct kn_arena *a, int code)
{
	K8s__ContainerState *s = kn_arena_alloc(a, sizeof(*s));

	k8s__container_state__init(s);
	s->terminated = kn_arena_alloc(a, sizeof(*s->terminated));
	k8s__container_state_terminated__init(s->terminated);
	s->terminated->exitcode = code;
	return s;
}

static K8s__ContainerStatus *status_of(struct kn_arena *a, const char *name, const char *t)
{
	K8s__ContainerStatus *s = kn_arena_alloc(a, sizeof(*s));

	k8s__container_status__init(s);
	s->name = (char *)name;
	if (*t == 't') {
		s->state = ended(a, atoi(t + 1));
		return s;
	}
	if (*t == 'b')
		s->laststate = ended(a, atoi(t + 1));
	s->state = kn_arena_alloc(a, sizeof(*s->state));
	k8s__container_state__init(s->state);
	if (*t == 'r' || *t == 'R') {
		s->state->running = kn_arena_alloc(a, sizeof(*s->state->running));
		k8s__container_state_running__init(s->state->running);
		s->started = *t == 'R';
	} else {
		s->state->waiting = kn_arena_alloc(a, sizeof(*s->state->waiting));
		k8s__container_state_waiting__init(s->state->waiting);
	}
	return s;
}

static void add(struct kn_arena *a, K8s__ContainerStatus ***list, size_t *n, const char *name, const char **t)
{
	if (!*list)
		*list = kn_arena_alloc(a, 8 * sizeof(**list));
	if (**t != '.')
		(*list)[(*n)++] = status_of(a, name, *t);
	*t = strchr(*t, ' ') ? strchr(*t, ' ') + 1 : "";
}

/* Flags in front: "!" its end was decided, "@" that of a static pod, "+" a regular container is there. */
static const char *phase(const char *yaml, const char *text)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct kn_obs_sandbox sandbox = {.id = (char *)"S"};
	struct kn_obs_container c = {.id = (char *)"c0", .name = (char *)"c", .sandbox_id = (char *)"S"};
	struct kn_obs_pod seen = {
		.sandboxes = &sandbox, .n_sandboxes = 1, .containers = &c, .n_containers = 1};
	struct kn_pod *p = pod_make(yaml);
	struct kn_api_status_in in = {.pod = p};
	K8s__PodStatus s = K8S__POD_STATUS__INIT;
	const char *r;

	for (; strchr("!@+", *text); text++) {
		in.terminal |= *text != '+';
		in.is_static |= *text == '@';
		in.seen = *text == '+' ? &seen : in.seen;
	}
	for (size_t i = 0; i < p->obj->spec->n_initcontainers; i++)
		add(a, &s.initcontainerstatuses, &s.n_initcontainerstatuses,
		    p->obj->spec->initcontainers[i]->name, &text);
	for (size_t i = 0; i < p->obj->spec->n_containers; i++)
		add(a, &s.containerstatuses, &s.n_containerstatuses, p->obj->spec->containers[i]->name,
		    &text);
	r = kn_api_phase(&in, &s);
	kn_pod_unref(p);
	return r;
}

static void check(const char *yaml, const char *const (*t)[2], size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (strcmp(phase(yaml, t[i][0]), t[i][1]) != 0)
			fail_msg("%s, %s: %s, not %s", yaml, t[i][0], phase(yaml, t[i][0]), t[i][1]);
}

#define CHECK(yaml, ...)                                                                                     \
	do {                                                                                                 \
		static const char *const t_[][2] = {__VA_ARGS__};                                            \
		check(POD(yaml), t_, KN_ARRAY_SIZE(t_));                                                     \
	} while (0)

static void test_regular_containers(void **state)
{
	CHECK(TWO, {"R R", "Running"}, {"R w", "Pending"}, {"R .", "Pending"}, {". .", "Pending"},
	      {"R t1", "Running"}, {"t0 t0", "Running"}, {"t0 b3", "Running"}, {"w w", "Pending"});
	CHECK("restartPolicy: Never, " TWO, {"t0 t0", "Succeeded"}, {"t0 t1", "Failed"}, {"R t1", "Running"},
	      {"t0 .", "Pending"}, {"t0 b0", "Failed"});
	CHECK("restartPolicy: OnFailure, " TWO, {"t0 t0", "Succeeded"}, {"t0 t1", "Running"},
	      {"t0 b1", "Running"}, {"!t0 t1", "Failed"}, {"!t0 t0", "Succeeded"}, {"@t0 t1", "Running"});
}

static void test_init_containers(void **state)
{
	CHECK(INIT CTR(""), {"w w", "Pending"}, {"R w", "Pending"}, {"t0 R", "Running"}, {"t0 w", "Pending"},
	      {"t1 w", "Pending"}, {". R", "Pending"});
	CHECK("restartPolicy: Never, " INIT CTR(""), {"t1 w", "Failed"}, {"b1 w", "Failed"},
	      {"t0 t0", "Succeeded"});
	CHECK("restartPolicy: OnFailure, " INIT CTR(""), {"t1 w", "Pending"});
}

static void test_sidecars(void **state)
{
	CHECK(SIDECAR CTR(""), {"r w", "Pending"}, {"R R", "Running"}, {"r R", "Pending"},
	      {"+r R", "Running"}, {"w R", "Pending"}, {"b1 R", "Running"});
	CHECK("restartPolicy: Never, " SIDECAR CTR(""), {"+R t0", "Running"}, {"!t137 t0", "Succeeded"},
	      {"!t137 t1", "Failed"});
}

static void test_restart_rules(void **state)
{
	struct kn_pod *p = pod_make(POD(
		"restartPolicy: Never, containers: [{name: a, image: i}, {name: b, image: i, restartPolicy: "
		"Never, restartPolicyRules: [{action: Restart, exitCodes: {operator: In, values: [3, 4]}}]}, "
		"{name: c, image: i, restartPolicy: OnFailure}, {name: d, image: i, restartPolicy: Never, "
		"restartPolicyRules: [{action: RestartAllContainers, exitCodes: {operator: NotIn, values: "
		"[0]}}]}]"));
	K8s__Container **c = p->obj->spec->containers;

	assert_false(kn_container_should_restart(p, c[0], 1));
	assert_true(kn_container_should_restart(p, c[1], 3));
	assert_true(kn_container_should_restart(p, c[1], 4));
	assert_false(kn_container_should_restart(p, c[1], 5));
	assert_true(kn_container_should_restart(p, c[2], 1)); /* its own policy wins */
	assert_false(kn_container_should_restart(p, c[2], 0));
	assert_true(kn_container_should_restart(p, c[3], 1));
	assert_false(kn_container_should_restart(p, c[3], 0));
	kn_pod_unref(p);
	assert_true(kn_phase_is_terminal("Failed") && kn_phase_is_terminal("Succeeded"));
	assert_false(kn_phase_is_terminal("Running") || kn_phase_is_terminal(NULL));
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_regular_containers),
		cmocka_unit_test(test_init_containers),
		cmocka_unit_test(test_sidecars),
		cmocka_unit_test(test_restart_rules),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
