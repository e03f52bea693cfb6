// SPDX-License-Identifier: Apache-2.0
/*
 * Plans as text. A case says what is wanted ("i" init, "s" sidecar, "c" container; then the restartPolicy),
 * what is there, and what is to be done. Seen, newest first: sandboxes "S1+" (attempt, + ready, - not),
 * containers "NAME@SANDBOX:STATE", STATE r running, c created, u unknown, or the exit code; "!" behind: made
 * of another definition; "#N" behind: restart count.
 */
#include <stdarg.h>
#include <stddef.h>
#include <setjmp.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>
#include "kubelet/pod/pod_plan.h"
#include "lib/base/mem.h"

#define S KN_NSEC_PER_SEC
#define NOW (1000000 * S)

struct fixture {
	K8s__Container c[8], *init[8], *regular[8];
	K8s__ObjectMeta meta;
	K8s__PodSpec spec;
	K8s__Pod obj;
	struct kn_pod pod;
	struct kn_obs_pod *seen;
	struct kn_backoff *restarts;
	struct kn_plan_in in;
};

static void want(struct fixture *f, const char *names, const char *policy)
{
	static const char *const all[] = {"i1", "i2", "s1", "s2", "c1", "c2"};

	k8s__pod_spec__init(&f->spec);
	k8s__pod__init(&f->obj);
	f->spec.initcontainers = f->init;
	f->spec.containers = f->regular;
	f->spec.restartpolicy = (char *)policy;
	f->spec.has_terminationgraceperiodseconds = true;
	f->spec.terminationgraceperiodseconds = 30;
	f->obj.spec = &f->spec;
	for (const char *n = names; *n; n += 2 + (n[2] == ' ')) {
		size_t at = f->spec.n_initcontainers + f->spec.n_containers;
		K8s__Container *c = &f->c[at];

		k8s__container__init(c);
		for (size_t i = 0; i < KN_ARRAY_SIZE(all); i++)
			if (!strncmp(all[i], n, 2))
				c->name = (char *)all[i];
		c->image = (char *)"x";
		if (*n == 's')
			c->restartpolicy = (char *)"Always";
		if (*n == 'c')
			f->regular[f->spec.n_containers++] = c;
		else
			f->init[f->spec.n_initcontainers++] = c;
	}
	f->pod = (struct kn_pod){.refs = 1, .obj = &f->obj, .uid = "u", .name = "p", .ns = "default"};
}

static void see_container(struct fixture *f, const char *t, size_t order)
{
	const K8s__Container *k;
	char name[3] = {t[0], t[1], 0}, id[32];
	struct kn_obs_container *c;

	f->seen->containers = kn_realloc(f->seen->containers, f->seen->n_containers + 1, sizeof(*c));
	c = &f->seen->containers[f->seen->n_containers++];
	snprintf(id, sizeof(id), "%s.%zu", name, order);
	*c = (struct kn_obs_container){.id = kn_strdup(id),
				       .name = kn_strdup(name),
				       .grace_s = 7,
				       .have_status = true,
				       .finished_ns = NOW - 5 * S};
	c->sandbox_id = kn_sprintf("S%c", t[4]);
	t += 6;
	c->state = *t == 'r'   ? KN_OBS_RUNNING
		   : *t == 'c' ? KN_OBS_CREATED
		   : *t == 'u' ? KN_OBS_UNKNOWN
			       : KN_OBS_EXITED;
	c->exit_code = c->state == KN_OBS_EXITED ? atoi(t) : 0;
	k = kn_pod_container(&f->pod, name, NULL);
	if (k)
		kn_container_hash(k, c->hash);
	for (; *t && *t != ' '; t++) {
		if (*t == '!')
			c->hash[0] ^= 1;
		if (*t == '#')
			c->restarts = atoi(t + 1);
	}
}

static void see(struct fixture *f, const char *text)
{
	f->seen = kn_obs_pod_new("u", "default", "p");
	for (const char *t = text; *t;) {
		if (*t == 'S') {
			struct kn_obs_sandbox *s;

			f->seen->sandboxes =
				kn_realloc(f->seen->sandboxes, f->seen->n_sandboxes + 1, sizeof(*s));
			s = &f->seen->sandboxes[f->seen->n_sandboxes++];
			*s = (struct kn_obs_sandbox){.id = kn_sprintf("S%c", t[1]),
						     .attempt = t[1] - '0',
						     .ready = t[2] != '-',
						     .have_status = true,
						     .host_network = t[2] == 'h'};
		} else {
			see_container(f, t, f->seen->n_containers);
		}
		t = strchr(t, ' ') ? strchr(t, ' ') + 1 : "";
	}
}

static const char *print(const struct fixture *f, const struct kn_plan *p, char *buf, size_t size)
{
	static const char *const verbs[] = {"create", "stop", "rmsandbox", "start", "backoff", "kill", "rm"};
	size_t n = 0;

	buf[0] = 0;
	for (size_t i = 0; i < p->n; i++) {
		const struct kn_act *a = &p->acts[i];

		n += snprintf(buf + n, size - n, "%s%s", n ? " " : "", verbs[a->kind]);
		if (a->kind == KN_ACT_CREATE_SANDBOX)
			n += snprintf(buf + n, size - n, ":%u", a->attempt);
		else if (a->kind == KN_ACT_START)
			n += snprintf(buf + n, size - n, ":%s#%u",
				      kn_pod_container_at(&f->pod, a->index, NULL)->name, a->attempt);
		else if (a->kind == KN_ACT_BACKOFF)
			n += snprintf(buf + n, size - n, ":%s",
				      kn_pod_container_at(&f->pod, a->index, NULL)->name);
		else if (a->kind == KN_ACT_KILL)
			n += snprintf(buf + n, size - n, ":%s(%d)", a->id, (int)a->grace_s);
		else
			n += snprintf(buf + n, size - n, ":%s", a->id);
	}
	n += snprintf(buf + n, size - n, "%s%s", p->terminal ? "|terminal" : "", p->gone ? "|gone" : "");
	return buf;
}

static void setup(struct fixture *f, const char *names, const char *policy, const char *seen)
{
	memset(f, 0, sizeof(*f));
	want(f, names, policy);
	see(f, seen);
	f->restarts = kn_backoff_new();
	f->in = (struct kn_plan_in){
		.pod = &f->pod, .seen = f->seen, .restarts = f->restarts, .now_ns = NOW, .grace_s = 30};
}

static void expect(struct fixture *f, const char *plan)
{
	struct kn_plan p;
	char buf[512];

	kn_pod_plan_make(&p, &f->in);
	assert_string_equal(print(f, &p, buf, sizeof(buf)), plan);
	kn_pod_plan_free(&p);
}

static void teardown(struct fixture *f)
{
	kn_obs_pod_free(f->seen);
	kn_backoff_free(f->restarts);
}

static const struct {
	const char *names, *policy, *seen, *plan;
} cases[] = {
	/* sandbox */
	{"c1", "Always", "", "create:0"},
	{"c1", "Always", "S0-", "create:1"},
	{"c1", "Always", "S0- c1@S0:137", "create:1"},
	{"c1", "Always", "S0- c1@S0:r", "kill:c1.0(30)"},
	{"c1", "Never", "S0- c1@S0:r", "kill:c1.0(30)"},
	{"c1 c2", "Never", "S0- c1@S0:137", "|terminal"},
	{"c1", "Always", "S0h", "stop:S0"},
	{"c1", "Always", "S1+ S0+", "stop:S1 stop:S0"},
	{"c1", "Always", "S1+ S0- c1@S1:r", "rmsandbox:S0"},
	/* containers */
	{"c1 c2", "Always", "S0+", "start:c1#0 start:c2#0"},
	{"c1 c2", "Always", "S0+ c1@S0:r", "start:c2#0"},
	{"c1", "Always", "S0+ c1@S0:r", ""},
	{"c1", "Always", "S0+ c1@S0:r!", "kill:c1.0(30)"},
	{"c1", "Never", "S0+ c1@S0:r!", "kill:c1.0(30)"},
	{"c1", "Always", "S0+ c1@S0:u", "kill:c1.0(30)"},
	{"c1", "Always", "S0+ c1@S0:c", "start:c1#1"},
	{"c1", "Always", "S0+ c1@S0:0", "start:c1#1"},
	{"c1", "Always", "S0+ c1@S0:1#4", "start:c1#5"},
	{"c1", "OnFailure", "S0+ c1@S0:1", "start:c1#1"},
	{"c1", "OnFailure", "S0+ c1@S0:0", "stop:S0|terminal"},
	{"c1", "Never", "S0+ c1@S0:1", "stop:S0|terminal"},
	{"c1", "Never", "S0- c1@S0:1", "|terminal"},
	{"c1 c2", "OnFailure", "S0+ c1@S0:0 c2@S0:r", ""},
	{"c1 c2", "OnFailure", "S0+ c1@S0:0 c2@S0:3", "start:c2#1"},
	{"c1 c2", "Never", "S0+ c1@S0:0 c2@S0:3", "stop:S0|terminal"},
	{"c1 c2", "Never", "S0+ c1@S0:0", "start:c2#0"},
	{"c1 c2", "OnFailure", "S1+ S0- c1@S0:0 c2@S0:3#2", "start:c2#3"},
	{"c1", "Always", "S1+ S0- c1@S0:137#2", "start:c1#3"},
	/* records */
	{"c1", "Always", "S0+ c1@S0:r#3 c1@S0:1#2 c1@S0:1#1", "rm:c1.2"},
	{"c1", "Always", "S0+ c1@S0:r#3 c1@S0:1#2 c1@S0:1#1 c1@S0:1", "rm:c1.2 rm:c1.3"},
	{"c1", "Always", "S1+ S0- c1@S1:r#1 c1@S0:1", ""},
	/* init containers */
	{"i1 i2 c1", "Always", "S0+", "start:i1#0"},
	{"i1 i2 c1", "Always", "S0+ i1@S0:r", ""},
	{"i1 i2 c1", "Always", "S0+ i1@S0:0", "start:i2#0"},
	{"i1 i2 c1", "Always", "S0+ i2@S0:r i1@S0:0", ""},
	{"i1 i2 c1", "Always", "S0+ i2@S0:0 i1@S0:0", "start:c1#0"},
	{"i1 c1", "Always", "S0+ i1@S0:1", "start:i1#1"},
	{"i1 c1", "OnFailure", "S0+ i1@S0:1", "start:i1#1"},
	{"i1 c1", "Never", "S0+ i1@S0:1", "stop:S0|terminal"},
	{"i1 c1", "Always", "S0+ i1@S0:c", "start:i1#1"},
	{"i1 c1", "Always", "S0+ c1@S0:r", ""},
	{"i1 c1", "Always", "S1+ S0- c1@S0:137 i1@S0:0", "start:i1#1"},
	/* sidecars */
	{"s1 s2 c1", "Always", "S0+", "start:s1#0"},
	{"s1 s2 c1", "Always", "S0+ s1@S0:r", "start:s2#0"},
	{"s1 i1 c1", "Always", "S0+ s1@S0:r", "start:i1#0"},
	{"s1 s2 c1", "Always", "S0+ s2@S0:r s1@S0:r", "start:c1#0"},
	{"s1 i1 c1", "Always", "S0+ i1@S0:r s1@S0:1", "start:s1#1"},
	{"s1 c1", "Never", "S0+ c1@S0:r s1@S0:0", "start:s1#1"},
	{"s1 c1", "Always", "S0+ c1@S0:r s1@S0:1", "start:s1#1"},
	{"s1 c1", "Never", "S0+ c1@S0:0 s1@S0:r", "kill:s1.1(30)|terminal"},
	{"s1 s2 c1", "Never", "S0+ c1@S0:0 s2@S0:r s1@S0:r", "kill:s2.1(30)|terminal"},
	{"s1 s2 c1", "Never", "S0+ c1@S0:0 s2@S0:0 s1@S0:r", "kill:s1.2(30)|terminal"},
	{"s1 c1", "Never", "S0+ c1@S0:0 s1@S0:137", "stop:S0|terminal"},
};

static void plans_by_the_table(void **state)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(cases); i++) {
		struct kn_plan p;
		struct fixture f;
		char buf[512];

		setup(&f, cases[i].names, cases[i].policy, cases[i].seen);
		kn_pod_plan_make(&p, &f.in);
		print(&f, &p, buf, sizeof(buf));
		if (strcmp(buf, cases[i].plan))
			fail_msg("case %zu (%s, %s, \"%s\"): \"%s\" instead of \"%s\"", i, cases[i].names,
				 cases[i].policy, cases[i].seen, buf, cases[i].plan);
		kn_pod_plan_free(&p);
		teardown(&f);
	}
}

static void probes_decide(void **state)
{
	struct kn_waiting w[3] = {0};
	K8s__Probe probe = K8S__PROBE__INIT;
	struct fixture f;

	probe.has_terminationgraceperiodseconds = true;
	probe.terminationgraceperiodseconds = 5;
	setup(&f, "c1 c2", "Always", "S0+ c1@S0:r c2@S0:r");
	f.in.waiting = w;
	w[1].probes.unready = w[1].probes.unstarted = true;
	expect(&f, "");
	w[1].probes.liveness_failed = true;
	expect(&f, "kill:c2.1(30)");
	f.regular[1]->livenessprobe = &probe;
	expect(&f, "kill:c2.1(5)");
	w[1].probes.liveness_failed = false;
	w[1].probes.startup_failed = true;
	expect(&f, "kill:c2.1(30)");
	teardown(&f);
}

static void startup_probes_of_sidecars_gate(void **state)
{
	struct kn_waiting w[3] = {0};
	struct fixture f;

	setup(&f, "s1 i1 c1", "Always", "S0+ s1@S0:r");
	f.in.waiting = w;
	w[0].probes.unstarted = true;
	expect(&f, "");
	w[0].probes.startup_failed = true;
	expect(&f, "kill:s1.0(30)");
	w[0].probes = (struct kn_probe_verdict){0};
	expect(&f, "start:i1#0");
	teardown(&f);
	/* later on a sidecar that is not well holds up nobody */
	setup(&f, "s1 c1", "Always", "S0+ c1@S0:1 s1@S0:r");
	f.in.waiting = w;
	w[0].probes.unstarted = w[0].probes.liveness_failed = true;
	expect(&f, "kill:s1.1(30) start:c1#1");
	teardown(&f);
}

static void containers_have_restart_policies(void **state)
{
	K8s__ContainerRestartRuleOnExitCodes codes = K8S__CONTAINER_RESTART_RULE_ON_EXIT_CODES__INIT;
	K8s__ContainerRestartRule rule = K8S__CONTAINER_RESTART_RULE__INIT, *rules[] = {&rule};
	int32_t values[] = {42};
	struct fixture f;

	setup(&f, "c1 c2", "Never", "S0+ c1@S0:3 c2@S0:42");
	f.regular[0]->restartpolicy = (char *)"OnFailure";
	expect(&f, "start:c1#1");
	f.regular[0]->restartpolicy = NULL;
	f.regular[1]->restartpolicy = (char *)"Never";
	f.regular[1]->restartpolicyrules = rules;
	f.regular[1]->n_restartpolicyrules = 1;
	rule.action = (char *)"Restart";
	rule.exitcodes = &codes;
	codes.operator_ = (char *)"In";
	codes.values = values;
	codes.n_values = 1;
	expect(&f, "start:c2#1");
	codes.operator_ = (char *)"NotIn";
	expect(&f, "stop:S0|terminal");
	teardown(&f);
}

static void crash_loop_waits(void **state)
{
	struct fixture f;
	struct kn_plan p;

	setup(&f, "c1 c2", "Always", "S0+ c1@S0:1#2 c2@S0:1");
	kn_backoff_next(f.restarts, "u/c1", NOW - 30 * S, NOW - 30 * S);
	expect(&f, "backoff:c1 start:c2#1");
	kn_pod_plan_make(&p, &f.in);
	assert_int_equal(p.acts[0].wait_ns, 5 * S); /* died 5 s ago, 10 s in all */
	assert_int_equal(p.wake_ns, NOW + 5 * S);
	kn_pod_plan_free(&p);
	f.in.now_ns = NOW + 5 * S;
	expect(&f, "start:c1#3 start:c2#1");
	teardown(&f);
}

static void holds_are_kept(void **state)
{
	const int64_t hold[] = {NOW + S, 0};
	struct fixture f;
	struct kn_plan p;

	setup(&f, "c1 c2", "Always", "S0+");
	f.in.hold_until_ns = hold;
	expect(&f, "start:c2#0");
	kn_pod_plan_make(&p, &f.in);
	assert_int_equal(p.wake_ns, NOW + S);
	kn_pod_plan_free(&p);
	teardown(&f);
	setup(&f, "c1", "Always", "");
	f.in.sandbox_hold_ns = NOW + S;
	expect(&f, "");
	teardown(&f);
}

static void takes_down_in_order(void **state)
{
	static const char *const steps[][2] = {
		{"S0+ c1@S0:r c2@S0:r s2@S0:r s1@S0:r", "kill:c1.0(30) kill:c2.1(30)"},
		{"S0+ c1@S0:0 c2@S0:0 s2@S0:r s1@S0:r", "kill:s2.2(20)"},
		{"S0+ c1@S0:0 c2@S0:0 s2@S0:0 s1@S0:r", "kill:s1.3(20)"},
		{"S0+ c1@S0:0", "stop:S0"},
		{"S0- c1@S0:0", "rm:c1.0 rmsandbox:S0"},
		{"", "|gone"},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(steps); i++) {
		struct fixture f;

		setup(&f, "s1 s2 c1 c2", "Always", steps[i][0]);
		f.in.terminating = true;
		f.in.terminating_since_ns = NOW - 10 * S;
		expect(&f, steps[i][1]);
		teardown(&f);
	}
}

static void orphans_get_their_own_grace(void **state)
{
	struct fixture f;

	setup(&f, "c1", "Always", "S0+ c1@S0:r");
	f.in.pod = NULL;
	f.in.terminating = true;
	f.in.grace_s = -1;
	expect(&f, "kill:c1.0(7)");
	teardown(&f);
}

static void finished_stays_finished(void **state)
{
	struct fixture f;

	setup(&f, "c1", "Always", "");
	f.in.finished = true;
	expect(&f, "|terminal");
	teardown(&f);
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(plans_by_the_table),
		cmocka_unit_test(probes_decide),
		cmocka_unit_test(startup_probes_of_sidecars_gate),
		cmocka_unit_test(containers_have_restart_policies),
		cmocka_unit_test(crash_loop_waits),
		cmocka_unit_test(holds_are_kept),
		cmocka_unit_test(takes_down_in_order),
		cmocka_unit_test(orphans_get_their_own_grace),
		cmocka_unit_test(finished_stays_finished),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
