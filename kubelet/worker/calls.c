// SPDX-License-Identifier: Apache-2.0
/* CRI calls with an owner: all are cancelled when the kubelet goes, and a worker knows how long it waited. */
#include "kubelet/kubelet_private.h"

#include "lib/base/mem.h"

struct kn_call {
	struct kn_list node;
	struct kn_kubelet *k;
	struct kn_worker *w; /* may be NULL */
	struct kn_cri_call *cri;
	kn_cri_done done;
	void *user;
};

static void charge_begin(struct kn_worker *w)
{
	if (w && w->calls_active++ == 0)
		w->calls_since_ns = kn_mono(w->k->clock);
}

static void charge_end(struct kn_worker *w)
{
	if (w && --w->calls_active == 0 && !w->startup.started)
		w->startup.cri_ns += kn_mono(w->k->clock) - w->calls_since_ns;
}

static void on_done(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	static const struct kn_err none = KN_ERR_INIT; /* success comes without one */
	struct kn_call *c = user, copy = *c;

	charge_end(c->w);
	kn_list_del(&c->node);
	free(c);
	copy.done(copy.user, rsp, err ? err : &none);
}

struct kn_call *kn_call_start(struct kn_kubelet *k, struct kn_worker *w, enum kn_cri_method m,
			      const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done, void *user)
{
	struct kn_call *c = kn_calloc(1, sizeof(*c));

	*c = (struct kn_call){.k = k, .w = w, .done = done, .user = user};
	kn_list_append(&k->calls, &c->node);
	charge_begin(w);
	c->cri = kn_cri_call(k->d.cri, m, req, timeout_ns, on_done, c);
	return c;
}

void kn_call_cancel(struct kn_call *c)
{
	kn_cri_cancel(c->cri);
	charge_end(c->w);
	kn_list_del(&c->node);
	free(c);
}

void kn_calls_cancel_all(struct kn_kubelet *k)
{
	while (!kn_list_empty(&k->calls))
		kn_call_cancel(kn_container_of(k->calls.next, struct kn_call, node));
}
