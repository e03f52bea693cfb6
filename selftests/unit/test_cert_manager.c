/* SPDX-License-Identifier: Apache-2.0 */
/* Asking for a certificate is a fake, defined here; the store is a real folder. */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <cmocka.h>

#include <errno.h>
#include <stdio.h>
#include <stdlib.h>

#include "kubelet/node/cert_manager.h"
#include "kubelet/node/cert_store.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "selftests/harness/test_cert.h"

struct kn_cert_request {
	kn_cert_request_done done;
	void *user;
	char text[200]; /* "SIGNER CN ORG DNS" */
};

static struct kn_cert_request *under_way;
static unsigned asked;

int kn_cert_request_new(struct kn_cert_request **ret, struct kn_loop *loop, struct kn_client *client,
			const char *signer, const struct kn_csr_subject *s, kn_cert_request_done done,
			void *user, const struct kn_log *log, struct kn_err *err)
{
	assert_null(under_way);
	under_way = kn_calloc(1, sizeof(*under_way));
	under_way->done = done;
	under_way->user = user;
	snprintf(under_way->text, sizeof(under_way->text), "%s %s %s %s", signer, s->common_name, s->org,
		 s->dns && s->dns[0] ? s->dns[0] : "-");
	asked++;
	*ret = under_way;
	return 0;
}

struct kn_cert_request *kn_cert_request_free(struct kn_cert_request *r)
{
	if (r)
		free(kn_steal(under_way));
	return NULL;
}

struct fixture {
	char dir[40];
	struct kn_loop *loop;
	struct kn_cert_manager *m;
	struct test_cert old, fresh, expired;
	unsigned changed, expirations;
	char *last; /* the certificate handed on last */
};

static void changed(void *user, const char *cert, const char *key)
{
	struct fixture *f = user;

	assert_non_null(strstr(key, "PRIVATE KEY"));
	f->changed++;
	free(f->last);
	f->last = kn_strdup(cert);
}

static void expired(void *user)
{
	((struct fixture *)user)->expirations++;
}

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));

	strcpy(f->dir, "/tmp/kn-test-cert-XXXXXX");
	assert_non_null(mkdtemp(f->dir));
	assert_int_equal(kn_loop_new(&f->loop, NULL), 0);
	f->old = test_cert_new("old", NULL, NULL, true, 1); /* 10 of its 11 days are over */
	f->fresh = test_cert_new("fresh", NULL, NULL, true, 1000);
	f->expired = test_cert_new("expired", NULL, NULL, true, -1);
	asked = 0;
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;

	kn_cert_manager_free(f->m);
	kn_loop_free(f->loop);
	kn_rm_rf(f->dir, NULL);
	test_cert_free(&f->old);
	test_cert_free(&f->fresh);
	test_cert_free(&f->expired);
	free(f->last);
	free(f);
	return under_way ? -1 : 0;
}

static void turn(struct fixture *f)
{
	for (int i = 0; i < 4; i++)
		kn_loop_run_once(f->loop, KN_NSEC_PER_MSEC);
}

static void start(struct fixture *f, const char *signer, const char *current)
{
	const struct kn_cert_manager_config c = {.dir = f->dir,
						 .name = "kubelet-x",
						 .signer = signer,
						 .node_name = "n1",
						 .current = current,
						 .changed = changed,
						 .expired = expired,
						 .user = f};

	f->m = kn_cert_manager_new(f->loop, &c, NULL);
	assert_int_equal(f->changed, 0); /* from the loop only */
	turn(f);
}

static void store(struct fixture *f, const struct test_cert *c)
{
	assert_int_equal(kn_cert_store_write(f->dir, "kubelet-x", c->cert_pem, c->key_pem, 0, NULL), 0);
}

static void answer(const char *cert, const char *key, int code)
{
	struct kn_err err = {.code = code};

	assert_non_null(under_way);
	under_way->done(under_way->user, cert, key, &err);
}

static void test_the_first_one(void **state)
{
	kn_auto_buf struct kn_buf kept = {0};
	struct fixture *f = *state;

	start(f, KN_SIGNER_CLIENT, NULL);
	assert_string_equal(under_way->text, KN_SIGNER_CLIENT " system:node:n1 system:nodes -");
	answer(f->fresh.cert_pem, f->fresh.key_pem, 0);
	assert_int_equal(f->changed, 1);
	assert_int_equal(kn_cert_store_read(f->dir, "kubelet-x", &kept, NULL), 0);
	assert_non_null(strstr(kept.data, f->fresh.key_pem));
	turn(f);
	assert_int_equal(asked, 1);
}

static void test_a_fresh_one_of_the_store_is_used(void **state)
{
	struct fixture *f = *state;

	store(f, &f->fresh);
	start(f, KN_SIGNER_CLIENT, f->expired.cert_pem);
	assert_int_equal(f->changed, 1);
	assert_non_null(strstr(f->last, f->fresh.cert_pem));
	assert_int_equal(asked, 0);
}

static void test_an_old_one_is_used_and_renewed(void **state)
{
	struct fixture *f = *state;

	store(f, &f->old);
	start(f, KN_SIGNER_CLIENT, NULL);
	assert_int_equal(f->changed, 1);
	assert_int_equal(asked, 1);
	answer(f->fresh.cert_pem, f->fresh.key_pem, 0);
	assert_int_equal(f->changed, 2);
	assert_string_equal(f->last, f->fresh.cert_pem);
	turn(f);
	assert_int_equal(asked, 1);
	assert_int_equal(f->expirations, 0);
}

static void test_an_expired_one_is_not_taken_from_the_store(void **state)
{
	struct fixture *f = *state;

	store(f, &f->expired);
	start(f, KN_SIGNER_CLIENT, NULL);
	assert_int_equal(f->changed, 0);
	assert_int_equal(asked, 1);
}

static void test_failures(void **state)
{
	struct fixture *f = *state;
	int64_t end = kn_mono(&kn_clock_system) + 5 * KN_NSEC_PER_SEC;

	start(f, KN_SIGNER_CLIENT, f->expired.cert_pem);
	assert_int_equal(asked, 1);
	answer(NULL, NULL, EACCES);
	assert_int_equal(f->expirations, 1); /* it is too late, and it is told */
	turn(f);
	assert_int_equal(asked, 1); /* not at once again */
	while (asked < 2 && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(f->loop, 50 * KN_NSEC_PER_MSEC);
	assert_int_equal(asked, 2);
	answer("not a certificate", "PRIVATE KEY", 0);
	assert_int_equal(f->changed, 0);
	assert_int_equal(f->expirations, 2);
}

static void test_serving_names(void **state)
{
	static const char *const dns[] = {"localhost", NULL}, *const other[] = {"elsewhere", NULL};
	struct fixture *f = *state;

	start(f, KN_SIGNER_SERVING, NULL);
	assert_int_equal(asked, 0); /* for which names? */
	kn_cert_manager_names(f->m, dns, NULL);
	turn(f);
	assert_string_equal(under_way->text, KN_SIGNER_SERVING " system:node:n1 system:nodes localhost");
	answer(f->fresh.cert_pem, f->fresh.key_pem, 0);
	kn_cert_manager_names(f->m, dns, NULL);
	turn(f);
	assert_int_equal(asked, 1);
	kn_cert_manager_names(f->m, other, NULL);
	turn(f);
	assert_string_equal(under_way->text, KN_SIGNER_SERVING " system:node:n1 system:nodes elsewhere");
}

#define T(name) cmocka_unit_test_setup_teardown(name, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_the_first_one),
		T(test_a_fresh_one_of_the_store_is_used),
		T(test_an_old_one_is_used_and_renewed),
		T(test_an_expired_one_is_not_taken_from_the_store),
		T(test_failures),
		T(test_serving_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
