/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include "kubelet/pod/plan_private.h"
#include "selftests/harness/pod_fixture.h"

#define PROBED(policy)                                                                                       \
	POD(CTR(", livenessProbe: {exec: {command: [x]}, terminationGracePeriodSeconds: 4}, startupProbe: "  \
		"{exec: {command: [x]}}") ", terminationGracePeriodSeconds: 20, restartPolicy: " policy)

struct fixture {
	struct kn_pod *pod;
	struct kn_obs_container c;
	struct kn_waiting waiting;
	struct kn_plan_in in;
};

static void begin(struct fixture *f, const char *yaml)
{
	memset(f, 0, sizeof(*f));
	f->pod = pod_make(yaml);
	f->c = (struct kn_obs_container){.id = (char *)"c0", .name = (char *)"c", .state = KN_OBS_RUNNING};
	kn_container_hash(f->pod->obj->spec->containers[0], f->c.hash);
	f->in = (struct kn_plan_in){.pod = f->pod, .waiting = &f->waiting};
}

/* why NULL: it stays. */
static void expect(struct fixture *f, const char *why, int grace)
{
	struct kn_plan p = {0};

	assert_int_equal(kn_plan_keep(&p, &f->in, 0, &f->c), !why);
	assert_int_equal(p.n, why ? 1 : 0);
	if (why) {
		assert_int_equal(p.acts[0].kind, KN_ACT_KILL);
		assert_string_equal(p.acts[0].id, "c0");
		assert_string_equal(p.acts[0].why, why);
		assert_int_equal(p.acts[0].grace_s, grace);
	}
	kn_pod_plan_free(&p);
}

static void test_what_stays(void **state)
{
	struct fixture f;

	begin(&f, PROBED("Always"));
	expect(&f, NULL, 0);
	f.c.hash[0] = 0; /* started by something that left no hash */
	expect(&f, NULL, 0);
	f.in.waiting = NULL;
	expect(&f, NULL, 0);
	kn_pod_unref(f.pod);
}

static void test_what_goes(void **state)
{
	struct fixture f;

	begin(&f, PROBED("Always"));
	f.waiting.probes.startup_failed = true;
	expect(&f, "failed startup probe, will be restarted", 20);
	f.waiting.probes.liveness_failed = true;
	expect(&f, "failed liveness probe, will be restarted", 4); /* the probe's own */
	f.waiting.resize_restart = true;
	expect(&f, "resize requires restart, will be restarted", 20);
	f.c.hash[0] ^= 1;
	expect(&f, "definition changed, will be restarted", 20);
	f.c.state = KN_OBS_UNKNOWN;
	expect(&f, "is in \"unknown\" state, try killing it before restart", 20);
	kn_pod_unref(f.pod);
}

static void test_nothing_is_promised_of_what_does_not_come_back(void **state)
{
	struct fixture f;

	begin(&f, PROBED("Never"));
	f.waiting.probes.liveness_failed = true;
	expect(&f, "failed liveness probe", 4);
	f.waiting.probes.liveness_failed = false;
	f.waiting.probes.startup_failed = true;
	expect(&f, "failed startup probe", 20);
	kn_pod_unref(f.pod);
	begin(&f, PROBED("OnFailure"));
	f.waiting.probes.liveness_failed = true;
	expect(&f, "failed liveness probe, will be restarted", 4);
	kn_pod_unref(f.pod);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_what_stays),
		cmocka_unit_test(test_what_goes),
		cmocka_unit_test(test_nothing_is_promised_of_what_does_not_come_back),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
