/* SPDX-License-Identifier: Apache-2.0 */
/*
 * CRI v1 client: a plain C interface over the runtime's socket. Only channel.c knows gRPC.
 *
 * Calls are started on the loop and answered on the loop, in any order; a call that hangs holds up nobody
 * else. gRPC status codes become errnos (kn_cri_errno, status.h): NOT_FOUND ENOENT, ALREADY_EXISTS EEXIST,
 * UNIMPLEMENTED ENOSYS, UNAVAILABLE ECONNREFUSED, DEADLINE_EXCEEDED ETIMEDOUT, CANCELLED ECANCELED,
 * INVALID_ARGUMENT EINVAL, FAILED_PRECONDITION EBUSY, RESOURCE_EXHAUSTED EMSGSIZE, PERMISSION_DENIED EACCES,
 * UNAUTHENTICATED EACCES, else EIO. kn_err.msg holds the runtime's own message, as `rpc error: code =
 * NotFound desc = ...` (what users of the kubelet see).
 */
#ifndef KN_CRI_CRI_H
#define KN_CRI_CRI_H

#include "lib/loop/loop.h"
#include "lib/base/log.h"
#include "cri/api.pb-c.h"

struct kn_cri;
struct kn_cri_call;

/* In the order of the table in methods.c. */
enum kn_cri_method {
	KN_CRI_VERSION,
	KN_CRI_STATUS,
	KN_CRI_RUNTIME_CONFIG,
	KN_CRI_RUN_POD_SANDBOX,
	KN_CRI_STOP_POD_SANDBOX,
	KN_CRI_REMOVE_POD_SANDBOX,
	KN_CRI_POD_SANDBOX_STATUS,
	KN_CRI_LIST_POD_SANDBOX,
	KN_CRI_CREATE_CONTAINER,
	KN_CRI_START_CONTAINER,
	KN_CRI_STOP_CONTAINER,
	KN_CRI_REMOVE_CONTAINER,
	KN_CRI_LIST_CONTAINERS,
	KN_CRI_CONTAINER_STATUS,
	KN_CRI_EXEC_SYNC,
	KN_CRI_REOPEN_CONTAINER_LOG,
	KN_CRI_UPDATE_RUNTIME_CONFIG,
	KN_CRI_CONTAINER_STATS,
	KN_CRI_LIST_CONTAINER_STATS,
	KN_CRI_POD_SANDBOX_STATS,
	KN_CRI_LIST_POD_SANDBOX_STATS,
	KN_CRI_EXEC,
	KN_CRI_ATTACH,
	KN_CRI_PORT_FORWARD,
	KN_CRI_UPDATE_CONTAINER_RESOURCES,
	KN_CRI_LIST_METRIC_DESCRIPTORS,
	KN_CRI_LIST_POD_SANDBOX_METRICS,
	KN_CRI_CHECKPOINT_CONTAINER,
	KN_CRI_IMAGE_STATUS,
	KN_CRI_PULL_IMAGE,
	KN_CRI_LIST_IMAGES,
	KN_CRI_REMOVE_IMAGE,
	KN_CRI_IMAGE_FS_INFO,
	KN_CRI_METHOD_COUNT
};

struct kn_cri_method_info {
	const char *name; /* "RunPodSandbox" */
	const char *path; /* "/runtime.v1.RuntimeService/RunPodSandbox" */
	const ProtobufCMessageDescriptor *request, *response;
};
const struct kn_cri_method_info *kn_cri_method(enum kn_cri_method m);

struct kn_cri_stats { /* of one method, since start; what is under way or was cancelled isn't in it */
	uint64_t calls, errors; /* errors are calls too */
	int64_t time_ns;	/* sum over finished calls */
};

/* endpoint: "unix:///run/containerd/containerd.sock" or a path; -EINVAL for another kind, -ENAMETOOLONG for
 * what a socket's address can't hold. Doesn't connect: the first call does. With nobody listening calls fail
 * at once, and the next attempt to connect comes after 100 ms at first, 3 s at most. Signals are to be
 * blocked before this, since gRPC starts threads; it reads GRPC_* environment variables. */
int kn_cri_new(struct kn_cri **ret, struct kn_loop *loop, const char *endpoint, const struct kn_log *log,
	       struct kn_err *err);
/* Cancels all calls and streams: nothing is called back any more. Also inside a callback. Calls' handles are
 * gone; a stream still wants its kn_cri_events_stop. */
struct kn_cri *kn_cri_free(struct kn_cri *c);
const struct kn_cri_stats *kn_cri_method_stats(const struct kn_cri *c, enum kn_cri_method m);

/* rsp is NULL on error and valid only inside done. */
typedef void (*kn_cri_done)(void *user, const ProtobufCMessage *rsp, const struct kn_err *err);

#define KN_CRI_TIMEOUT_DEFAULT (120 * KN_NSEC_PER_SEC) /* runtimeRequestTimeout's default */
#define KN_CRI_TIMEOUT_NONE INT64_MAX		       /* PullImage */
/* Starts a call; req is serialised before this returns. done is always called exactly once, later, from the
 * loop, unless the call is cancelled or the client freed. The handle is valid until done runs; may be
 * ignored. */
struct kn_cri_call *kn_cri_call(struct kn_cri *c, enum kn_cri_method m, const ProtobufCMessage *req,
				int64_t timeout_ns, kn_cri_done done, void *user);
void kn_cri_cancel(struct kn_cri_call *call); /* done will not be called */

/* Container events (GetContainerEvents): on_event for each message (valid inside the callback); on_end once,
 * when the stream can't be had or broke: ENOSYS when the runtime doesn't implement it, EPIPE when it ended
 * the stream, EPROTO for an event that can't be decoded, else as a call's. Not started again by itself. Freed
 * by kn_cri_events_stop, also inside on_event and on_end. */
struct kn_cri_events;
struct kn_cri_events *kn_cri_events_start(struct kn_cri *c,
					  void (*on_event)(void *user, const Cri__ContainerEventResponse *ev),
					  void (*on_end)(void *user, const struct kn_err *err), void *user);
struct kn_cri_events *kn_cri_events_stop(struct kn_cri_events *e);

#endif
