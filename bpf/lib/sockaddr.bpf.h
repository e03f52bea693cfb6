/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* struct bpf_sock_addr of both families as one kind of address, there and back. */
#ifndef KN_BPF_LIB_SOCKADDR_H
#define KN_BPF_LIB_SOCKADDR_H

#include <linux/bpf.h>
#include <linux/in.h>
#include <bpf/bpf_helpers.h>
#include <bpf/bpf_endian.h>
#include "include/kn_maps.h"

#define KN_SOCK_STREAM 1
#define KN_IPPROTO_MPTCP 262 /* same ports and addresses as TCP, and falls back to it */

static __always_inline __u8 kn_sa_proto(const struct bpf_sock_addr *ctx)
{
	if (ctx->protocol == IPPROTO_TCP || ctx->protocol == KN_IPPROTO_MPTCP)
		return IPPROTO_TCP;
	return ctx->protocol == IPPROTO_UDP ? IPPROTO_UDP : 0;
}

static __always_inline void kn_sa_get(const struct bpf_sock_addr *ctx, int v6, struct kn_addr *addr,
				      __be16 *port)
{
	if (v6) {
		addr->w[0] = ctx->user_ip6[0];
		addr->w[1] = ctx->user_ip6[1];
		addr->w[2] = ctx->user_ip6[2];
		addr->w[3] = ctx->user_ip6[3];
	} else {
		addr->w[0] = 0;
		addr->w[1] = 0;
		addr->w[2] = bpf_htonl(0xffff);
		addr->w[3] = ctx->user_ip4;
	}
	*port = (__be16)ctx->user_port;
}

static __always_inline void kn_sa_set(struct bpf_sock_addr *ctx, int v6, const struct kn_addr *addr,
				      __be16 port)
{
	if (v6) {
		ctx->user_ip6[0] = addr->w[0];
		ctx->user_ip6[1] = addr->w[1];
		ctx->user_ip6[2] = addr->w[2];
		ctx->user_ip6[3] = addr->w[3];
	} else {
		ctx->user_ip4 = addr->w[3];
	}
	ctx->user_port = port;
}

#endif
