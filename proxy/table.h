/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The Services and their backends as the maps hold them, or should: a pure model without kernel calls. A
 * table is filled (add_service, then its add_backend calls), finished once, and not changed after that. It
 * owns everything in it. Used on one thread at a time.
 */
#ifndef KN_PROXY_TABLE_H
#define KN_PROXY_TABLE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include "bpf/include/kn_maps.h"

struct kn_backend {
	struct kn_addr addr;
	__be16 port;
	bool ready;
	const char *node; /* may be NULL */
};

struct kn_entry { /* one port of one address of a Service */
	struct kn_svc_key key;
	uint32_t id, gen;    /* 0 until kn_table_assign_ids */
	uint32_t affinity_s; /* sessionAffinity ClientIP; 0: None */
	size_t first, n;     /* its backends: table->backends[first] and on */
	size_t n_slots;	     /* of a table read back: slots the kernel holds, = n unless broken */
	bool broken;	     /* of a table read back: slots are missing, so it is written anew */
	const char *ns, *name, *port_name; /* NULL in a table read back */
};

struct kn_table {
	struct kn_entry *entries; /* sorted by key once finished */
	size_t n_entries, cap_entries;
	struct kn_backend *backends;
	size_t n_backends, cap_backends;
	struct kn_slot_key *orphans; /* of a table read back: slots no service refers to */
	size_t n_orphans, cap_orphans;
	uint32_t next_id;	/* where the search for a free id begins */
	struct kn_arena *arena; /* the strings */
};

struct kn_table *kn_table_new(void);
struct kn_table *kn_table_free(struct kn_table *t);

/* The strings are copied, NULL allowed. */
struct kn_entry *kn_table_add_service(struct kn_table *t, const struct kn_svc_key *key, const char *ns,
				      const char *name, const char *port_name);
/* To the service added last. */
void kn_table_add_backend(struct kn_table *t, const struct kn_addr *addr, __be16 port, const char *node,
			  bool ready);
void kn_table_add_orphan(struct kn_table *t, const struct kn_slot_key *key);

/* Sorts services by key and backends by address and port; drops doubled backends, and of services with one
 * key all but the first added. Returns how many services were dropped. */
size_t kn_table_finish(struct kn_table *t);

/* Gives each service of the finished table t the id it has in old, or one that is free; gen goes up by one
 * where the backends differ from old's. */
void kn_table_assign_ids(struct kn_table *t, const struct kn_table *old);

/* NULL: not there. The table is finished. */
const struct kn_entry *kn_table_find(const struct kn_table *t, const struct kn_svc_key *key);
/* Whether both hold the same backends in the same slots, and the same affinity. */
bool kn_entry_same(const struct kn_table *ta, const struct kn_entry *a, const struct kn_table *tb,
		   const struct kn_entry *b);
int kn_svc_key_cmp(const struct kn_svc_key *a, const struct kn_svc_key *b); /* as memcmp */

#endif
