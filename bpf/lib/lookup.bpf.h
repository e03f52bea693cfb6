/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the address a client asks for to a backend. */
#ifndef KN_BPF_LIB_LOOKUP_H
#define KN_BPF_LIB_LOOKUP_H

#include "lib/maps.bpf.h"

enum kn_verdict {
	KN_NO_SERVICE, /* not ours: leave the address alone */
	KN_BACKEND,    /* out is filled */
	KN_REFUSE,     /* a Service without backends */
};

/* How often a lookup is begun again when the Service's backends were replaced meanwhile. */
#define KN_LOOKUP_TRIES 4

static __always_inline int kn_slot_read(const struct kn_svc *svc, __u32 slot, struct kn_slot *out)
{
	struct kn_slot_key key = {.id = svc->id, .gen = svc->gen, .slot = slot};
	const volatile struct kn_slot *v = bpf_map_lookup_elem(&kn_slots, &key);

	if (!v)
		return -1;
	out->addr.w[0] = v->addr.w[0];
	out->addr.w[1] = v->addr.w[1];
	out->addr.w[2] = v->addr.w[2];
	out->addr.w[3] = v->addr.w[3];
	out->port = v->port;
	/* Last, see struct kn_slot. */
	return v->id == svc->id && v->gen == svc->gen ? 0 : -1;
}

/* rnd chooses among the backends: the same number gives the same backend as long as the backends are the
 * same. */
static __always_inline enum kn_verdict kn_lookup(const struct kn_svc_key *key, __u32 rnd, struct kn_slot *out)
{
	for (int i = 0; i < KN_LOOKUP_TRIES; i++) {
		const volatile struct kn_svc *v = bpf_map_lookup_elem(&kn_services, key);
		struct kn_svc svc;

		if (!v)
			return KN_NO_SERVICE;
		svc.id = v->id;
		svc.gen = v->gen;
		svc.count = v->count;
		if (!svc.count)
			return KN_REFUSE;
		/* Multiply and shift instead of a remainder: even enough, and no division. */
		if (!kn_slot_read(&svc, ((__u64)rnd * svc.count) >> 32, out))
			return KN_BACKEND;
	}
	return KN_REFUSE;
}

#endif
