/* SPDX-License-Identifier: Apache-2.0 */
/* The reflectors are fakes: their functions are defined here, so the real ones stay out of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/reflector.h"
#include "proxy/service_watch.h"

struct kn_reflector {
	const struct kn_resource *res;
	struct kn_reflector_ops ops;
	void *user;
	struct kn_object objects[3];
	size_t n;
	bool synced;
};

static struct kn_reflector *services, *slices;

struct kn_reflector *kn_reflector_new(struct kn_loop *loop, struct kn_client *client,
				      const struct kn_resource *res, const struct kn_reflector_ops *ops,
				      void *user)
{
	struct kn_reflector *r = kn_calloc(1, sizeof(*r));

	r->res = res;
	r->ops = *ops;
	r->user = user;
	*(strstr(res->path, "slices") ? &slices : &services) = r;
	return r;
}

struct kn_reflector *kn_reflector_free(struct kn_reflector *r)
{
	free(r);
	return NULL;
}

bool kn_reflector_synced(const struct kn_reflector *r)
{
	return r->synced;
}

size_t kn_reflector_count(const struct kn_reflector *r)
{
	return r->n;
}

struct kn_object *kn_reflector_next(const struct kn_reflector *r, size_t *it)
{
	return *it < r->n ? (struct kn_object *)&r->objects[(*it)++] : NULL;
}

struct fixture {
	struct kn_loop *loop;
	struct kn_service_watch *w;
	unsigned told;
};

static void on_change(void *user)
{
	((struct fixture *)user)->told++;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	f->w = kn_service_watch_new(f->loop, NULL, NULL, on_change, f);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_service_watch_free(f->w);
	kn_loop_free(f->loop);
	free(f);
	return 0;
}

static unsigned turn(struct fixture *f)
{
	f->told = 0;
	for (int i = 0; i < 3; i++)
		kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
	return f->told;
}

static void sync_one(struct kn_reflector *r)
{
	r->synced = true;
	r->ops.synced(r->user);
}

static void test_what_is_asked_for(void **state)
{
	static const char filter[] =
		"!service.kubernetes.io/headless,!service.kubernetes.io/service-proxy-name";

	assert_string_equal(services->res->path, "/api/v1/services");
	assert_string_equal(services->res->label_selector, filter);
	assert_string_equal(services->res->item->short_name, "Service");
	assert_string_equal(slices->res->path, "/apis/discovery.k8s.io/v1/endpointslices");
	assert_string_equal(slices->res->label_selector, filter);
	assert_string_equal(slices->res->item->short_name, "EndpointSlice");
}

/* A half is nothing: Services without their endpoints would refuse connections. */
static void test_nothing_before_both_are_there(void **state)
{
	struct fixture *f = *state;

	assert_false(kn_service_watch_synced(NULL));
	services->ops.changed(services->user, NULL, &services->objects[0]);
	sync_one(services);
	assert_int_equal(turn(f), 0);
	assert_false(kn_service_watch_synced(f->w));
	slices->ops.changed(slices->user, NULL, &slices->objects[0]);
	assert_int_equal(turn(f), 0);
	sync_one(slices);
	assert_int_equal(turn(f), 1);
	assert_true(kn_service_watch_synced(f->w));
}

static void test_changes_of_a_turn_are_one(void **state)
{
	struct fixture *f = *state;

	sync_one(services);
	sync_one(slices);
	assert_int_equal(turn(f), 1);
	assert_int_equal(turn(f), 0);
	for (int i = 0; i < 50; i++) {
		slices->ops.changed(slices->user, NULL, &slices->objects[0]);
		services->ops.changed(services->user, &services->objects[0], NULL);
	}
	assert_int_equal(f->told, 0); /* not inside the reflector's call */
	assert_int_equal(turn(f), 1);
}

static void test_all_is_got(void **state)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	struct fixture *f = *state;
	struct kn_proxy_want want = {.services = NULL};

	kn_service_watch_get(f->w, a, &want);
	assert_int_equal(want.n_services, 0);
	services->n = 2;
	slices->n = 1;
	services->objects[1].msg = (ProtobufCMessage *)f;
	kn_service_watch_get(f->w, a, &want);
	assert_int_equal(want.n_services, 2);
	assert_int_equal(want.n_slices, 1);
	assert_ptr_equal(want.services[1], f);
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_what_is_asked_for),
		T(test_nothing_before_both_are_there),
		T(test_changes_of_a_turn_are_one),
		T(test_all_is_got),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
