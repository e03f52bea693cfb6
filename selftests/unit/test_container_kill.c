/* SPDX-License-Identifier: Apache-2.0 */
/* The runtime's calls, the hooks and the worker around are fakes, defined here. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <stdio.h>

#include "kubelet/kubelet_private.h"
#include "kubelet/worker/hook.h"
#include "selftests/harness/pod_fixture.h"

struct kn_call {
	kn_cri_done done;
	void *user;
	char id[16];
	int64_t grace_s, timeout_ns;
};
struct kn_hook {
	kn_hook_done done;
	void *user;
};

static struct kn_call *stopping;
static struct kn_hook *hook;
static unsigned stops, cancels;
static char events[128];
static int64_t grace_of_pod;

struct kn_call *kn_call_start(struct kn_kubelet *k, struct kn_worker *w, enum kn_cri_method m,
			      const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done, void *user)
{
	const Cri__StopContainerRequest *r = (const void *)req;

	assert_int_equal(m, KN_CRI_STOP_CONTAINER);
	assert_null(stopping);
	stopping = kn_calloc(1, sizeof(*stopping));
	*stopping =
		(struct kn_call){.done = done, .user = user, .grace_s = r->timeout, .timeout_ns = timeout_ns};
	snprintf(stopping->id, sizeof(stopping->id), "%s", r->container_id);
	stops++;
	return stopping;
}

void kn_call_cancel(struct kn_call *c)
{
	assert_ptr_equal(c, stopping);
	free(kn_steal(stopping));
	cancels++;
}

struct kn_hook *kn_hook_start(struct kn_worker *w, const K8s__LifecycleHandler *handler,
			      const K8s__Container *container, const char *container_id, kn_hook_done done,
			      void *user)
{
	assert_null(hook);
	hook = kn_calloc(1, sizeof(*hook));
	*hook = (struct kn_hook){done, user};
	return hook;
}

void kn_hook_cancel(struct kn_hook *h)
{
	if (h)
		free(kn_steal(hook));
}

void kn_worker_log(struct kn_worker *w, bool bad, const char *reason, const char *container,
		   const char *message)
{
	size_t n = strlen(events);

	snprintf(events + n, sizeof(events) - n, "%s ", reason);
}

int64_t kn_worker_grace(const struct kn_worker *w)
{
	return grace_of_pod;
}

struct fixture {
	struct kn_clock_fake clock;
	struct kn_kubelet k;
	struct kn_worker w;
	unsigned done;
};

static struct fixture *the_fixture;

static void done(struct kn_worker *w, const struct kn_err *err)
{
	the_fixture->done++;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	kn_clock_fake_init(&f->clock);
	assert_int_equal(kn_loop_new(&f->k.d.loop, NULL), 0);
	f->k.clock = &f->clock.clock;
	f->w.k = &f->k;
	f->w.pod = pod_make(POD("containers: [{name: c, image: i}, {name: h, image: i, lifecycle: {preStop: "
				"{exec: {command: [x]}}}}]"));
	f->w.name = (char *)"p";
	f->w.ns = (char *)"ns1";
	stops = cancels = 0;
	events[0] = 0;
	*state = the_fixture = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_kills_abandon(&f->w);
	free(kn_steal(stopping)); /* the owner of calls cancels it */
	kn_pod_unref(f->w.pod);
	kn_loop_free(f->k.d.loop);
	free(f);
	return hook ? -1 : 0;
}

static void answer(void)
{
	static const struct kn_err none = KN_ERR_INIT;
	struct kn_call *c = kn_steal(stopping);

	assert_non_null(c);
	c->done(c->user, NULL, &none);
	free(c);
}

static void end_hook(const char *error)
{
	struct kn_hook *h = kn_steal(hook);

	assert_non_null(h);
	h->done(h->user, error);
	free(h);
}

static void pass(struct fixture *f, int64_t s)
{
	f->clock.mono_ns += s * KN_NSEC_PER_SEC;
}

static void test_without_hook(void **state)
{
	struct fixture *f = *state;

	kn_kill_start(&f->w, "id1", "c", 30, NULL, done);
	assert_string_equal(stopping->id, "id1");
	assert_int_equal(stopping->grace_s, 30);
	assert_true(stopping->timeout_ns > 30 * KN_NSEC_PER_SEC); /* the runtime has time to answer */
	assert_int_equal(f->done, 0);
	answer();
	assert_int_equal(f->done, 1);
	assert_null(f->w.kills);
	assert_string_equal(events, "Killing ");
	kn_kill_start(&f->w, "id2", NULL, 0, NULL, done); /* nobody knows its definition */
	assert_int_equal(stopping->grace_s, 2);
	answer();
}

static void test_the_hook_takes_of_the_grace(void **state)
{
	struct fixture *f = *state;

	kn_kill_start(&f->w, "id1", "h", 30, NULL, done);
	assert_null(stopping);
	pass(f, 12);
	end_hook(NULL);
	assert_int_equal(stopping->grace_s, 18);
	assert_string_equal(events, "Killing ");
	answer();
	kn_kill_start(&f->w, "id1", "h", 30, NULL, done);
	pass(f, 29);
	end_hook("went wrong");
	assert_int_equal(stopping->grace_s, 2);
	assert_string_equal(events, "Killing Killing FailedPreStopHook ");
	answer();
	assert_int_equal(f->done, 2);
}

static void test_no_hook_without_grace(void **state)
{
	struct fixture *f = *state;

	kn_kill_start(&f->w, "id1", "h", 0, NULL, done);
	assert_null(hook);
	assert_non_null(stopping);
}

static void test_a_hook_that_hangs(void **state)
{
	struct fixture *f = *state;
	int64_t end = kn_mono(&kn_clock_system) + 3 * KN_NSEC_PER_SEC;

	kn_kill_start(&f->w, "id1", "h", 1, NULL, done);
	assert_non_null(hook);
	while (!stopping && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(f->k.d.loop, 50 * KN_NSEC_PER_MSEC);
	assert_null(hook);
	assert_non_null(stopping);
	assert_int_equal(stopping->grace_s, 2);
}

static void test_sooner(void **state)
{
	struct fixture *f = *state;

	kn_kill_start(&f->w, "id1", "c", 30, NULL, done);
	pass(f, 5);
	grace_of_pod = 60; /* never later */
	kn_kill_sooner(&f->w);
	grace_of_pod = 25;
	kn_kill_sooner(&f->w);
	grace_of_pod = -1;
	kn_kill_sooner(&f->w);
	assert_int_equal(stops, 1);
	grace_of_pod = 3;
	kn_kill_sooner(&f->w);
	assert_int_equal(cancels, 1);
	assert_int_equal(stopping->grace_s, 3);
	answer();
	assert_int_equal(f->done, 1);

	kn_kill_start(&f->w, "id2", "h", 30, NULL, done); /* its hook is cut short too */
	grace_of_pod = 0;
	kn_kill_sooner(&f->w);
	for (int i = 0; i < 3; i++)
		kn_loop_run_once(f->k.d.loop, KN_NSEC_PER_MSEC);
	assert_null(hook);
	assert_string_equal(stopping->id, "id2");
	assert_int_equal(stopping->grace_s, 2);
}

static void test_abandoned(void **state)
{
	struct fixture *f = *state;

	kn_kill_start(&f->w, "id1", "h", 30, NULL, done);
	kn_kill_start(&f->w, "id2", "c", 30, NULL, done);
	kn_kills_abandon(&f->w);
	assert_null(f->w.kills);
	assert_null(hook);
	assert_int_equal(f->done, 0);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_without_hook),
		T(test_the_hook_takes_of_the_grace),
		T(test_no_hook_without_grace),
		T(test_a_hook_that_hangs),
		T(test_sooner),
		T(test_abandoned),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
