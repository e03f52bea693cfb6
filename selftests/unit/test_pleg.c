/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's calls, timers and workers are fakes, defined here: relists are played answer by answer. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdlib.h>
#include <string.h>

#include "kubelet/kubelet_private.h"
#include "kubelet/server/metrics_kubelet.h"
#include "lib/base/mem.h"

#define MS KN_NSEC_PER_MSEC

struct kn_timer {
	void (*fn)(void *user);
	void *user;
	int64_t armed_ns; /* -1: it isn't */
};
struct kn_call {
	kn_cri_done done;
	void *user;
};
struct kn_cri_events {
	void (*on_event)(void *user, const Cri__ContainerEventResponse *ev);
	void (*on_end)(void *user, const struct kn_err *err);
	void *user;
};

static struct kn_timer timers[2]; /* the relist's, the events' */
static size_t n_timers;
static struct kn_call sandboxes, containers;
static struct kn_cri_events events;
static unsigned relists, wakes, all_woken, streams, stops;

struct kn_timer *kn_timer_new(struct kn_loop *l, void (*fn)(void *user), void *user)
{
	timers[n_timers] = (struct kn_timer){fn, user, -1};
	return &timers[n_timers++];
}

void kn_timer_arm(struct kn_timer *t, int64_t after_ns)
{
	t->armed_ns = after_ns;
}

bool kn_timer_armed(const struct kn_timer *t)
{
	return t->armed_ns >= 0;
}

struct kn_timer *kn_timer_free(struct kn_timer *t)
{
	return NULL;
}

struct kn_call *kn_call_start(struct kn_kubelet *k, struct kn_worker *w, enum kn_cri_method m,
			      const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done, void *user)
{
	struct kn_call *c = m == KN_CRI_LIST_POD_SANDBOX ? &sandboxes : &containers;

	assert_null(c->done);
	*c = (struct kn_call){done, user};
	relists += m == KN_CRI_LIST_CONTAINERS;
	return c;
}

struct kn_cri_events *kn_cri_events_start(struct kn_cri *c,
					  void (*on_event)(void *user, const Cri__ContainerEventResponse *ev),
					  void (*on_end)(void *user, const struct kn_err *err), void *user)
{
	events = (struct kn_cri_events){on_event, on_end, user};
	streams++;
	return &events;
}

struct kn_cri_events *kn_cri_events_stop(struct kn_cri_events *e)
{
	stops += e != NULL;
	return NULL;
}

struct kn_worker *kn_worker_new(struct kn_kubelet *k, struct kn_pod *pod, const char *uid, const char *ns,
				const char *name)
{
	struct kn_worker *w = kn_calloc(1, sizeof(*w));

	assert_null(pod);
	w->uid = kn_strdup(uid);
	w->ns = kn_strdup(ns);
	w->name = kn_strdup(name);
	return w;
}

void kn_worker_wake(struct kn_worker *w)
{
	wakes++;
}

void kn_worker_log(struct kn_worker *w, bool bad, const char *reason, const char *container,
		   const char *message)
{
	assert_string_equal(reason, "Orphan");
}

void kn_kubelet_wake_all(struct kn_kubelet *k)
{
	all_woken++;
}

void kn_metric_relist(struct kn_kubelet_metrics *k, int64_t took_ns, int64_t since_last_ns)
{
}

struct fixture {
	struct kn_clock_fake clock;
	struct kn_kubelet k;
	struct kn_pleg *p;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	kn_clock_fake_init(&f->clock);
	f->clock.mono_ns = 1000 * KN_NSEC_PER_SEC;
	f->k.clock = &f->clock.clock;
	f->k.workers = kn_map_new();
	f->k.runtime.reachable = f->k.sources_ready = true;
	n_timers = 0;
	sandboxes = containers = (struct kn_call){NULL, NULL};
	relists = wakes = all_woken = streams = stops = 0;
	f->p = kn_pleg_new(&f->k);
	*state = f;
	return 0;
}

static void free_worker(void *value)
{
	struct kn_worker *w = value;

	free(w->uid);
	free(w->ns);
	free(w->name);
	free(w);
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_pleg_free(f->p);
	kn_map_free(f->k.workers, free_worker);
	free(f);
	return 0;
}

static void fire(size_t i)
{
	timers[i].armed_ns = -1;
	timers[i].fn(timers[i].user);
}

static void finish(struct kn_call *which, const void *rsp, int code)
{
	const struct kn_err err = {.code = code, .msg = "it failed"};
	struct kn_call c = *which;

	assert_non_null(c.done);
	which->done = NULL;
	c.done(c.user, code ? NULL : rsp, &err);
}

/* Answers both lists: a pod of that uid with one container in that state; uid NULL: nothing is there. */
static void answer(const char *uid, Cri__ContainerState st)
{
	Cri__StringEntry label = CRI__STRING_ENTRY__INIT, *labels[] = {&label};
	Cri__ListPodSandboxResponse s = CRI__LIST_POD_SANDBOX_RESPONSE__INIT;
	Cri__ListContainersResponse c = CRI__LIST_CONTAINERS_RESPONSE__INIT;
	Cri__PodSandbox sandbox = CRI__POD_SANDBOX__INIT, *ss[] = {&sandbox};
	Cri__Container container = CRI__CONTAINER__INIT, *cs[] = {&container};

	label.key = (char *)KN_LABEL_POD_UID;
	label.value = (char *)uid;
	sandbox.id = (char *)"s";
	container.id = (char *)"c";
	container.state = st;
	sandbox.labels = container.labels = labels;
	sandbox.n_labels = container.n_labels = 1;
	s.items = ss;
	c.containers = cs;
	s.n_items = c.n_containers = uid ? 1 : 0;
	finish(&containers, &c, 0); /* in either order */
	finish(&sandboxes, &s, 0);
}

#define RUNNING CRI__CONTAINER_STATE__CONTAINER_RUNNING
#define EXITED CRI__CONTAINER_STATE__CONTAINER_EXITED

static struct kn_worker *worker(struct fixture *f, const char *uid)
{
	struct kn_worker *w = kn_worker_new(&f->k, NULL, uid, "ns", "p");

	kn_map_set(f->k.workers, uid, w);
	return w;
}

static void relist(Cri__ContainerState st, const char *uid)
{
	fire(0);
	answer(uid, st);
}

static void test_only_who_changed_is_woken(void **state)
{
	struct fixture *f = *state;
	struct kn_worker *w = worker(f, "u1");

	worker(f, "u2"); /* has nothing in the runtime, and does not get anything */
	relist(RUNNING, "u1");
	assert_int_equal(wakes, 1);
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
	relist(RUNNING, "u1");
	assert_int_equal(wakes, 1);
	w->busy = true; /* looks for itself when it is done */
	relist(EXITED, "u1");
	assert_int_equal(wakes, 1);
	w->busy = false;
	relist(EXITED, "u1");
	assert_int_equal(wakes, 2);
	relist(EXITED, NULL); /* all is gone */
	assert_int_equal(wakes, 3);
	relist(EXITED, NULL);
	assert_int_equal(wakes, 3);
}

static void test_the_first_list_says_that_all_is_known(void **state)
{
	struct fixture *f = *state;

	f->k.sources_ready = false;
	fire(0);
	f->k.sources_ready = true; /* while the lists were under way: they had told no orphans yet */
	answer("lost", RUNNING);
	assert_false(f->k.listed);
	assert_int_equal(timers[0].armed_ns, 20 * MS);
	relist(RUNNING, "lost");
	assert_true(f->k.listed);
	assert_int_equal(all_woken, 1);
	relist(RUNNING, "lost");
	assert_int_equal(all_woken, 1);
}

static void test_orphans_get_a_worker(void **state)
{
	struct fixture *f = *state;

	f->k.sources_ready = false;
	relist(RUNNING, "lost");
	assert_int_equal(kn_map_count(f->k.workers), 0); /* perhaps somebody wants it */
	f->k.sources_ready = true;
	relist(RUNNING, "lost");
	assert_non_null(kn_map_get(f->k.workers, "lost"));
	assert_int_equal(wakes, 1);
}

static void test_a_failed_list_is_no_news(void **state)
{
	Cri__ListPodSandboxResponse none = CRI__LIST_POD_SANDBOX_RESPONSE__INIT;
	struct fixture *f = *state;

	worker(f, "u1");
	relist(RUNNING, "u1");
	fire(0);
	finish(&sandboxes, &none, 0);
	finish(&containers, NULL, EIO);
	assert_int_equal(wakes, 1);
	fire(0);
	finish(&containers, NULL, EIO); /* whichever it is */
	finish(&sandboxes, &none, 0);
	assert_int_equal(wakes, 1);
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
	f->k.runtime.reachable = false;
	fire(0);
	assert_int_equal(relists, 3); /* nobody asks in vain */
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
}

static void test_kicks(void **state)
{
	struct fixture *f = *state;

	kn_pleg_kick(f->p);
	kn_pleg_kick(f->p);
	assert_int_equal(timers[0].armed_ns, 20 * MS);
	fire(0);
	kn_pleg_kick(f->p); /* what it brings may be newer than the lists under way */
	answer(NULL, RUNNING);
	assert_int_equal(timers[0].armed_ns, 20 * MS);
	relist(RUNNING, NULL);
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
}

static void test_events(void **state)
{
	const struct kn_err cut = {.code = ECONNRESET}, unknown = {.code = ENOSYS};
	struct fixture *f = *state;

	kn_pleg_kick(f->p);
	assert_int_equal(timers[1].armed_ns, 0);
	fire(1);
	assert_int_equal(streams, 1);
	relist(RUNNING, NULL);
	assert_int_equal(timers[0].armed_ns, 10 * KN_NSEC_PER_SEC);
	events.on_event(events.user, NULL);
	assert_int_equal(timers[0].armed_ns, 20 * MS);
	events.on_end(events.user, &cut);
	assert_int_equal(stops, 1);
	assert_int_equal(timers[0].armed_ns, 0);
	assert_int_equal(timers[1].armed_ns, 10 * KN_NSEC_PER_SEC);
	fire(1);
	assert_int_equal(streams, 2);
	events.on_end(events.user, &unknown); /* the runtime doesn't have them: not asked for again */
	assert_int_equal(timers[1].armed_ns, -1);
	kn_pleg_kick(f->p);
	assert_int_equal(timers[1].armed_ns, -1);
}

static void test_often_while_a_pod_starts(void **state)
{
	struct fixture *f = *state;
	struct kn_worker *w = worker(f, "u1");

	w->pod = (struct kn_pod *)w;
	w->startup.seen = f->clock.mono_ns;
	relist(RUNNING, "u1");
	assert_int_equal(timers[0].armed_ns, 100 * MS);
	f->clock.mono_ns += 30 * KN_NSEC_PER_SEC; /* one that hangs costs nothing for ever */
	relist(RUNNING, "u1");
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
	w->startup.seen = f->clock.mono_ns;
	w->startup.started = f->clock.mono_ns;
	relist(RUNNING, "u1");
	assert_int_equal(timers[0].armed_ns, KN_NSEC_PER_SEC);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_only_who_changed_is_woken),
		T(test_the_first_list_says_that_all_is_known),
		T(test_orphans_get_a_worker),
		T(test_a_failed_list_is_no_news),
		T(test_kicks),
		T(test_events),
		T(test_often_while_a_pod_starts),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
