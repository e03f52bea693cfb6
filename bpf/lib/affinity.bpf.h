/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* sessionAffinity ClientIP: a client comes back to the backend it had, until it has been away for too long.
 */
#ifndef KN_BPF_LIB_AFFINITY_H
#define KN_BPF_LIB_AFFINITY_H

#include "lib/slots.bpf.h"

#define KN_NSEC_PER_SEC 1000000000ull

static __always_inline int kn_addr_same(const struct kn_addr *a, const struct kn_addr *b)
{
	return a->w[3] == b->w[3] && a->w[2] == b->w[2] && a->w[1] == b->w[1] && a->w[0] == b->w[0];
}

struct kn_find_slot {
	struct kn_svc svc;
	struct kn_affinity want;
	struct kn_slot out;
	__u32 found; /* slot + 1 */
};

/* bpf_loop (Linux 5.17): 1 ends the loop. */
static long kn_find_one(__u32 i, void *user)
{
	struct kn_find_slot *f = user;

	if (kn_slot_read(&f->svc, i, &f->out) || f->out.port != f->want.port ||
	    !kn_addr_same(&f->out.addr, &f->want.addr))
		return 0;
	f->found = i + 1;
	return 1;
}

/* 0 and the slot's content in out: the client has a backend that is still one of the Service's. */
static __always_inline int kn_affinity_get(const struct kn_svc *svc, __u64 netns, struct kn_slot *out)
{
	struct kn_affinity_key key = {.netns = netns, .id = svc->id};
	struct kn_affinity *a = bpf_map_lookup_elem(&kn_affinities, &key);
	__u64 now = bpf_ktime_get_ns();
	struct kn_find_slot f = {.svc = *svc};

	if (!a || now - a->used_ns > svc->affinity_s * KN_NSEC_PER_SEC)
		return -1;
	if (a->gen == svc->gen && !kn_slot_read(svc, a->slot, out)) {
		a->used_ns = now;
		return 0;
	}
	f.want = *a;
	bpf_loop(svc->count, kn_find_one, &f, 0);
	if (!f.found)
		return -1;
	*out = f.out;
	a->slot = f.found - 1;
	a->gen = svc->gen;
	a->used_ns = now;
	return 0;
}

static __always_inline void kn_affinity_put(const struct kn_svc *svc, __u64 netns, __u32 slot,
					    const struct kn_slot *backend)
{
	struct kn_affinity_key key = {.netns = netns, .id = svc->id};
	struct kn_affinity a = {.used_ns = bpf_ktime_get_ns(),
				.gen = svc->gen,
				.slot = slot,
				.addr = backend->addr,
				.port = backend->port};

	bpf_map_update_elem(&kn_affinities, &key, &a, BPF_ANY);
}

#endif
