// SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause
/*
 * Services at the socket: connect() and sendto() to a Service's address go to one of its backends from the
 * start, so no packet is ever rewritten. Entry points only; what they do is in lib/.
 *
 * Nothing newer than Linux 6.1 is used: no kfuncs.
 */
#include "lib/sockaddr.bpf.h"
#include "lib/lookup.bpf.h"
#include "lib/flow.bpf.h"

#define KN_ALLOW 1
#define KN_DENY 0
#define KN_ECONNREFUSED 111

/* Of the network namespace that kernlet runs in: the node's. */
const volatile __u64 kn_node_netns;

/* 127.0.0.0/8 and ::1, which each network namespace has for itself. */
static __always_inline int kn_is_loopback(const struct kn_addr *a)
{
	if (a->w[0] || a->w[1])
		return 0;
	if (a->w[2] == bpf_htonl(0xffff))
		return (a->w[3] & bpf_htonl(0xff000000)) == bpf_htonl(0x7f000000);
	return !a->w[2] && a->w[3] == bpf_htonl(1);
}

/* The key of every address of the node, if this is one. */
static __always_inline int kn_any_address(struct kn_svc_key *any, const struct kn_svc_key *key)
{
	if (!kn_is_loopback(&key->addr) && !bpf_map_lookup_elem(&kn_local, &key->addr))
		return -1;
	*any = *key;
	any->addr.w[0] = any->addr.w[1] = any->addr.w[3] = 0;
	/* IPv4 stays mapped, and then w[2] is as it was; else it is 0. */
	if (any->addr.w[2] != bpf_htonl(0xffff) || key->addr.w[0] || key->addr.w[1])
		any->addr.w[2] = 0;
	return 0;
}

static __always_inline int kn_forward(struct bpf_sock_addr *ctx, int v6, __u32 rnd)
{
	struct kn_svc_key key = {.proto = kn_sa_proto(ctx)};
	struct kn_slot backend = {0}; /* whole, for a function that is verified on its own */
	struct kn_svc_key any = {0};
	int verdict;
	__u64 netns;

	if (!key.proto)
		return KN_ALLOW;
	kn_sa_get(ctx, v6, &key.addr, &key.port);
	netns = bpf_get_netns_cookie(ctx);
	/* A pod's own loopback is its own business. */
	if (kn_is_loopback(&key.addr) && netns != kn_node_netns)
		return KN_ALLOW;
	verdict = kn_lookup(&key, rnd, netns, &backend);
	if (verdict == KN_NO_SERVICE && !kn_any_address(&any, &key))
		verdict = kn_lookup(&any, rnd, netns, &backend);
	switch (verdict) {
	case KN_BACKEND:
		kn_flow_remember(bpf_get_socket_cookie(ctx), &key, &backend);
		kn_sa_set(ctx, v6, &backend.addr, backend.port);
		return KN_ALLOW;
	case KN_REFUSE:
		/* What a client would see of a port nobody listens on, instead of EPERM. */
		bpf_set_retval(-KN_ECONNREFUSED);
		return KN_DENY;
	default:
		return KN_ALLOW;
	}
}

static __always_inline int kn_reverse(struct bpf_sock_addr *ctx, int v6)
{
	struct kn_flow_key key;
	struct kn_addr addr;
	const struct kn_flow *flow;
	__be16 port;

	if (!kn_sa_proto(ctx))
		return KN_ALLOW;
	kn_sa_get(ctx, v6, &addr, &port);
	kn_flow_key_init(&key, bpf_get_socket_cookie(ctx), &addr, port, kn_sa_proto(ctx));
	flow = bpf_map_lookup_elem(&kn_flows, &key);
	if (flow)
		kn_sa_set(ctx, v6, &flow->addr, flow->port);
	return KN_ALLOW;
}

/* Datagrams of one unconnected socket stay with one backend, as those of one flow do with connection
 * tracking. The cookies count up, so spread them (Knuth's multiplicative hash). */
static __always_inline __u32 kn_sticky(struct bpf_sock_addr *ctx)
{
	return (__u32)(bpf_get_socket_cookie(ctx) * 2654435761u);
}

SEC("cgroup/connect4")
int kn_connect4(struct bpf_sock_addr *ctx)
{
	return kn_forward(ctx, 0, bpf_get_prandom_u32());
}

SEC("cgroup/connect6")
int kn_connect6(struct bpf_sock_addr *ctx)
{
	return kn_forward(ctx, 1, bpf_get_prandom_u32());
}

SEC("cgroup/sendmsg4")
int kn_sendmsg4(struct bpf_sock_addr *ctx)
{
	return kn_forward(ctx, 0, kn_sticky(ctx));
}

SEC("cgroup/sendmsg6")
int kn_sendmsg6(struct bpf_sock_addr *ctx)
{
	return kn_forward(ctx, 1, kn_sticky(ctx));
}

SEC("cgroup/recvmsg4")
int kn_recvmsg4(struct bpf_sock_addr *ctx)
{
	return kn_reverse(ctx, 0);
}

SEC("cgroup/recvmsg6")
int kn_recvmsg6(struct bpf_sock_addr *ctx)
{
	return kn_reverse(ctx, 1);
}

SEC("cgroup/getpeername4")
int kn_getpeername4(struct bpf_sock_addr *ctx)
{
	return kn_reverse(ctx, 0);
}

SEC("cgroup/getpeername6")
int kn_getpeername6(struct bpf_sock_addr *ctx)
{
	return kn_reverse(ctx, 1);
}

char _license[] SEC("license") = "Dual BSD/GPL";
