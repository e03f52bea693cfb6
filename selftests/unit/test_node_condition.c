/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubelet/node/node_priv.h"
#include "lib/base/clock.h"
#include "lib/base/mem.h"

#define S KN_NSEC_PER_SEC
#define MONO (1000 * S)

struct fixture {
	struct kn_arena *a;
	struct kn_runtime_view runtime;
	Cri__StatusResponse answer;
	struct kn_node_config config;
	struct kn_node_seen seen;
	K8s__NodeStatus status;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	f->a = kn_arena_new(0);
	cri__status_response__init(&f->answer);
	k8s__node_status__init(&f->status);
	f->runtime = (struct kn_runtime_view){.reachable = true,
					      .ready = true,
					      .network_ready = true,
					      .has_ready = true,
					      .has_network = true,
					      .ready_reason = "A",
					      .ready_message = "b",
					      .network_reason = "C",
					      .network_message = "d",
					      .last_ok_ns = MONO,
					      .status = &f->answer};
	f->seen = (struct kn_node_seen){.runtime = &f->runtime, .mono_ns = MONO, .real_ns = 100 * S};
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_arena_free(f->a);
	free(f);
	return 0;
}

static const K8s__NodeCondition *condition(struct fixture *f, const char *type)
{
	kn_node_set_conditions(f->a, &f->config, &f->seen, &f->status);
	for (size_t i = 0; i < f->status.n_conditions; i++)
		if (!strcmp(f->status.conditions[i]->type, type))
			return f->status.conditions[i];
	fail_msg("no %s", type);
	return NULL;
}

static void not_ready(struct fixture *f, const char *message)
{
	const K8s__NodeCondition *c = condition(f, "Ready");

	assert_string_equal(c->status, "False");
	assert_string_equal(c->reason, "KubeletNotReady");
	assert_string_equal(c->message, message);
	assert_false(kn_node_is_ready(&f->status));
}

static void test_ready(void **state)
{
	struct fixture *f = *state;
	const K8s__NodeCondition *c;

	assert_false(kn_node_is_ready(NULL));
	assert_false(kn_node_is_ready(&f->status));
	c = condition(f, "Ready");
	assert_string_equal(c->reason, "KubeletReady");
	assert_string_equal(c->message, "kubelet is posting ready status");
	assert_true(kn_node_is_ready(&f->status));
	assert_int_equal(f->status.n_conditions, 4);
	assert_string_equal(f->status.conditions[3]->type, "Ready");
}

static void test_why_not(void **state)
{
	static const char *const problems[] = {"the sky falls", "the sky falls", NULL};
	struct fixture *f = *state;

	f->runtime.ready = false;
	not_ready(f, "container runtime not ready: RuntimeReady=false reason:A message:b");
	f->runtime.has_ready = false;
	not_ready(f, "container runtime not ready: <nil>");
	f->runtime.network_ready = false;
	not_ready(f, "[container runtime not ready: <nil>, container runtime network not ready: "
		     "NetworkReady=false reason:C message:d]");
	f->runtime.ready = f->runtime.network_ready = true;
	f->seen.problems = problems;
	not_ready(f, "the sky falls"); /* said once */
	f->seen.problems = NULL;
	f->runtime.status = NULL;
	f->runtime.last_ok_ns = 0;
	not_ready(f, "[container runtime status check may not have completed yet, network state unknown]");
}

static void test_a_short_outage_is_forgiven(void **state)
{
	struct fixture *f = *state;

	f->runtime.reachable = f->runtime.ready = f->runtime.network_ready = false;
	f->runtime.last_ok_ns = MONO - 30 * S + 1;
	condition(f, "Ready");
	assert_true(kn_node_is_ready(&f->status));
	f->runtime.last_ok_ns = MONO - 30 * S;
	not_ready(f, "container runtime is down");
}

static void test_pressure(void **state)
{
	struct fixture *f = *state;

	assert_string_equal(condition(f, "MemoryPressure")->reason, "KubeletHasSufficientMemory");
	f->seen.disk_pressure = true;
	assert_string_equal(condition(f, "DiskPressure")->reason, "KubeletHasDiskPressure");
	assert_string_equal(condition(f, "DiskPressure")->status, "True");
	assert_string_equal(condition(f, "MemoryPressure")->status, "False");
	assert_string_equal(condition(f, "PIDPressure")->status, "False");
	assert_true(kn_node_is_ready(&f->status));
}

static void test_times(void **state)
{
	struct fixture *f = *state;

	condition(f, "Ready");
	f->seen.real_ns = 200 * S;
	assert_int_equal(condition(f, "Ready")->lasttransitiontime->seconds, 100);
	assert_int_equal(condition(f, "Ready")->lastheartbeattime->seconds, 200);
	f->runtime.ready = false;
	f->seen.real_ns = 300 * S;
	assert_int_equal(condition(f, "Ready")->lasttransitiontime->seconds, 300);
	assert_int_equal(condition(f, "DiskPressure")->lasttransitiontime->seconds, 100);
}

/* A copy to compare with, whose list of conditions is its own. */
static K8s__NodeStatus copy(struct fixture *f)
{
	K8s__NodeStatus s = f->status;

	s.conditions = kn_arena_alloc(f->a, s.n_conditions * sizeof(*s.conditions));
	for (size_t i = 0; i < s.n_conditions; i++) {
		s.conditions[i] = kn_arena_alloc(f->a, sizeof(**s.conditions));
		*s.conditions[i] = *f->status.conditions[i];
	}
	return s;
}

static void test_what_counts_as_a_change(void **state)
{
	struct fixture *f = *state;
	K8s__NodeCondition *first;
	K8s__NodeStatus old;

	condition(f, "Ready");
	old = copy(f);
	f->seen.real_ns = 200 * S;
	condition(f, "Ready");
	assert_false(kn_node_status_changed(&old, &f->status)); /* a heartbeat */
	first = f->status.conditions[0];
	f->status.conditions[0] = f->status.conditions[3];
	f->status.conditions[3] = first;
	assert_false(kn_node_status_changed(&old, &f->status)); /* their order */
	f->runtime.network_ready = false;
	condition(f, "Ready");
	assert_true(kn_node_status_changed(&old, &f->status));
	old = copy(f);
	f->status.phase = (char *)"x";
	assert_true(kn_node_status_changed(&old, &f->status));
	old = copy(f);
	old.n_conditions--;
	assert_true(kn_node_status_changed(&old, &f->status));
	assert_true(kn_node_status_changed(NULL, &f->status));
	assert_false(kn_node_status_changed(NULL, NULL));
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_ready),	  T(test_why_not), T(test_a_short_outage_is_forgiven),
		T(test_pressure), T(test_times),   T(test_what_counts_as_a_change),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
