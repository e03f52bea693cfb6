/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/server/stats.h"

#include <dirent.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/statvfs.h>

#include "kubelet/worker/peek.h"
#include "kubelet/server/stats_priv.h"
#include "lib/base/mem.h"

#define ASK_AGAIN (5 * KN_NSEC_PER_SEC)
#define TIMEOUT (10 * KN_NSEC_PER_SEC)
#define CALLS 3

struct kn_stats_wait {
	struct kn_list node;
	kn_stats_done done;
	void *user;
};

struct kn_stats *kn_stats_new(const struct kn_stats_deps *d)
{
	struct kn_stats *s = kn_calloc(1, sizeof(*s));

	s->d = *d;
	s->arena = kn_arena_new(0);
	kn_cgroup_reader_init(&s->reader, s->arena);
	kn_list_init(&s->waits);
	s->rates = kn_map_new();
	s->timer = kn_timer_new(d->loop, kn_stats_answer, s);
	return s;
}

struct kn_stats *kn_stats_free(struct kn_stats *s)
{
	if (!s)
		return NULL;
	kn_list_for_each_safe (n, &s->waits)
		free(kn_container_of(n, struct kn_stats_wait, node));
	for (int i = 0; i < CALLS; i++) {
		if (s->ask[i].call)
			kn_cri_cancel(s->ask[i].call);
		free(s->ask[i].data);
	}
	kn_timer_free(s->timer);
	kn_map_free(s->rates, free);
	kn_arena_free(s->arena);
	free(s);
	return NULL;
}

/* ---- the runtime's part ---- */

static void on_answer(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_stats_ask *a = user;
	struct kn_stats *s = a->s;

	a->call = NULL;
	if (rsp) { /* kept packed: the answer lives in its callback only */
		free(a->data);
		a->len = protobuf_c_message_get_packed_size(rsp);
		a->data = kn_calloc(1, a->len + 1);
		protobuf_c_message_pack(rsp, a->data);
		a->type = rsp->descriptor;
	}
	for (int i = 0; i < CALLS; i++)
		if (s->ask[i].call)
			return;
	kn_timer_arm(s->timer, 0);
}

static void ask_runtime(struct kn_stats *s)
{
	Cri__ListContainerStatsRequest containers = CRI__LIST_CONTAINER_STATS_REQUEST__INIT;
	Cri__ListPodSandboxStatsRequest pods = CRI__LIST_POD_SANDBOX_STATS_REQUEST__INIT;
	Cri__ImageFsInfoRequest images = CRI__IMAGE_FS_INFO_REQUEST__INIT;
	const ProtobufCMessage *req[CALLS] = {&containers.base, &pods.base, &images.base};
	static const enum kn_cri_method methods[CALLS] = {
		KN_CRI_LIST_CONTAINER_STATS, KN_CRI_LIST_POD_SANDBOX_STATS, KN_CRI_IMAGE_FS_INFO};

	s->asked_ns = kn_mono(kn_loop_clock(s->d.loop));
	for (int i = 0; i < CALLS; i++) {
		s->ask[i].s = s;
		s->ask[i].call = kn_cri_call(s->d.cri, methods[i], req[i], TIMEOUT, on_answer, &s->ask[i]);
	}
}

struct kn_stats_wait *kn_stats_ask(struct kn_stats *s, kn_stats_done done, void *user)
{
	struct kn_stats_wait *w = kn_calloc(1, sizeof(*w));
	int64_t now = kn_mono(kn_loop_clock(s->d.loop));
	bool under_way = s->ask[0].call || s->ask[1].call || s->ask[2].call;

	w->done = done;
	w->user = user;
	kn_list_append(&s->waits, &w->node);
	if (under_way)
		return w;
	if (!s->asked_ns || now - s->asked_ns >= ASK_AGAIN)
		ask_runtime(s);
	else
		kn_timer_arm(s->timer, 0);
	return w;
}

void kn_stats_cancel(struct kn_stats_wait *w)
{
	kn_list_del(&w->node);
	free(w);
}

void kn_stats_answer(void *user)
{
	struct kn_stats *s = user;
	struct kn_stats_snapshot snap;

	if (kn_list_empty(&s->waits))
		return;
	kn_stats_collect(s, &snap);
	while (!kn_list_empty(&s->waits)) {
		struct kn_stats_wait *w = kn_container_of(s->waits.next, struct kn_stats_wait, node);
		kn_stats_done done = w->done;
		void *who = w->user;

		kn_stats_cancel(w);
		done(who, &snap);
	}
	kn_arena_free(snap.arena);
}
