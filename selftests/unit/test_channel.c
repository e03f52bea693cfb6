/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/socket.h>
#include <sys/un.h>
#include <cmocka.h>

#include "cri/channel.h"
#include "selftests/harness/cri_fixture.h"
#include "selftests/harness/fake_cri.c"

#define MIB (1024 * 1024)

struct outcome {
	struct kn_rpc *rpc;
	unsigned finished, messages;
	size_t len;
	bool same, cancel_in_message;
	int code;
};

static void on_message(void *user, const uint8_t *data, size_t len)
{
	struct outcome *o = user;

	o->messages++;
	o->len = len;
	o->same = true;
	for (size_t i = 0; i < len; i++)
		o->same &= data[i] == (uint8_t)(i * 31 >> 3);
	if (o->cancel_in_message)
		kn_rpc_cancel(o->rpc);
}

static void on_finished(void *user, int code, const char *text)
{
	struct outcome *o = user;

	assert_non_null(text);
	o->finished++;
	o->code = code;
}

static const struct kn_rpc_ops ops = {.message = on_message, .finished = on_finished};

struct fixture {
	struct cri_fixture *x;
	struct kn_channel *ch;
};

static int setup(void **state)
{
	struct fixture *f = kn_calloc(1, sizeof(*f));
	kn_auto_free char *target = NULL;
	void *x = NULL;

	cri_setup(&x);
	f->x = x;
	target = kn_sprintf("unix:%s", f->x->socket);
	assert_int_equal(kn_channel_new(&f->ch, f->x->loop, target, NULL), 0);
	*state = f;
	return 0;
}

static int teardown(void **state)
{
	struct fixture *f = *state;
	void *x = f->x;

	kn_channel_free(f->ch);
	free(f);
	return cri_teardown(&x);
}

static void start(struct fixture *f, const char *path, struct outcome *o, uint8_t *data, size_t len)
{
	o->rpc = kn_rpc_start(f->ch, path, data, len, false, 30 * KN_NSEC_PER_SEC, &ops, o);
}

static void sized_answer(struct fixture *f, size_t len)
{
	kn_auto_free uint8_t *data = kn_calloc(len, 1);
	const struct fake_answer a = {.data = data, .len = len};

	for (size_t i = 0; i < len; i++)
		data[i] = (uint8_t)(i * 31 >> 3);
	fake_cri_set(f->x->server, "Big", &a);
}

static void test_sixteen_mib(void **state)
{
	struct fixture *f = *state;
	struct outcome o = {0}, over = {0}, after = {0};

	sized_answer(f, 16 * MIB);
	start(f, "/s/Big", &o, NULL, 0);
	assert_true(cri_wait(f->x, &o.finished, 1, 20000));
	assert_int_equal(o.code, 0);
	assert_int_equal(o.len, 16 * MIB);
	assert_true(o.same);

	sized_answer(f, 16 * MIB + 1);
	start(f, "/s/Big", &over, NULL, 0);
	assert_true(cri_wait(f->x, &over.finished, 1, 20000));
	assert_int_equal(over.code, 8); /* RESOURCE_EXHAUSTED */
	assert_int_equal(over.messages, 0);

	sized_answer(f, 10); /* the connection goes on */
	start(f, "/s/Big", &after, NULL, 0);
	assert_true(cri_wait(f->x, &after.finished, 1, 20000));
	assert_int_equal(after.code, 0);
	assert_int_equal(after.len, 10);
}

static void test_large_request(void **state)
{
	struct fixture *f = *state;
	struct outcome o = {0};
	kn_auto_free uint8_t *seen = NULL;
	uint8_t *data = kn_calloc(3 * MIB, 1);
	size_t len = 0;

	sized_answer(f, 1);
	data[3 * MIB - 1] = 9;
	start(f, "/s/Big", &o, data, 3 * MIB);
	assert_true(cri_wait(f->x, &o.finished, 1, 20000));
	assert_int_equal(o.code, 0);
	seen = fake_cri_request(f->x->server, "Big", &len);
	assert_int_equal(len, 3 * MIB);
	assert_int_equal(seen[len - 1], 9);
}

/* Slow large answers and many small calls, all at once: every one ends, once. */
static void test_many_at_once(void **state)
{
	struct fixture *f = *state;
	struct outcome big[5] = {{0}}, small[500] = {{0}};

	sized_answer(f, 8 * MIB);
	for (size_t i = 0; i < 5; i++)
		start(f, "/s/Big", &big[i], NULL, 0);
	for (size_t i = 0; i < 500; i++)
		start(f, "/s/Other", &small[i], NULL, 0);
	for (size_t i = 0; i < 500; i++) {
		assert_true(cri_wait(f->x, &small[i].finished, 1, 20000));
		assert_int_equal(small[i].code, 12); /* UNIMPLEMENTED */
	}
	for (size_t i = 0; i < 5; i++) {
		assert_true(cri_wait(f->x, &big[i].finished, 1, 20000));
		assert_true(big[i].same);
	}
	cri_run_for(f->x, 20);
	for (size_t i = 0; i < 500; i++)
		assert_int_equal(small[i].finished, 1);
}

static void test_cancel_inside_message(void **state)
{
	struct fixture *f = *state;
	struct outcome o = {.cancel_in_message = true};

	sized_answer(f, 3);
	start(f, "/s/Big", &o, NULL, 0);
	assert_true(cri_wait(f->x, &o.messages, 1, 5000));
	cri_run_for(f->x, 50);
	assert_int_equal(o.finished, 0);
}

/* A socket that accepts and never speaks must not hold a call longer than its deadline. */
static void test_mute_server(void **state)
{
	struct fixture *f = *state;
	struct kn_channel *ch = NULL;
	struct outcome o = {0};
	struct sockaddr_un sa = {.sun_family = AF_UNIX};
	kn_auto_free char *target = kn_sprintf("unix:%s/mute", f->x->dir);
	int fd = socket(AF_UNIX, SOCK_STREAM | SOCK_CLOEXEC, 0);

	snprintf(sa.sun_path, sizeof(sa.sun_path), "%s/mute", f->x->dir);
	assert_int_equal(bind(fd, (const struct sockaddr *)&sa, sizeof(sa)), 0);
	assert_int_equal(listen(fd, 5), 0);
	assert_int_equal(kn_channel_new(&ch, f->x->loop, target, NULL), 0);
	o.rpc = kn_rpc_start(ch, "/s/Big", NULL, 0, false, 300 * KN_NSEC_PER_MSEC, &ops, &o);
	assert_true(cri_wait(f->x, &o.finished, 1, 3000));
	assert_int_equal(o.code, 4); /* DEADLINE_EXCEEDED */
	kn_channel_free(ch);
	close(fd);
}

static void test_free_null(void **state)
{
	assert_null(kn_channel_free(NULL));
}

#define T(fn) cmocka_unit_test_setup_teardown(fn, setup, teardown)

int main(void)
{
	const struct CMUnitTest tests[] = {
		T(test_sixteen_mib),	       T(test_large_request), T(test_many_at_once),
		T(test_cancel_inside_message), T(test_mute_server),   cmocka_unit_test(test_free_null),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
