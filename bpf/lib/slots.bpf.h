/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* One backend of a Service, read so that a change meanwhile is noticed. */
#ifndef KN_BPF_LIB_SLOTS_H
#define KN_BPF_LIB_SLOTS_H

#include "lib/maps.bpf.h"

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

#endif
