/* SPDX-License-Identifier: Apache-2.0 */
/* Stopping, as text: "K:id(grace)" kill, "S:id" stop, "R:id" remove a container, "X:id" a sandbox. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/pod/plan_private.h"
#include "selftests/harness/pod_fixture.h"

#define NOW (1000 * KN_NSEC_PER_SEC)
#define SIDECAR(n) "{name: " n ", image: i, restartPolicy: Always}"
#define PAIR "initContainers: [{name: init, image: i}, " SIDECAR("s1") ", " SIDECAR("s2") "], " CTR("")

struct fixture {
	struct kn_pod *pod;
	struct kn_obs_container c[8];
	struct kn_obs_sandbox s[3];
	struct kn_obs_pod seen;
	struct kn_plan_in in;
	char text[300];
};

static void begin(struct fixture *f, const char *yaml)
{
	memset(f, 0, sizeof(*f));
	f->pod = yaml ? pod_make(yaml) : NULL;
	f->seen.containers = f->c;
	f->seen.sandboxes = f->s;
	f->in = (struct kn_plan_in){.pod = f->pod, .seen = &f->seen, .now_ns = NOW, .grace_s = -1};
}

static void see(struct fixture *f, const char *id, const char *name, enum kn_obs_state state)
{
	f->c[f->seen.n_containers++] = (struct kn_obs_container){.id = (char *)id,
								 .name = (char *)name,
								 .sandbox_id = (char *)"S0",
								 .state = state,
								 .grace_s = -1};
}

static void see_sandbox(struct fixture *f, const char *id, bool ready)
{
	f->s[f->seen.n_sandboxes++] = (struct kn_obs_sandbox){.id = (char *)id, .ready = ready};
}

static const char *print(struct fixture *f, struct kn_plan *p)
{
	size_t n = 0;

	f->text[0] = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct kn_act *a = &p->acts[i];
		char kind = a->kind == KN_ACT_KILL		 ? 'K'
			    : a->kind == KN_ACT_STOP_SANDBOX	 ? 'S'
			    : a->kind == KN_ACT_REMOVE_CONTAINER ? 'R'
								 : 'X';

		n += snprintf(f->text + n, sizeof(f->text) - n, "%s%c:%s", n ? " " : "", kind, a->id);
		if (kind == 'K')
			n += snprintf(f->text + n, sizeof(f->text) - n, "(%d)", (int)a->grace_s);
	}
	kn_pod_plan_free(p);
	return f->text;
}

static const char *stop(struct fixture *f)
{
	struct kn_plan p = {0};
	bool any = kn_plan_stop(&p, &f->in, NULL);

	assert_int_equal(any, p.n > 0);
	return print(f, &p);
}

static void test_sidecars_go_last_and_one_by_one(void **state)
{
	struct fixture f;

	begin(&f, POD(PAIR ", terminationGracePeriodSeconds: 9"));
	see_sandbox(&f, "S0", true);
	see(&f, "c0", "c", KN_OBS_RUNNING);
	see(&f, "s2.0", "s2", KN_OBS_RUNNING);
	see(&f, "s1.0", "s1", KN_OBS_UNKNOWN);
	see(&f, "i0", "init", KN_OBS_EXITED);
	assert_string_equal(stop(&f), "K:c0(9)");
	f.c[0].state = KN_OBS_EXITED;
	assert_string_equal(stop(&f), "K:s2.0(9)");
	f.c[1].state = KN_OBS_EXITED;
	assert_string_equal(stop(&f), "K:s1.0(9)");
	f.c[2].state = KN_OBS_EXITED;
	assert_string_equal(stop(&f), "S:S0");
	f.s[0].ready = false;
	assert_string_equal(stop(&f), "");
	kn_pod_unref(f.pod);
}

static void test_grace(void **state)
{
	struct fixture f;

	begin(&f, POD(PAIR ", terminationGracePeriodSeconds: 20"));
	see(&f, "s1.0", "s1", KN_OBS_RUNNING);
	f.in.terminating = true;
	f.in.grace_s = 10;
	f.in.terminating_since_ns = NOW - 4 * KN_NSEC_PER_SEC;
	assert_string_equal(stop(&f), "K:s1.0(6)"); /* what is left of the pod's */
	f.in.terminating_since_ns = NOW - 40 * KN_NSEC_PER_SEC;
	assert_string_equal(stop(&f), "K:s1.0(2)");
	f.in.terminating_since_ns = NOW + 40 * KN_NSEC_PER_SEC; /* the clock was set */
	assert_string_equal(stop(&f), "K:s1.0(10)");
	see(&f, "c0", "c", KN_OBS_RUNNING);
	f.in.terminating_since_ns = NOW - 4 * KN_NSEC_PER_SEC;
	assert_string_equal(stop(&f), "K:c0(10)");
	f.in.grace_s = 0;
	assert_string_equal(stop(&f), "K:c0(0)");
	kn_pod_unref(f.pod);

	begin(&f, NULL); /* an orphan: what it was started with, else 30 */
	see(&f, "c0", "c", KN_OBS_RUNNING);
	see(&f, "d0", "d", KN_OBS_RUNNING);
	f.c[1].grace_s = 3;
	assert_string_equal(stop(&f), "K:c0(30) K:d0(3)");
}

static void test_all_is_removed(void **state)
{
	struct kn_plan p = {0};
	struct fixture f;

	begin(&f, NULL);
	assert_false(kn_plan_remove_all(&p, &f.in));
	see_sandbox(&f, "S1", false);
	see_sandbox(&f, "S0", false);
	see(&f, "c0", "c", KN_OBS_EXITED);
	assert_true(kn_plan_remove_all(&p, &f.in));
	assert_string_equal(print(&f, &p), "R:c0 X:S1 X:S0");
}

static void test_tidying_keeps_what_is_needed(void **state)
{
	struct kn_plan p = {0};
	struct fixture f;

	begin(&f, NULL);
	see_sandbox(&f, "S2", false); /* the newest stays, whatever it is */
	see_sandbox(&f, "S1", true);  /* alive */
	see_sandbox(&f, "S0", false);
	see(&f, "c3", "c", KN_OBS_RUNNING);
	see(&f, "c2", "c", KN_OBS_EXITED); /* for its log */
	see(&f, "c1", "c", KN_OBS_EXITED);
	see(&f, "d1", "d", KN_OBS_CREATED);
	see(&f, "d0", "d", KN_OBS_EXITED);
	f.c[1].sandbox_id = f.c[3].sandbox_id = f.c[4].sandbox_id = f.c[0].sandbox_id = (char *)"S2";
	kn_plan_tidy(&p, &f.in);
	assert_string_equal(print(&f, &p), "R:c1 R:d0"); /* S0 still holds c1 */
	f.c[2].sandbox_id = (char *)"S2";
	kn_plan_tidy(&p, &f.in);
	assert_string_equal(print(&f, &p), "R:c1 R:d0 X:S0");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_sidecars_go_last_and_one_by_one),
		cmocka_unit_test(test_grace),
		cmocka_unit_test(test_all_is_removed),
		cmocka_unit_test(test_tidying_keeps_what_is_needed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
