/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <pthread.h>
#include <signal.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <grpc/byte_buffer.h>
#include <grpc/byte_buffer_reader.h>
#include <grpc/grpc.h>
#include <grpc/grpc_security.h>
#include <grpc/support/alloc.h>

#include "cri/channel.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"

/* What gRPC reports as done: the tag of one grpc_call_start_batch. */
struct completion {
	struct completion *next;
	struct kn_rpc *rpc;
	bool is_message; /* a stream's RECV_MESSAGE */
	bool ok;
};

struct kn_rpc {
	struct kn_list node;
	struct kn_channel *ch;
	grpc_call *call;
	const struct kn_rpc_ops *ops;
	void *user;
	bool stream, cancelled;
	unsigned pending; /* batches gRPC still has */
	struct completion start, status, message;
	grpc_metadata_array initial, trailing;
	grpc_byte_buffer *received;
	grpc_status_code code;
	grpc_slice text;
};

struct kn_channel {
	grpc_channel *channel;
	grpc_completion_queue *cq;
	pthread_t thread;
	bool thread_runs;
	int wake_fd;
	struct kn_io *io;
	pthread_mutex_t lock; /* guards first and last: what the thread hands over */
	struct completion *first, **last;
	struct kn_list rpcs;
	bool *freed; /* set while callbacks run: tells them that the channel went away inside one */
};

/* ---- the thread -------------------------------------------------------------------------------- */

static void hand_over(struct kn_channel *ch, struct completion *c)
{
	uint64_t one = 1;
	bool was_empty;

	c->next = NULL;
	pthread_mutex_lock(&ch->lock);
	was_empty = !ch->first;
	*ch->last = c;
	ch->last = &c->next;
	pthread_mutex_unlock(&ch->lock);
	/* One wake-up for any number; a failing write can only mean that one is pending. */
	if (was_empty)
		while (write(ch->wake_fd, &one, sizeof(one)) < 0 && errno == EINTR)
			;
}

static void *wait_for_completions(void *user)
{
	struct kn_channel *ch = user;

	for (;;) {
		grpc_event ev = grpc_completion_queue_next(ch->cq, gpr_inf_future(GPR_CLOCK_MONOTONIC), NULL);
		struct completion *c;

		if (ev.type == GRPC_QUEUE_SHUTDOWN)
			return NULL;
		if (ev.type != GRPC_OP_COMPLETE)
			continue;
		c = ev.tag;
		c->ok = ev.success;
		hand_over(ch, c);
	}
}

static struct completion *take_completions(struct kn_channel *ch)
{
	struct completion *c;

	pthread_mutex_lock(&ch->lock);
	c = ch->first;
	ch->first = NULL;
	ch->last = &ch->first;
	pthread_mutex_unlock(&ch->lock);
	return c;
}

/* ---- one call ---------------------------------------------------------------------------------- */

static void rpc_free(struct kn_rpc *rpc)
{
	kn_list_del(&rpc->node);
	grpc_call_unref(rpc->call);
	grpc_metadata_array_destroy(&rpc->initial);
	grpc_metadata_array_destroy(&rpc->trailing);
	if (rpc->received)
		grpc_byte_buffer_destroy(rpc->received);
	grpc_slice_unref(rpc->text);
	free(rpc);
}

static void start_batch(struct kn_rpc *rpc, const grpc_op *ops, size_t n, struct completion *c)
{
	grpc_call_error e;

	c->rpc = rpc;
	e = grpc_call_start_batch(rpc->call, ops, n, c, NULL);
	/* Refused only for a wrong order of operations: a bug here, for which there is no way on. */
	if (e != GRPC_CALL_OK)
		abort();
	rpc->pending++;
}

static void receive_message(struct kn_rpc *rpc)
{
	grpc_op op = {.op = GRPC_OP_RECV_MESSAGE};

	op.data.recv_message.recv_message = &rpc->received;
	rpc->message.is_message = true;
	start_batch(rpc, &op, 1, &rpc->message);
}

/* Calls back with what was received. False: the channel was freed inside, nothing may be touched. */
static bool deliver_message(struct kn_rpc *rpc, const bool *freed)
{
	grpc_byte_buffer *bb = kn_steal(rpc->received);
	grpc_byte_buffer_reader reader;
	grpc_slice all;

	if (!bb)
		return true;
	if (!rpc->cancelled && grpc_byte_buffer_reader_init(&reader, bb)) {
		all = grpc_byte_buffer_reader_readall(&reader);
		grpc_byte_buffer_reader_destroy(&reader);
		rpc->ops->message(rpc->user, GRPC_SLICE_START_PTR(all), GRPC_SLICE_LENGTH(all));
		grpc_slice_unref(all);
	}
	grpc_byte_buffer_destroy(bb);
	return !*freed;
}

static void finish(struct kn_rpc *rpc)
{
	const struct kn_rpc_ops *ops = rpc->ops;
	void *user = rpc->user;
	bool cancelled = rpc->cancelled;
	int code = (int)rpc->code;
	char *text = grpc_slice_to_c_string(rpc->text);

	rpc_free(rpc);
	if (!cancelled)
		ops->finished(user, code, text);
	gpr_free(text);
}

/* As deliver_message. */
static bool on_completion(struct completion *c, const bool *freed)
{
	struct kn_rpc *rpc = c->rpc;
	bool more = rpc->stream && c->is_message && c->ok && rpc->received;

	rpc->pending--;
	if (!rpc->stream || c->is_message) {
		if (!deliver_message(rpc, freed))
			return false;
	}
	/* A stream has ended when a message comes back as NULL; only then is nothing asked for any more. */
	if (more)
		receive_message(rpc);
	if (rpc->pending == 0)
		finish(rpc);
	return !*freed;
}

static void on_wake(void *user, int fd, uint32_t events)
{
	struct kn_channel *ch = user;
	struct completion *c;
	bool freed = false;
	uint64_t n;

	if (read(fd, &n, sizeof(n)) < 0 && errno == EAGAIN)
		return;
	ch->freed = &freed;
	c = take_completions(ch);
	while (c) {
		struct completion *next = c->next;

		if (!on_completion(c, &freed)) {
			/* kn_channel_free has freed every call, also those of the completions behind this
			 * one. What the callback looked at was still gRPC's memory, so gRPC ends here. */
			grpc_shutdown_blocking();
			return;
		}
		c = next;
	}
	ch->freed = NULL;
}

static gpr_timespec deadline_in(int64_t timeout_ns)
{
	if (timeout_ns == INT64_MAX)
		return gpr_inf_future(GPR_CLOCK_MONOTONIC);
	return gpr_time_add(gpr_now(GPR_CLOCK_MONOTONIC), gpr_time_from_nanos(timeout_ns, GPR_TIMESPAN));
}

static size_t send_ops(grpc_op *op, struct kn_rpc *rpc, grpc_byte_buffer *request)
{
	op[0] = (grpc_op){.op = GRPC_OP_SEND_INITIAL_METADATA};
	op[1] = (grpc_op){.op = GRPC_OP_SEND_MESSAGE};
	op[1].data.send_message.send_message = request;
	op[2] = (grpc_op){.op = GRPC_OP_SEND_CLOSE_FROM_CLIENT};
	op[3] = (grpc_op){.op = GRPC_OP_RECV_INITIAL_METADATA};
	op[3].data.recv_initial_metadata.recv_initial_metadata = &rpc->initial;
	return 4;
}

static grpc_op status_op(struct kn_rpc *rpc)
{
	grpc_op op = {.op = GRPC_OP_RECV_STATUS_ON_CLIENT};

	op.data.recv_status_on_client.trailing_metadata = &rpc->trailing;
	op.data.recv_status_on_client.status = &rpc->code;
	op.data.recv_status_on_client.status_details = &rpc->text;
	return op;
}

struct kn_rpc *kn_rpc_start(struct kn_channel *ch, const char *path, uint8_t *data, size_t len, bool stream,
			    int64_t timeout_ns, const struct kn_rpc_ops *ops, void *user)
{
	struct kn_rpc *rpc = kn_calloc(1, sizeof(*rpc));
	grpc_slice method = grpc_slice_from_copied_string(path);
	grpc_slice body = len ? grpc_slice_new(data, len, free) : (free(data), grpc_empty_slice());
	grpc_byte_buffer *request = grpc_raw_byte_buffer_create(&body, 1);
	grpc_op op[6];
	size_t n;

	rpc->ch = ch;
	rpc->ops = ops;
	rpc->user = user;
	rpc->stream = stream;
	rpc->text = grpc_empty_slice();
	grpc_metadata_array_init(&rpc->initial);
	grpc_metadata_array_init(&rpc->trailing);
	kn_list_append(&ch->rpcs, &rpc->node);
	rpc->call = grpc_channel_create_call(ch->channel, NULL, GRPC_PROPAGATE_DEFAULTS, ch->cq, method, NULL,
					     deadline_in(timeout_ns), NULL);
	n = send_ops(op, rpc, request);
	if (!stream) {
		/* All in one batch: one hand-over a call. */
		op[n] = (grpc_op){.op = GRPC_OP_RECV_MESSAGE};
		op[n++].data.recv_message.recv_message = &rpc->received;
		op[n++] = status_op(rpc);
		start_batch(rpc, op, n, &rpc->start);
	} else {
		grpc_op status = status_op(rpc);

		start_batch(rpc, &status, 1, &rpc->status);
		start_batch(rpc, op, n, &rpc->start);
		receive_message(rpc);
	}
	grpc_byte_buffer_destroy(request);
	grpc_slice_unref(body);
	grpc_slice_unref(method);
	return rpc;
}

void kn_rpc_cancel(struct kn_rpc *rpc)
{
	rpc->cancelled = true;
	grpc_call_cancel(rpc->call, NULL);
}

/* ---- the channel ------------------------------------------------------------------------------- */

static grpc_arg int_arg(const char *key, int value)
{
	grpc_arg a = {.type = GRPC_ARG_INTEGER, .key = (char *)key};

	a.value.integer = value;
	return a;
}

static grpc_channel *create_channel(const char *target)
{
	grpc_arg args[] = {
		int_arg(GRPC_ARG_MAX_RECEIVE_MESSAGE_LENGTH, KN_CHANNEL_MAX_MESSAGE),
		int_arg(GRPC_ARG_INITIAL_RECONNECT_BACKOFF_MS, 100),
		int_arg(GRPC_ARG_MAX_RECONNECT_BACKOFF_MS, 3000),
		/* This one bounds an attempt: a runtime may accept long before it speaks. */
		int_arg(GRPC_ARG_MIN_RECONNECT_BACKOFF_MS, 5000),
		/* The error text travels in a header; 8 KiB, the default, would turn a long one into another
		   error. */
		int_arg(GRPC_ARG_MAX_METADATA_SIZE, 64 * 1024),
		/* A call is sent once; who may be repeated is known further up. */
		int_arg(GRPC_ARG_ENABLE_RETRIES, 0),
		/* A wide window instead of pings that measure one: the peer is on this machine. */
		int_arg(GRPC_ARG_HTTP2_BDP_PROBE, 0),
		int_arg(GRPC_ARG_HTTP2_STREAM_LOOKAHEAD_BYTES, 1024 * 1024),
		/* Not in use here: each costs memory or system calls. */
		int_arg(GRPC_ARG_ENABLE_HTTP_PROXY, 0),
		int_arg(GRPC_ARG_ENABLE_CHANNELZ, 0),
		int_arg(GRPC_ARG_MAX_CHANNEL_TRACE_EVENT_MEMORY_PER_NODE, 0),
		int_arg(GRPC_ARG_SERVICE_CONFIG_DISABLE_RESOLUTION, 1),
		int_arg(GRPC_ARG_INHIBIT_HEALTH_CHECKING, 1),
		/* Connections are this channel's own, not shared behind its back with another's. */
		int_arg(GRPC_ARG_USE_LOCAL_SUBCHANNEL_POOL, 1),
	};
	grpc_channel_args a = {.num_args = KN_ARRAY_SIZE(args), .args = args};
	grpc_channel_credentials *creds = grpc_insecure_credentials_create();
	grpc_channel *ch = grpc_channel_create(target, creds, &a);

	grpc_channel_credentials_release(creds);
	return ch;
}

/* gRPC reads these once, from the environment only; what the user has set stands. */
static void set_grpc_environment(void)
{
	setenv("GRPC_ENABLE_FORK_SUPPORT", "0", 0);
	setenv("GRPC_VERBOSITY", "NONE", 0); /* what fails comes back as a status */
}

static int start_thread(struct kn_channel *ch, struct kn_err *err)
{
	sigset_t all, old;
	int r;

	/* Signals belong to the loop's thread. */
	sigfillset(&all);
	pthread_sigmask(SIG_SETMASK, &all, &old);
	r = pthread_create(&ch->thread, NULL, wait_for_completions, ch);
	pthread_sigmask(SIG_SETMASK, &old, NULL);
	if (r)
		return kn_err_errno(err, r, "thread for the container runtime");
	ch->thread_runs = true;
	pthread_setname_np(ch->thread, "cri");
	return 0;
}

int kn_channel_new(struct kn_channel **ret, struct kn_loop *loop, const char *target, struct kn_err *err)
{
	struct kn_channel *ch = kn_calloc(1, sizeof(*ch));
	int r = 0;

	set_grpc_environment();
	grpc_init();
	kn_list_init(&ch->rpcs);
	ch->last = &ch->first;
	pthread_mutex_init(&ch->lock, NULL);
	ch->cq = grpc_completion_queue_create_for_next(NULL);
	ch->channel = create_channel(target);
	ch->wake_fd = eventfd(0, EFD_CLOEXEC | EFD_NONBLOCK);
	if (ch->wake_fd < 0)
		r = kn_err_errno(err, errno, "eventfd");
	if (r == 0) {
		ch->io = kn_io_new(loop, ch->wake_fd, EPOLLIN, on_wake, ch, err);
		r = ch->io ? start_thread(ch, err) : -EIO;
	}
	if (r < 0) {
		kn_channel_free(ch);
		return r;
	}
	*ret = ch;
	return 0;
}

struct kn_channel *kn_channel_free(struct kn_channel *ch)
{
	bool inside;

	if (!ch)
		return NULL;
	inside = ch->freed;
	if (inside)
		*ch->freed = true;
	kn_list_for_each (n, &ch->rpcs)
		kn_rpc_cancel(kn_container_of(n, struct kn_rpc, node));
	grpc_completion_queue_shutdown(ch->cq);
	if (ch->thread_runs)
		pthread_join(ch->thread, NULL);
	/* The queue is drained: gRPC has none of these calls any more. */
	kn_list_for_each_safe (n, &ch->rpcs)
		rpc_free(kn_container_of(n, struct kn_rpc, node));
	grpc_completion_queue_destroy(ch->cq);
	grpc_channel_destroy(ch->channel);
	kn_io_free(ch->io);
	if (ch->wake_fd >= 0)
		close(ch->wake_fd);
	pthread_mutex_destroy(&ch->lock);
	free(ch);
	/* The plain grpc_shutdown would leave threads to end in the background. Inside a callback: see
	 * on_wake. */
	if (!inside)
		grpc_shutdown_blocking();
	return NULL;
}
