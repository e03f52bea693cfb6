// SPDX-License-Identifier: Apache-2.0
/* A worker's volumes and what its pod refers to: from its first look until its folders are taken away. */
#include "kubelet/kubelet_private.h"

#include <string.h>
#include "lib/base/mem.h"

static enum kn_ref_state object(void *user, enum kn_ref_kind kind, const char *ns, const char *name,
				const ProtobufCMessage **ret, struct kn_err *err)
{
	const struct kn_kubelet *k = user;

	return kn_refs_get(k->refs, kind, ns, name, ret, err);
}

static enum kn_ref_state token(void *user, struct kn_pod *p, const K8s__ServiceAccountTokenProjection *want,
			       const char **ret, struct kn_err *err)
{
	const struct kn_kubelet *k = user;

	return kn_tokens_get(k->tokens, p, want, ret, err);
}

/* What waited for an object of the API server, or was refused for want of it, is tried again at once. */
static void on_changed(void *user, const char *uid)
{
	struct kn_kubelet *k = user;
	struct kn_worker *w = kn_map_get(k->workers, uid);
	unsigned n = w && w->pod ? kn_pod_container_count(w->pod) : 0;
	bool wake = false;

	if (!w || !w->volumes)
		return;
	for (unsigned i = 0; i < n; i++) {
		const char *reason = w->waiting[i].reason;

		if (!reason || (strcmp(reason, "CreateContainerConfigError") != 0 && !w->volumes_failed))
			continue;
		w->hold_ns[i] = 0;
		wake = true;
	}
	if (w->volumes_failed) {
		w->volumes_failed = false;
		w->sandbox_hold_ns = 0;
		wake = true;
	}
	kn_volumes_changed(w->volumes);
	if (wake)
		kn_worker_wake(w);
}

void kn_kubelet_refs_start(struct kn_kubelet *k)
{
	const struct kn_refs_config refs = {
		.loop = k->d.loop, .client = k->d.client, .log = k->d.log, .changed = on_changed, .user = k};
	const struct kn_tokens_config tokens = {
		.loop = k->d.loop, .client = k->d.client, .log = k->d.log, .changed = on_changed, .user = k};

	k->refs = kn_refs_new(&refs);
	k->tokens = kn_tokens_new(&tokens);
	k->lookup = (struct kn_lookup){.user = k};
	if (!k->d.client)
		return;
	k->lookup.object = object;
	k->lookup.token = token;
}

void kn_kubelet_refs_stop(struct kn_kubelet *k)
{
	k->refs = kn_refs_free(k->refs);
	k->tokens = kn_tokens_free(k->tokens);
}

void kn_kubelet_connect(struct kn_kubelet *k, struct kn_client *client)
{
	kn_kubelet_refs_stop(k);
	k->d.client = client;
	kn_kubelet_refs_start(k);
}

static void on_refresh_failed(void *user, const char *message)
{
	kn_worker_log(user, true, "FailedMount", NULL, message);
}

static void begin(struct kn_worker *w)
{
	const struct kn_volumes_config c = {.loop = w->k->d.loop,
					    .pool = w->k->d.pool,
					    .node = w->k->d.node,
					    .lookup = w->k->lookup,
					    .failed = on_refresh_failed,
					    .user = w};

	kn_refs_hold(w->k->refs, w->pod);
	w->volumes = kn_volumes_new(&c, w->pod);
}

void kn_worker_volumes_look(struct kn_worker *w)
{
	const struct kn_obs_sandbox *sandbox = w->seen ? kn_obs_newest(w->seen) : NULL;

	if (w->volumes || !w->pod || w->terminating || w->finished)
		return;
	begin(w);
	/* After a restart of the daemon: its containers run, and nobody will ask for a setup. */
	if (sandbox && sandbox->ready)
		kn_volumes_changed(w->volumes);
}

void kn_worker_volumes_setup(struct kn_worker *w, kn_volumes_done done)
{
	if (!w->volumes)
		begin(w);
	w->volumes_failed = false;
	kn_volumes_setup(w->volumes, done, w);
}

void kn_worker_volumes_update(struct kn_worker *w)
{
	if (!w->volumes)
		return;
	kn_refs_hold(w->k->refs, w->pod);
	kn_volumes_update(w->volumes, w->pod);
}

static void on_closed(void *user)
{
	struct kn_worker *w = user;
	void (*done)(struct kn_worker *) = kn_steal(w->volumes_closed);

	kn_worker_volumes_free(w);
	done(w);
}

void kn_worker_volumes_close(struct kn_worker *w, void (*done)(struct kn_worker *w))
{
	w->volumes_closed = done;
	if (w->volumes)
		kn_volumes_close(w->volumes, on_closed, w);
	else
		on_closed(w);
}

void kn_worker_volumes_free(struct kn_worker *w)
{
	if (!w->volumes)
		return;
	w->volumes = kn_volumes_free(w->volumes);
	if (!w->k->refs)
		return; /* the kubelet goes: all are let go of together */
	kn_refs_release(w->k->refs, w->uid);
	kn_tokens_drop(w->k->tokens, w->uid);
}
