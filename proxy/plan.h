/* SPDX-License-Identifier: Apache-2.0 */
/*
 * From one table to the next as single map operations. Pure. After each operation every service entry in the
 * map refers only to slots that exist: slots are written under a generation nobody uses yet, then the service
 * is switched to it with one update, then the old slots go. A service that is the same in both costs nothing.
 */
#ifndef KN_PROXY_PLAN_H
#define KN_PROXY_PLAN_H

#include "proxy/table.h"

enum kn_op_type { KN_OP_SLOT_SET, KN_OP_SLOT_DEL, KN_OP_SERVICE_SET, KN_OP_SERVICE_DEL };

struct kn_op {
	enum kn_op_type type;
	union {
		struct {
			struct kn_svc_key key;
			struct kn_svc value; /* KN_OP_SERVICE_SET */
		} service;
		struct {
			struct kn_slot_key key;
			struct kn_slot value; /* KN_OP_SLOT_SET */
		} slot;
	};
};

struct kn_plan { /* zero-initialise */
	struct kn_op *ops;
	size_t n, cap;
};

/* old: what the maps hold. want: finished, with ids assigned from old. Appends to plan. */
void kn_plan_make(struct kn_plan *plan, const struct kn_table *old, const struct kn_table *want);
void kn_plan_free(struct kn_plan *plan); /* leaves it empty and usable */
#define kn_auto_plan KN_CLEANUP(kn_plan_free)

#endif
