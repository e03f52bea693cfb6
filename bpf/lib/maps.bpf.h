/* SPDX-License-Identifier: GPL-2.0-only OR BSD-2-Clause */
/* The maps. User space sets max_entries before loading; the hashes take memory only for what they hold. */
#ifndef KN_BPF_LIB_MAPS_H
#define KN_BPF_LIB_MAPS_H

#include <linux/bpf.h>
#include <bpf/bpf_helpers.h>
#include "include/kn_maps.h"

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KN_MAPS_SERVICES);
	__type(key, struct kn_svc_key);
	__type(value, struct kn_svc);
} kn_services SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KN_MAPS_SLOTS);
	__type(key, struct kn_slot_key);
	__type(value, struct kn_slot);
} kn_slots SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KN_MAPS_FLOWS);
	__type(key, struct kn_flow_key);
	__type(value, struct kn_flow);
} kn_flows SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_LRU_HASH);
	__uint(max_entries, KN_MAPS_AFFINITY);
	__type(key, struct kn_affinity_key);
	__type(value, struct kn_affinity);
} kn_affinities SEC(".maps");

struct {
	__uint(type, BPF_MAP_TYPE_HASH);
	__uint(map_flags, BPF_F_NO_PREALLOC);
	__uint(max_entries, KN_MAPS_LOCAL);
	__type(key, struct kn_addr);
	__type(value, __u8);
} kn_local SEC(".maps");

#endif
