/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* From the address a client asks for to a backend. */
#ifndef KN_BPF_LIB_LOOKUP_H
#define KN_BPF_LIB_LOOKUP_H

#include "lib/affinity.bpf.h"

enum kn_verdict {
	KN_NO_SERVICE, /* not ours: leave the address alone */
	KN_BACKEND,    /* out is filled */
	KN_REFUSE,     /* a Service without backends */
};

/* How often a lookup is begun again when the Service's backends were replaced meanwhile. */
#define KN_LOOKUP_TRIES 4

/* rnd chooses among the backends: the same number gives the same backend as long as the backends are the
 * same. netns: the client, for affinity. Returns an enum kn_verdict. A function of its own, not static: so
 * the verifier looks at it once and not once a path that leads to it, which is most of the time that loading
 * takes. */
__noinline int kn_lookup(const struct kn_svc_key *asked, __u32 rnd, __u64 netns, struct kn_slot *out)
{
	struct kn_svc_key key; /* a copy: Linux 6.1 wants keys on the function's own stack */

	if (!asked || !out)
		return KN_NO_SERVICE;
	key = *asked;
	for (int i = 0; i < KN_LOOKUP_TRIES; i++) {
		const volatile struct kn_svc *v = bpf_map_lookup_elem(&kn_services, &key);
		struct kn_svc svc;
		__u32 slot;

		if (!v)
			return KN_NO_SERVICE;
		svc.id = v->id;
		svc.gen = v->gen;
		svc.count = v->count;
		svc.affinity_s = v->affinity_s;
		if (!svc.count)
			return KN_REFUSE;
		if (svc.affinity_s && !kn_affinity_get(&svc, netns, out))
			return KN_BACKEND;
		/* Multiply and shift instead of a remainder: even enough, and no division. */
		slot = ((__u64)rnd * svc.count) >> 32;
		if (kn_slot_read(&svc, slot, out))
			continue;
		if (svc.affinity_s)
			kn_affinity_put(&svc, netns, slot, out);
		return KN_BACKEND;
	}
	return KN_REFUSE;
}

#endif
