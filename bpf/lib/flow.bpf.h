/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* Which Service a socket's backend stands for: so that getpeername and recvfrom show the address that was
 * asked for. */
#ifndef KN_BPF_LIB_FLOW_H
#define KN_BPF_LIB_FLOW_H

#include "lib/maps.bpf.h"

static __always_inline void kn_flow_key_init(struct kn_flow_key *key, __u64 cookie,
					     const struct kn_addr *addr, __be16 port, __u8 proto)
{
	__builtin_memset(key, 0, sizeof(*key));
	key->cookie = cookie;
	key->addr = *addr;
	key->port = port;
	key->proto = proto;
}

static __always_inline void kn_flow_remember(__u64 cookie, const struct kn_svc_key *svc,
					     const struct kn_slot *backend)
{
	struct kn_flow_key key;
	struct kn_flow flow = {.addr = svc->addr, .port = svc->port};
	const struct kn_flow *old;

	kn_flow_key_init(&key, cookie, &backend->addr, backend->port, svc->proto);
	/* A lookup is several times cheaper than an update, and marks the entry as used too. */
	old = bpf_map_lookup_elem(&kn_flows, &key);
	if (old && old->port == flow.port && old->addr.w[3] == flow.addr.w[3] &&
	    old->addr.w[2] == flow.addr.w[2] && old->addr.w[1] == flow.addr.w[1] &&
	    old->addr.w[0] == flow.addr.w[0])
		return;
	/* Without room only the shown address suffers: go on. */
	bpf_map_update_elem(&kn_flows, &key, &flow, BPF_ANY);
}

#endif
