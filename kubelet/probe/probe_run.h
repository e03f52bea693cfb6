/* SPDX-License-Identifier: Apache-2.0 */
/* One attempt of a probe: exec through the runtime, httpGet, tcpSocket, grpc (pkg/kubelet/prober/prober.go,
 * pkg/probe). Thin; on the loop. */
#ifndef KN_KUBELET_PROBE_RUN_H
#define KN_KUBELET_PROBE_RUN_H

#include "cri/cri.h"
#include "lib/http/http.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/loop/pool.h"

#define KN_PROBE_OUTPUT_MAX (10 * 1024)

/* ERROR: it could not be asked at all; worth another try. */
enum kn_attempt_outcome { KN_ATTEMPT_GOOD, KN_ATTEMPT_WARNING, KN_ATTEMPT_BAD, KN_ATTEMPT_ERROR };

struct kn_attempt_what { /* borrowed until the end */
	struct kn_loop *loop;
	struct kn_pool *pool;
	struct kn_cri *cri;
	struct kn_http *http;
	const K8s__Probe *probe;
	const K8s__Container *container;
	const char *container_id;
	const char *pod_ip; /* "" : none */
};

struct kn_attempt;
/* text: what an event says behind "Liveness probe failed: "; valid inside. The handle is gone then. Never
 * called before kn_attempt_start has returned. */
typedef void (*kn_attempt_done)(void *user, enum kn_attempt_outcome outcome, const char *text);
struct kn_attempt *kn_attempt_start(const struct kn_attempt_what *what, kn_attempt_done done, void *user);
void kn_attempt_cancel(struct kn_attempt *a); /* NULL accepted; done is not called */

/* ---- between the files of it ---- */

struct kn_tcp_try;
struct kn_grpc_try;

struct kn_attempt {
	struct kn_attempt_what what;
	kn_attempt_done done;
	void *user;
	struct kn_arena *arena;
	int64_t timeout_ns;
	struct kn_timer *soon; /* to end later what was decided at once */
	enum kn_attempt_outcome outcome;
	struct kn_cri_call *exec;
	struct kn_http_call *http;
	const char *url;
	struct kn_tcp_try *tcp;
	struct kn_grpc_try *grpc;
};

void kn_attempt_end(struct kn_attempt *a, enum kn_attempt_outcome outcome, const char *text); /* frees it */
void kn_attempt_end_soon(struct kn_attempt *a, enum kn_attempt_outcome outcome,
			 const char *text); /* copied */

/* probe_tcp.c */
void kn_tcp_try_start(struct kn_attempt *a, const char *host, int port);
void kn_tcp_try_free(struct kn_tcp_try *t);
/* probe_grpc.c */
void kn_grpc_try_start(struct kn_attempt *a, const char *host, int port, const char *service);
void kn_grpc_try_free(struct kn_grpc_try *t);

#endif
