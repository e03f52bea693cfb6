/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/*
 * The one agreement between the BPF programs and user space: what the maps hold. Fixed widths, explicit
 * padding, sizes asserted. Any change of a struct, or of what a field means, raises KN_MAPS_LAYOUT: the pins
 * live in a folder named after it, so programs and maps of two layouts never mix.
 *
 * Addresses are 16 bytes in network order for both families; IPv4 is ::ffff:a.b.c.d (RFC 4291, 2.5.5.2).
 * Ports are in network order.
 */
#ifndef KN_BPF_MAPS_H
#define KN_BPF_MAPS_H

#include <linux/types.h>

#define KN_MAPS_LAYOUT 2

#define KN_MAPS_SERVICES 262144
#define KN_MAPS_SLOTS 1048576
#define KN_MAPS_FLOWS 65536
#define KN_MAPS_AFFINITY 65536
#define KN_MAPS_LOCAL 4096

struct kn_addr {
	__be32 w[4];
};
_Static_assert(sizeof(struct kn_addr) == 16, "layout");

/* services: what a client asks for. The unspecified address of a family stands for every address of the node
 * (NodePort, hostPort without hostIP): asked for when the address itself has no entry and is in kn_local. */
struct kn_svc_key {
	struct kn_addr addr;
	__be16 port;
	__u8 proto; /* IPPROTO_TCP or IPPROTO_UDP */
	__u8 pad;
};
_Static_assert(sizeof(struct kn_svc_key) == 20, "layout");

/* A service's backends are the slots {id, gen, 0..count-1}. id stays with the service for life, gen changes
 * with each change of its backends. */
struct kn_svc {
	__u32 id;
	__u32 gen;
	__u32 count;	  /* 0: connections are refused */
	__u32 affinity_s; /* sessionAffinity ClientIP: how long a client stays with its backend; 0: None */
};
_Static_assert(sizeof(struct kn_svc) == 16, "layout");

struct kn_slot_key {
	__u32 id;
	__u32 gen;
	__u32 slot;
};
_Static_assert(sizeof(struct kn_slot_key) == 12, "layout");

/*
 * id and gen repeat the key. The kernel may hand a deleted element's memory to another key while a program
 * still reads it; a writer fills the value front to back, so a reader that copies the address first and
 * compares id and gen after it notices.
 */
struct kn_slot {
	__u32 id;
	__u32 gen;
	struct kn_addr addr;
	__be16 port;
	__u16 pad;
};
_Static_assert(sizeof(struct kn_slot) == 28, "layout");

/* flows: for a socket and the backend it was sent to, the address the client had asked for */
struct kn_flow_key {
	__u64 cookie;
	struct kn_addr addr; /* the backend's */
	__be16 port;
	__u8 proto;
	__u8 pad[5];
};
_Static_assert(sizeof(struct kn_flow_key) == 32, "layout");

struct kn_flow {
	struct kn_addr addr; /* the Service's */
	__be16 port;
	__u16 pad;
};
_Static_assert(sizeof(struct kn_flow) == 20, "layout");

/* affinity: the backend that a client of a Service had last. At the socket a client is its network namespace:
 * a pod has one address, and so have the node's own processes. */
struct kn_affinity_key {
	__u64 netns;
	__u32 id; /* of the Service */
	__u32 pad;
};
_Static_assert(sizeof(struct kn_affinity_key) == 16, "layout");

/* The slot holds as long as the generation does; after a change the backend is looked for by its address. */
struct kn_affinity {
	__u64 used_ns; /* CLOCK_MONOTONIC */
	__u32 gen;
	__u32 slot;
	struct kn_addr addr;
	__be16 port;
	__u16 pad[3];
};
_Static_assert(sizeof(struct kn_affinity) == 40, "layout");

/* local: the node's own addresses, as keys; the value has no meaning */

#endif
