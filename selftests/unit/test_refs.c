/* SPDX-License-Identifier: Apache-2.0 */
/* The reflector is a fake: its functions are defined here, so the real ones stay out of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/volume/refs.h"
#include "selftests/harness/pod_fixture.h"

struct kn_reflector {
	char path[128], selector[128];
	struct kn_reflector_ops ops;
	void *user;
	struct kn_object *object;
	bool synced;
};

#define MAX 16
static struct kn_reflector *open_ones[MAX];
static unsigned opened;

struct kn_reflector *kn_reflector_new(struct kn_loop *loop, struct kn_client *client,
				      const struct kn_resource *res, const struct kn_reflector_ops *ops,
				      void *user)
{
	struct kn_reflector *r = kn_calloc(1, sizeof(*r));

	snprintf(r->path, sizeof(r->path), "%s", res->path);
	snprintf(r->selector, sizeof(r->selector), "%s", res->field_selector);
	r->ops = *ops;
	r->user = user;
	opened++;
	for (size_t i = 0; i < MAX; i++) {
		if (!open_ones[i]) {
			open_ones[i] = r;
			return r;
		}
	}
	fail();
	return NULL;
}

struct kn_reflector *kn_reflector_free(struct kn_reflector *r)
{
	for (size_t i = 0; r && i < MAX; i++)
		if (open_ones[i] == r)
			open_ones[i] = NULL;
	if (r)
		kn_object_unref(r->object);
	free(r);
	return NULL;
}

bool kn_reflector_synced(const struct kn_reflector *r)
{
	return r->synced;
}

struct kn_object *kn_reflector_get(const struct kn_reflector *r, const char *ns, const char *name)
{
	return r->object;
}

static struct kn_reflector *find(const char *path, const char *selector)
{
	for (size_t i = 0; i < MAX; i++)
		if (open_ones[i] && !strcmp(open_ones[i]->path, path) &&
		    !strcmp(open_ones[i]->selector, selector))
			return open_ones[i];
	return NULL;
}

static size_t count_open(void)
{
	size_t n = 0;

	for (size_t i = 0; i < MAX; i++)
		n += open_ones[i] != NULL;
	return n;
}

struct fixture {
	struct kn_loop *loop;
	struct kn_refs *refs;
	char told[64];
};

static void changed(void *user, const char *uid)
{
	struct fixture *f = user;
	size_t len = strlen(f->told);

	snprintf(f->told + len, sizeof(f->told) - len, "%s ", uid);
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));
	struct kn_refs_config c = {.client = (struct kn_client *)f, .changed = changed, .user = f};

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	c.loop = f->loop;
	f->refs = kn_refs_new(&c);
	opened = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_refs_free(f->refs);
	kn_loop_free(f->loop);
	free(f);
	return count_open() ? -1 : 0;
}

static const char *told(struct fixture *f)
{
	static char copy[64];

	f->told[0] = '\0';
	kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
	strcpy(copy, f->told);
	return copy;
}

static void deliver(struct kn_reflector *r, bool immutable)
{
	struct kn_arena *a = kn_arena_new(0);
	K8s__Secret *s = kn_arena_alloc(a, sizeof(*s));

	k8s__secret__init(s);
	s->metadata = kn_arena_alloc(a, sizeof(*s->metadata));
	k8s__object_meta__init(s->metadata);
	s->metadata->name = (char *)"s";
	s->immutable = immutable;
	assert_int_equal(kn_object_new(&r->object, a, &s->base, NULL), 0);
	r->ops.changed(r->user, NULL, r->object);
}

static void refuse(struct kn_reflector *r)
{
	struct kn_api_result res = {.status = 403, .reason = "Forbidden"};

	kn_err_set(&res.err, EACCES, "forbidden");
	r->ops.failed(r->user, &res);
}

#define SECRET_VOLUME "volumes: [{name: v, secret: {secretName: s}}], "
#define PATH "/api/v1/namespaces/ns1/secrets"

static enum kn_ref_state get(struct fixture *f, const ProtobufCMessage **m, struct kn_err *err)
{
	return kn_refs_get(f->refs, KN_REF_SECRET, "ns1", "s", m, err);
}

static void test_life(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p = pod_make(POD(SECRET_VOLUME CTR(", envFrom: [{secretRef: {name: s}}]")));
	struct kn_pod *q = pod_make("{metadata: {name: q, namespace: ns1, uid: u2}, spec: {" CTR(
		", env: [{name: X, valueFrom: {secretKeyRef: {name: s, key: k}}}]") "}}");
	const ProtobufCMessage *m = NULL;
	struct kn_err err = KN_ERR_INIT;
	struct kn_reflector *r;

	assert_int_equal(get(f, &m, &err), KN_REF_ERROR);
	assert_string_equal(err.msg, "object \"ns1\"/\"s\" not registered");
	kn_refs_hold(f->refs, p);
	kn_refs_hold(f->refs, q);
	assert_int_equal(count_open(), 1);
	r = find(PATH, "metadata.name=s");
	assert_non_null(r);
	assert_int_equal(get(f, &m, &err), KN_REF_WAITING);
	r->synced = true;
	r->ops.synced(r->user);
	assert_int_equal(get(f, &m, &err), KN_REF_NOT_FOUND);
	assert_string_equal(err.msg, "secret \"s\" not found");
	assert_int_equal(err.code, ENOENT);
	assert_int_equal(strlen(told(f)), 6); /* both, in any order */
	assert_string_equal(told(f), "");
	deliver(r, false);
	assert_int_equal(get(f, &m, &err), KN_REF_READY);
	assert_non_null(m);
	kn_refs_release(f->refs, "u1");
	assert_string_equal(told(f), "u2 ");
	assert_int_equal(count_open(), 1);
	kn_refs_release(f->refs, "u2");
	assert_int_equal(count_open(), 0);
	assert_int_equal(kn_refs_count(f->refs), 0);
	kn_pod_unref(p);
	kn_pod_unref(q);
}

static void test_immutable(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p = pod_make(POD(SECRET_VOLUME CTR("")));
	const ProtobufCMessage *m = NULL;

	kn_refs_hold(f->refs, p);
	deliver(find(PATH, "metadata.name=s"), true);
	assert_int_equal(count_open(), 0);
	assert_int_equal(get(f, &m, NULL), KN_REF_READY);
	kn_pod_unref(p);
}

/* An update of the pod opens nothing anew, and closes what is no longer named. */
static void test_update(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p = pod_make(POD(SECRET_VOLUME "imagePullSecrets: [{name: t}], " CTR("")));
	struct kn_pod *q = pod_make(POD(SECRET_VOLUME CTR("")));

	kn_refs_hold(f->refs, p);
	assert_int_equal(count_open(), 2);
	kn_refs_hold(f->refs, q);
	assert_int_equal(count_open(), 1);
	assert_int_equal(opened, 2);
	kn_pod_unref(p);
	kn_pod_unref(q);
}

/* Refused right after binding: asked again soon, told as an error only when it goes on. */
static void test_forbidden(void **state)
{
	struct fixture *f = *state;
	struct kn_pod *p = pod_make(POD(SECRET_VOLUME CTR("")));
	const ProtobufCMessage *m = NULL;
	struct kn_err err = KN_ERR_INIT;

	kn_refs_hold(f->refs, p);
	for (unsigned tries = 1; tries <= 6; tries++) {
		refuse(find(PATH, "metadata.name=s"));
		assert_int_equal(count_open(), 0);
		assert_int_equal(get(f, &m, &err), KN_REF_WAITING);
		for (int i = 0; i < 300 && !count_open(); i++)
			kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
		assert_int_equal(opened, tries + 1);
	}
	refuse(find(PATH, "metadata.name=s"));
	assert_int_equal(count_open(), 1);
	assert_int_equal(get(f, &m, &err), KN_REF_ERROR);
	assert_string_equal(err.msg, "forbidden");
	kn_pod_unref(p);
}

static void test_standalone(void **state)
{
	struct fixture *f = *state;
	const struct kn_refs_config c = {.loop = f->loop, .changed = changed, .user = f};
	struct kn_refs *r = kn_refs_new(&c);
	struct kn_pod *p = pod_make(POD(SECRET_VOLUME CTR("")));
	struct kn_err err = KN_ERR_INIT;

	kn_refs_hold(r, p);
	assert_int_equal(kn_refs_get(r, KN_REF_CONFIGMAP, "ns1", "s", NULL, &err), KN_REF_ERROR);
	assert_string_equal(err.msg, "couldn't get configMap ns1/s, no kubeClient defined");
	assert_int_equal(count_open(), 0);
	kn_refs_free(r);
	kn_pod_unref(p);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_life), T(test_immutable), T(test_update), T(test_forbidden),
					   T(test_standalone)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
