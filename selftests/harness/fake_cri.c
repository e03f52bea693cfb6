/* SPDX-License-Identifier: Apache-2.0 */
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>

#include "lib/base/mem.h"
#include "selftests/harness/fake_cri.h"

#define FAKE_METHODS_MAX 32
#define FAKE_UNIMPLEMENTED 12

struct fake_method {
	char name[48];
	bool set, hang;
	void *data;
	size_t len;
	unsigned messages;
	int code;
	char text[2048];
	void *request;
	size_t request_len;
	unsigned seen, cancelled;
};

struct fake_cri {
	grpc_server *server;
	grpc_completion_queue *cq;
	pthread_t thread;
	pthread_mutex_t lock; /* guards methods and stopping */
	bool stopping;
	struct fake_method methods[FAKE_METHODS_MAX];
};

struct fake_call;
enum fake_step { FAKE_NEW, FAKE_REQUEST, FAKE_SENT, FAKE_DONE, FAKE_CLOSE };
struct fake_tag {
	struct fake_call *call;
	enum fake_step step;
};

struct fake_call {
	struct fake_cri *f;
	grpc_call *call;
	grpc_call_details details;
	grpc_metadata_array metadata;
	struct fake_tag tag, close; /* one operation of each at a time */
	unsigned pending, left;
	int cancelled;
	grpc_byte_buffer *request;
	struct fake_method *method;
};

/* With the lock held. */
static struct fake_method *fake_method(struct fake_cri *f, const char *name)
{
	for (size_t i = 0; i < FAKE_METHODS_MAX; i++) {
		struct fake_method *m = &f->methods[i];

		if (!m->name[0])
			snprintf(m->name, sizeof(m->name), "%s", name);
		if (!strcmp(m->name, name))
			return m;
	}
	abort();
}

static void fake_batch(struct fake_call *c, grpc_op *ops, size_t n, struct fake_tag *tag, enum fake_step step)
{
	tag->call = c;
	tag->step = step;
	if (grpc_call_start_batch(c->call, ops, n, tag, NULL) != GRPC_CALL_OK)
		abort();
	c->pending++;
}

static void fake_expect(struct fake_cri *f)
{
	struct fake_call *c = kn_calloc(1, sizeof(*c));

	c->f = f;
	c->tag = (struct fake_tag){.call = c, .step = FAKE_NEW};
	c->pending = 1;
	grpc_call_details_init(&c->details);
	grpc_metadata_array_init(&c->metadata);
	if (grpc_server_request_call(f->server, &c->call, &c->details, &c->metadata, f->cq, f->cq, &c->tag) !=
	    GRPC_CALL_OK)
		abort();
}

static void fake_accept(struct fake_call *c)
{
	grpc_op ops[2] = {{.op = GRPC_OP_SEND_INITIAL_METADATA}, {.op = GRPC_OP_RECV_MESSAGE}};
	grpc_op close = {.op = GRPC_OP_RECV_CLOSE_ON_SERVER};
	char *path = grpc_slice_to_c_string(c->details.method);
	struct fake_cri *f = c->f;
	bool stopping;

	pthread_mutex_lock(&f->lock);
	c->method = fake_method(f, strrchr(path, '/') + 1);
	c->method->seen++;
	stopping = f->stopping;
	pthread_mutex_unlock(&f->lock);
	gpr_free(path);
	close.data.recv_close_on_server.cancelled = &c->cancelled;
	fake_batch(c, &close, 1, &c->close, FAKE_CLOSE);
	ops[1].data.recv_message.recv_message = &c->request;
	fake_batch(c, ops, 2, &c->tag, FAKE_REQUEST);
	if (!stopping)
		fake_expect(f);
}

static void fake_take_request(struct fake_call *c)
{
	grpc_byte_buffer_reader r;
	grpc_slice all;

	if (!c->request || !grpc_byte_buffer_reader_init(&r, c->request))
		return;
	all = grpc_byte_buffer_reader_readall(&r);
	grpc_byte_buffer_reader_destroy(&r);
	pthread_mutex_lock(&c->f->lock);
	free(c->method->request);
	c->method->request_len = GRPC_SLICE_LENGTH(all);
	c->method->request = kn_calloc(1, c->method->request_len + 1);
	memcpy(c->method->request, GRPC_SLICE_START_PTR(all), c->method->request_len);
	c->left = c->method->messages;
	pthread_mutex_unlock(&c->f->lock);
	grpc_slice_unref(all);
	grpc_byte_buffer_destroy(c->request);
	c->request = NULL;
}

static void fake_send_status(struct fake_call *c, int code, const char *text)
{
	grpc_op op = {.op = GRPC_OP_SEND_STATUS_FROM_SERVER};
	grpc_slice t = grpc_slice_from_copied_string(text);

	op.data.send_status_from_server.status = (grpc_status_code)code;
	op.data.send_status_from_server.status_details = &t;
	fake_batch(c, &op, 1, &c->tag, FAKE_DONE);
	grpc_slice_unref(t);
}

/* Sends the next message, or the status, or leaves the call open. */
static void fake_answer_on(struct fake_call *c)
{
	struct fake_cri *f = c->f;
	struct fake_method m;
	grpc_slice body = grpc_empty_slice();

	pthread_mutex_lock(&f->lock);
	m = *c->method;
	if (c->left)
		body = grpc_slice_from_copied_buffer(m.data ? m.data : "", m.len);
	pthread_mutex_unlock(&f->lock);
	if (c->left) {
		grpc_byte_buffer *bb = grpc_raw_byte_buffer_create(&body, 1);
		grpc_op op = {.op = GRPC_OP_SEND_MESSAGE};

		c->left--;
		op.data.send_message.send_message = bb;
		fake_batch(c, &op, 1, &c->tag, FAKE_SENT);
		grpc_byte_buffer_destroy(bb);
	} else if (!m.hang) {
		fake_send_status(c, m.set ? m.code : FAKE_UNIMPLEMENTED, m.set ? m.text : "unknown method");
	}
	grpc_slice_unref(body);
}

static void fake_step(struct fake_tag *tag, bool ok)
{
	struct fake_call *c = tag->call;

	c->pending--;
	if (tag->step == FAKE_CLOSE) {
		pthread_mutex_lock(&c->f->lock);
		c->method->cancelled += c->cancelled != 0;
		pthread_mutex_unlock(&c->f->lock);
	} else if (ok && tag->step == FAKE_NEW) {
		fake_accept(c);
	} else if (ok && tag->step == FAKE_REQUEST) {
		fake_take_request(c);
		fake_answer_on(c);
	} else if (ok && tag->step == FAKE_SENT) {
		fake_answer_on(c);
	}
	if (c->pending)
		return;
	if (c->request)
		grpc_byte_buffer_destroy(c->request);
	grpc_call_details_destroy(&c->details);
	grpc_metadata_array_destroy(&c->metadata);
	if (c->call)
		grpc_call_unref(c->call);
	free(c);
}

static void *fake_run(void *user)
{
	struct fake_cri *f = user;

	for (;;) {
		grpc_event ev = grpc_completion_queue_next(f->cq, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);

		if (ev.type == GRPC_QUEUE_SHUTDOWN)
			return NULL;
		if (ev.tag == f) /* the server has shut down: no call is left */
			grpc_completion_queue_shutdown(f->cq);
		else
			fake_step(ev.tag, ev.success);
	}
}

struct fake_cri *fake_cri_start(const char *socket_path)
{
	struct fake_cri *f = kn_calloc(1, sizeof(*f));
	kn_auto_free char *addr = kn_sprintf("unix:%s", socket_path);
	grpc_server_credentials *creds;
	int bound;

	setenv("GRPC_ENABLE_FORK_SUPPORT", "0", 0);
	setenv("GRPC_VERBOSITY", "NONE", 0);
	grpc_init();
	pthread_mutex_init(&f->lock, NULL);
	f->cq = grpc_completion_queue_create_for_next(NULL);
	f->server = grpc_server_create(NULL, NULL);
	grpc_server_register_completion_queue(f->server, f->cq, NULL);
	creds = grpc_insecure_server_credentials_create();
	bound = grpc_server_add_http2_port(f->server, addr, creds);
	grpc_server_credentials_release(creds);
	grpc_server_start(f->server);
	if (bound)
		fake_expect(f);
	if (pthread_create(&f->thread, NULL, fake_run, f))
		abort();
	return bound ? f : fake_cri_stop(f);
}

struct fake_cri *fake_cri_stop(struct fake_cri *f)
{
	if (!f)
		return NULL;
	pthread_mutex_lock(&f->lock);
	f->stopping = true;
	pthread_mutex_unlock(&f->lock);
	grpc_server_shutdown_and_notify(f->server, f->cq, f);
	grpc_server_cancel_all_calls(f->server);
	pthread_join(f->thread, NULL);
	grpc_server_destroy(f->server);
	grpc_completion_queue_destroy(f->cq);
	for (size_t i = 0; i < FAKE_METHODS_MAX; i++) {
		free(f->methods[i].data);
		free(f->methods[i].request);
	}
	pthread_mutex_destroy(&f->lock);
	free(f);
	grpc_shutdown_blocking();
	return NULL;
}

void fake_cri_set(struct fake_cri *f, const char *method, const struct fake_answer *a)
{
	struct fake_method *m;

	pthread_mutex_lock(&f->lock);
	m = fake_method(f, method);
	free(m->data);
	m->len = a->msg ? protobuf_c_message_get_packed_size(a->msg) : a->len;
	m->data = kn_calloc(1, m->len + 1);
	if (a->msg)
		protobuf_c_message_pack(a->msg, m->data);
	else if (a->len)
		memcpy(m->data, a->data, a->len);
	m->messages = a->messages ? a->messages : a->msg || a->data;
	m->code = a->code;
	m->hang = a->hang;
	m->set = true;
	snprintf(m->text, sizeof(m->text), "%s", a->text ? a->text : "");
	pthread_mutex_unlock(&f->lock);
}

unsigned fake_cri_seen(struct fake_cri *f, const char *method)
{
	unsigned n;

	pthread_mutex_lock(&f->lock);
	n = fake_method(f, method)->seen;
	pthread_mutex_unlock(&f->lock);
	return n;
}

unsigned fake_cri_cancelled(struct fake_cri *f, const char *method)
{
	unsigned n;

	pthread_mutex_lock(&f->lock);
	n = fake_method(f, method)->cancelled;
	pthread_mutex_unlock(&f->lock);
	return n;
}

void *fake_cri_request(struct fake_cri *f, const char *method, size_t *len)
{
	struct fake_method *m;
	void *copy = NULL;

	pthread_mutex_lock(&f->lock);
	m = fake_method(f, method);
	if (m->request) {
		copy = kn_calloc(1, m->request_len + 1);
		memcpy(copy, m->request, m->request_len);
		*len = m->request_len;
	}
	pthread_mutex_unlock(&f->lock);
	return copy;
}
