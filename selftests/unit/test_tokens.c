/* SPDX-License-Identifier: Apache-2.0 */
/* The API client is a fake: its functions are defined here, so the real ones stay out of the program. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>

#include "kubelet/volume/tokens.h"
#include "lib/k8s/authentication.pb-c.h"
#include "selftests/harness/pod_fixture.h"

struct kn_api_call {
	kn_api_done done;
	void *user;
	char path[160], audience[32], uid[32];
	int64_t seconds;
};

static struct kn_api_call *under_way;
static unsigned asked;

struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user)
{
	const K8s__TokenRequestSpec *s = ((const K8s__TokenRequest *)req->body)->spec;

	assert_null(under_way);
	assert_string_equal(req->method, "POST");
	under_way = kn_calloc(1, sizeof(*under_way));
	under_way->done = done;
	under_way->user = user;
	under_way->seconds = s->expirationseconds;
	snprintf(under_way->path, sizeof(under_way->path), "%s", req->path);
	snprintf(under_way->audience, sizeof(under_way->audience), "%s",
		 s->n_audiences ? s->audiences[0] : "");
	snprintf(under_way->uid, sizeof(under_way->uid), "%s", s->boundobjectref->uid);
	asked++;
	return under_way;
}

void kn_api_cancel(struct kn_api_call *call)
{
	assert_ptr_equal(call, under_way);
	free(kn_steal(under_way));
}

struct fixture {
	struct kn_loop *loop;
	struct kn_tokens *tokens;
	struct kn_pod *pod;
	unsigned told;
};

static void changed(void *user, const char *uid)
{
	struct fixture *f = user;

	assert_string_equal(uid, "u1");
	f->told++;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));
	struct kn_tokens_config c = {.client = (struct kn_client *)f, .changed = changed, .user = f};

	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	c.loop = f->loop;
	f->tokens = kn_tokens_new(&c);
	f->pod = pod_make(POD("serviceAccountName: sa, " CTR("")));
	asked = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_tokens_free(f->tokens);
	kn_pod_unref(f->pod);
	kn_loop_free(f->loop);
	free(f);
	return under_way ? -1 : 0;
}

static void answer(int status, const char *token, int64_t life_s)
{
	struct kn_api_call *c = kn_steal(under_way);
	struct kn_api_result r = {.status = status, .reason = ""};
	K8s__TokenRequest t = K8S__TOKEN_REQUEST__INIT;
	K8s__TokenRequestStatus s = K8S__TOKEN_REQUEST_STATUS__INIT;
	K8s__Time when = K8S__TIME__INIT;

	assert_non_null(c);
	if (status == 201) {
		when.seconds = kn_real(&kn_clock_system) / KN_NSEC_PER_SEC + life_s;
		when.has_seconds = 1;
		s.token = (char *)token;
		s.expirationtimestamp = &when;
		t.status = &s;
		r.obj = &t.base;
	} else {
		kn_err_set(&r.err, EACCES, "no %d", status);
	}
	c->done(c->user, &r);
	free(c);
}

static enum kn_ref_state get(struct fixture *f, const char **ret, struct kn_err *err)
{
	K8s__ServiceAccountTokenProjection want = K8S__SERVICE_ACCOUNT_TOKEN_PROJECTION__INIT;

	want.audience = (char *)"aud";
	want.has_expirationseconds = 1;
	want.expirationseconds = 600;
	return kn_tokens_get(f->tokens, f->pod, &want, ret, err);
}

static void test_get(void **state)
{
	struct fixture *f = *state;
	const char *t = NULL;

	assert_int_equal(get(f, &t, NULL), KN_REF_WAITING);
	assert_int_equal(get(f, &t, NULL), KN_REF_WAITING);
	assert_int_equal(asked, 1);
	assert_string_equal(under_way->path, "/api/v1/namespaces/ns1/serviceaccounts/sa/token");
	assert_string_equal(under_way->audience, "aud");
	assert_string_equal(under_way->uid, "u1");
	assert_int_equal(under_way->seconds, 600);
	answer(201, "one", 600);
	assert_int_equal(f->told, 1);
	assert_int_equal(get(f, &t, NULL), KN_REF_READY);
	assert_string_equal(t, "one");
	assert_int_equal(asked, 1);
	kn_tokens_drop(f->tokens, "u1");
	assert_int_equal(get(f, &t, NULL), KN_REF_WAITING);
}

/* Due: the old one serves until the new one is there, also when that is refused. */
static void test_renew(void **state)
{
	struct fixture *f = *state;
	const char *t = NULL;

	get(f, &t, NULL);
	answer(201, "one", 100); /* of 600: past 80 % */
	assert_int_equal(get(f, &t, NULL), KN_REF_READY);
	assert_int_equal(asked, 2);
	answer(500, NULL, 0);
	assert_int_equal(f->told, 1);
	assert_int_equal(get(f, &t, NULL), KN_REF_READY);
	assert_string_equal(t, "one");
	assert_int_equal(asked, 2); /* not at once again */
}

static void test_refused(void **state)
{
	struct fixture *f = *state;
	struct kn_err err = KN_ERR_INIT;
	const char *t = NULL;

	get(f, &t, NULL);
	answer(404, NULL, 0);
	assert_int_equal(f->told, 1);
	assert_int_equal(get(f, &t, &err), KN_REF_ERROR);
	assert_string_equal(err.msg, "failed to fetch token: no 404");
	assert_int_equal(asked, 1);
	assert_int_equal(get(f, &t, &err), KN_REF_WAITING);
	assert_int_equal(asked, 2);
	/* The authorizer lags behind: asked again without a word. */
	answer(403, NULL, 0);
	assert_int_equal(f->told, 1);
	assert_int_equal(get(f, &t, &err), KN_REF_WAITING);
	for (int i = 0; i < 100 && !under_way; i++)
		kn_loop_run_once(f->loop, 20 * KN_NSEC_PER_MSEC);
	assert_int_equal(asked, 3);
	answer(201, "one", 600);
	assert_int_equal(get(f, &t, &err), KN_REF_READY);
}

static void test_renew_at(void **state)
{
	const int64_t s = KN_NSEC_PER_SEC, day = 24 * 3600 * s;

	assert_int_equal(kn_token_renew_at(1000 * s, 600 * s, 0), (1000 - 120) * s);
	assert_int_equal(kn_token_renew_at(1000 * s, 600 * s, 5 * s), (1000 - 125) * s);
	assert_int_equal(kn_token_renew_at(365 * day, 365 * day, 0), day);
}

#define T(t) cmocka_unit_test_setup_teardown(t, setup, teardown)
int main(void)
{
	const struct CMUnitTest tests[] = {T(test_get), T(test_renew), T(test_refused),
					   cmocka_unit_test(test_renew_at)};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
