/* SPDX-License-Identifier: Apache-2.0 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "kubelet/pod/observed.h"
#include "kubelet/pod/pod.h"
#include "lib/base/mem.h"

static void add_sandbox(struct kn_obs_pod *p, const char *id, unsigned attempt, int64_t created, bool ready)
{
	Cri__PodSandboxMetadata m = CRI__POD_SANDBOX_METADATA__INIT;
	Cri__PodSandbox s = CRI__POD_SANDBOX__INIT;

	m.attempt = attempt;
	s.id = (char *)id;
	s.metadata = &m;
	s.created_at = created;
	s.state = ready ? CRI__POD_SANDBOX_STATE__SANDBOX_READY : CRI__POD_SANDBOX_STATE__SANDBOX_NOTREADY;
	kn_obs_add_sandbox(p, &s);
}

/* restarts, grace: the annotations; NULL: none. */
static void add_container(struct kn_obs_pod *p, const char *id, const char *name, int64_t created,
			  Cri__ContainerState state, const char *restarts, const char *grace)
{
	Cri__StringEntry label = CRI__STRING_ENTRY__INIT, a = CRI__STRING_ENTRY__INIT,
			 b = CRI__STRING_ENTRY__INIT, *labels[] = {&label}, *annotations[2];
	Cri__ContainerMetadata m = CRI__CONTAINER_METADATA__INIT;
	Cri__Container c = CRI__CONTAINER__INIT;

	label.key = (char *)KN_LABEL_CONTAINER_NAME;
	label.value = (char *)name;
	a.key = (char *)KN_ANNOTATION_RESTART_COUNT;
	a.value = (char *)restarts;
	b.key = (char *)KN_ANNOTATION_POD_GRACE;
	b.value = (char *)grace;
	m.attempt = 5;
	m.name = (char *)"of-metadata";
	c.id = (char *)id;
	c.metadata = &m;
	c.pod_sandbox_id = (char *)"S";
	c.state = state;
	c.created_at = created;
	c.labels = labels;
	c.n_labels = name ? 1 : 0;
	c.annotations = annotations;
	if (restarts)
		annotations[c.n_annotations++] = &a;
	if (grace)
		annotations[c.n_annotations++] = &b;
	kn_obs_add_container(p, &c);
}

#define RUNNING CRI__CONTAINER_STATE__CONTAINER_RUNNING
#define EXITED CRI__CONTAINER_STATE__CONTAINER_EXITED

static void test_newest_first(void **state)
{
	struct kn_obs_pod *p = kn_obs_pod_new("u", "ns", "p");

	add_sandbox(p, "old", 0, 900, false); /* the clock was set back since */
	add_sandbox(p, "new", 1, 100, true);
	add_container(p, "c0", "c", 10, EXITED, "0", NULL);
	add_container(p, "c2", "c", 30, RUNNING, "2", NULL);
	add_container(p, "c1", "c", 20, EXITED, "1", NULL);
	add_container(p, "d0", "d", 30, EXITED, "0", NULL);
	kn_obs_finish(p, NULL);
	assert_string_equal(kn_obs_newest(p)->id, "new");
	assert_string_equal(kn_obs_find(p, "c", NULL)->id, "c2");
	assert_string_equal(kn_obs_find(p, "d", "S")->id, "d0");
	assert_null(kn_obs_find(p, "d", "other"));
	assert_null(kn_obs_find(p, "e", NULL));
	assert_string_equal(kn_obs_previous(p, "c", kn_obs_find(p, "c", NULL))->id, "c1");
	assert_string_equal(kn_obs_previous(p, "c", NULL)->id, "c1");
	assert_null(kn_obs_previous(p, "d", kn_obs_find(p, "d", NULL)));
	kn_obs_pod_free(p);
	assert_null(kn_obs_newest(NULL));
	assert_null(kn_obs_find(NULL, "c", NULL));
}

static void test_annotations(void **state)
{
	static const struct {
		const char *restarts, *grace;
		unsigned want_restarts;
		int64_t want_grace;
	} t[] = {
		{"3", "7", 3, 7},
		{NULL, NULL, 5, -1},
		{"", "", 5, -1},
		{"x", "1s", 5, -1},
		{"-1", "-2", 5, -1},
		{"0", "0", 0, 0},
		{"99999999999", "1", 5, 1},
		{"99999999999999999999", "1", 5, 1},
	};

	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_obs_pod *p = kn_obs_pod_new("u", "ns", "p");

		add_container(p, "c0", NULL, 1, RUNNING, t[i].restarts, t[i].grace);
		assert_string_equal(p->containers[0].name, "of-metadata");
		assert_int_equal(p->containers[0].restarts, t[i].want_restarts);
		assert_int_equal(p->containers[0].grace_s, t[i].want_grace);
		kn_obs_pod_free(p);
	}
}

static struct kn_obs_pod *look(bool reversed, Cri__ContainerState c)
{
	struct kn_obs_pod *p = kn_obs_pod_new("u", "ns", "p");

	if (reversed)
		add_container(p, "d0", "d", 2, RUNNING, NULL, NULL);
	add_sandbox(p, "S", 0, 1, true);
	add_container(p, "c0", "c", 1, c, NULL, NULL);
	if (!reversed)
		add_container(p, "d0", "d", 2, RUNNING, NULL, NULL);
	return p;
}

static void test_the_digest_tells_states_not_order(void **state)
{
	struct kn_obs_pod *a = look(false, RUNNING), *b = look(true, RUNNING), *c = look(false, EXITED);
	Cri__PodSandbox s = CRI__POD_SANDBOX__INIT;
	Cri__Container k = CRI__CONTAINER__INIT;

	assert_true(a->digest == b->digest);
	assert_true(a->digest != c->digest);
	s.id = k.id = (char *)"x";
	assert_true(kn_obs_digest_sandbox(&s) != kn_obs_digest_container(&k));
	kn_obs_pod_free(a);
	kn_obs_pod_free(b);
	kn_obs_pod_free(c);
}

static void test_details_are_taken_over_while_nothing_changed(void **state)
{
	Cri__ContainerStatus st = CRI__CONTAINER_STATUS__INIT;
	struct kn_obs_pod *old = look(false, RUNNING), *same, *other;
	Cri__PodSandboxNetworkStatus net = CRI__POD_SANDBOX_NETWORK_STATUS__INIT;
	Cri__PodSandboxStatus sb = CRI__POD_SANDBOX_STATUS__INIT;
	Cri__PodIP second = CRI__POD_IP__INIT, *more[] = {&second};

	kn_obs_finish(old, NULL);
	st.state = RUNNING;
	st.started_at = 77;
	st.message = (char *)"said";
	st.reason = (char *)"";
	kn_obs_container_status((struct kn_obs_container *)kn_obs_find(old, "c", NULL), &st);
	net.ip = (char *)"10.0.0.1";
	second.ip = (char *)"fd00::1";
	net.additional_ips = more;
	net.n_additional_ips = 1;
	sb.network = &net;
	sb.state = CRI__POD_SANDBOX_STATE__SANDBOX_NOTREADY;
	kn_obs_sandbox_status(&old->sandboxes[0], &sb);
	assert_string_equal(old->sandboxes[0].ips[1], "fd00::1");
	assert_false(old->sandboxes[0].ready);
	sb.state = CRI__POD_SANDBOX_STATE__SANDBOX_READY;
	kn_obs_sandbox_status(&old->sandboxes[0], &sb); /* again: nothing leaks */

	same = look(true, RUNNING);
	kn_obs_finish(same, old);
	assert_true(kn_obs_find(same, "c", NULL)->have_status);
	assert_int_equal(kn_obs_find(same, "c", NULL)->started_ns, 77);
	assert_string_equal(kn_obs_find(same, "c", NULL)->message, "said");
	assert_null(kn_obs_find(same, "c", NULL)->reason);
	assert_false(kn_obs_find(same, "d", NULL)->have_status); /* never asked */
	assert_string_equal(same->sandboxes[0].ips[0], "10.0.0.1");
	other = look(false, EXITED);
	kn_obs_finish(other, same);
	assert_false(kn_obs_find(other, "c", NULL)->have_status);
	assert_true(other->sandboxes[0].have_status);
	kn_obs_pod_free(old);
	kn_obs_pod_free(same);
	kn_obs_pod_free(other);
}

static void test_alive(void **state)
{
	static const struct {
		Cri__ContainerState c;
		bool ready, alive;
	} t[] = {{EXITED, false, false},
		 {EXITED, true, true},
		 {RUNNING, false, true},
		 {CRI__CONTAINER_STATE__CONTAINER_UNKNOWN, false, true},
		 {CRI__CONTAINER_STATE__CONTAINER_CREATED, false, false}};

	assert_false(kn_obs_alive(NULL));
	for (size_t i = 0; i < KN_ARRAY_SIZE(t); i++) {
		struct kn_obs_pod *p = kn_obs_pod_new("u", "ns", "p");

		add_sandbox(p, "S", 0, 1, t[i].ready);
		add_container(p, "c0", "c", 1, t[i].c, NULL, NULL);
		assert_int_equal(kn_obs_alive(p), t[i].alive);
		kn_obs_pod_free(p);
	}
}

static void test_only_labelled_ones_are_ours(void **state)
{
	Cri__StringEntry uid = CRI__STRING_ENTRY__INIT, *labels[] = {&uid};
	Cri__PodSandboxMetadata m = CRI__POD_SANDBOX_METADATA__INIT;
	Cri__PodSandbox s = CRI__POD_SANDBOX__INIT;

	m.uid = (char *)"somebody-elses";
	s.metadata = &m;
	assert_null(kn_obs_uid(&s));
	uid.key = (char *)KN_LABEL_POD_UID;
	s.labels = labels;
	s.n_labels = 1;
	assert_null(kn_obs_uid(&s)); /* an empty one */
	uid.value = (char *)"u1";
	assert_string_equal(kn_obs_uid(&s), "u1");
}

int main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_newest_first),
		cmocka_unit_test(test_annotations),
		cmocka_unit_test(test_the_digest_tells_states_not_order),
		cmocka_unit_test(test_details_are_taken_over_while_nothing_changed),
		cmocka_unit_test(test_alive),
		cmocka_unit_test(test_only_labelled_ones_are_ours),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
