/* SPDX-License-Identifier: Apache-2.0 */
/* Loop, client and misbehaving server for one test; included by the tests of cri/ after cmocka. */
#ifndef KN_HARNESS_CRI_FIXTURE_H
#define KN_HARNESS_CRI_FIXTURE_H

#include <string.h>
#include "cri/cri.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "selftests/harness/fake_cri.h"

struct cri_fixture {
	char dir[32], socket[48];
	struct kn_loop *loop;
	struct kn_cri *cri;
	struct fake_cri *server;
};

/* What a call came to. rsp isn't kept: look at it in a done of the test's own. */
struct cri_result {
	unsigned count;
	bool got_response;
	struct kn_err err;
};

static inline void cri_result_done(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct cri_result *r = user;

	r->count++;
	r->got_response = rsp != NULL;
	if (err)
		r->err = *err;
}

static inline int cri_setup(void **state)
{
	struct cri_fixture *x = kn_calloc(1, sizeof(*x));

	strcpy(x->dir, "/tmp/kn-test-cri-XXXXXX");
	assert_non_null(mkdtemp(x->dir));
	snprintf(x->socket, sizeof(x->socket), "%s/cri.sock", x->dir);
	assert_int_equal(kn_loop_new(&x->loop, NULL), 0);
	assert_int_equal(kn_cri_new(&x->cri, x->loop, x->socket, NULL, NULL), 0);
	x->server = fake_cri_start(x->socket);
	assert_non_null(x->server);
	*state = x;
	return 0;
}

static inline int cri_teardown(void **state)
{
	struct cri_fixture *x = *state;

	kn_cri_free(x->cri);
	fake_cri_stop(x->server);
	kn_loop_free(x->loop);
	kn_rm_rf(x->dir, NULL);
	free(x);
	return 0;
}

/* Runs the loop until *n is at least want, for ms at most. Returns whether it got there. */
static inline bool cri_wait(struct cri_fixture *x, const unsigned *n, unsigned want, int ms)
{
	int64_t end = kn_mono(&kn_clock_system) + ms * KN_NSEC_PER_MSEC;

	while (*n < want && kn_mono(&kn_clock_system) < end)
		kn_loop_run_once(x->loop, 5 * KN_NSEC_PER_MSEC);
	return *n >= want;
}

static inline void cri_run_for(struct cri_fixture *x, int ms)
{
	const unsigned never = 0;

	cri_wait(x, &never, 1, ms);
}

/* One Version call, to its end. */
static inline int cri_version(struct cri_fixture *x, struct cri_result *r)
{
	const Cri__VersionRequest req = CRI__VERSION_REQUEST__INIT;

	memset(r, 0, sizeof(*r));
	kn_cri_call(x->cri, KN_CRI_VERSION, &req.base, 10 * KN_NSEC_PER_SEC, cri_result_done, r);
	assert_true(cri_wait(x, &r->count, 1, 11000));
	return -r->err.code;
}

static inline void cri_answer(struct cri_fixture *x, const char *method, const ProtobufCMessage *msg)
{
	const struct fake_answer a = {.msg = msg};

	fake_cri_set(x->server, method, &a);
}

#endif
