/* SPDX-License-Identifier: Apache-2.0 */
/* Which events become one (client-go/tools/record/events_cache.go). Pure but for its memory, which is
 * bounded: the 4096 keys of each kind that were used last. Times are ns since 1970. */
#ifndef KN_KUBELET_EVENT_CORRELATE_H
#define KN_KUBELET_EVENT_CORRELATE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

struct kn_correlator;
struct kn_event_key {	     /* all strings non-NULL, borrowed */
	const char *object;  /* kind/namespace/name/uid/fieldPath of what it is about */
	const char *subject; /* the same without the fieldPath: what is limited */
	const char *type, *reason, *message;
};
struct kn_event_fate {
	bool drop;
	bool combined;	  /* the message gets the prefix of combined events */
	unsigned count;	  /* above 1: patch the event of this name, */
	const char *name; /* borrowed until the next call; NULL: create a new one */
	int64_t first_ns;
	char key[33]; /* for kn_correlator_named */
};

struct kn_correlator *kn_correlator_new(void);
struct kn_correlator *kn_correlator_free(struct kn_correlator *c);
void kn_correlator_decide(struct kn_correlator *c, const struct kn_event_key *k, int64_t now_ns,
			  struct kn_event_fate *ret);
/* The event of that key was created under this name. */
void kn_correlator_named(struct kn_correlator *c, const char *key, const char *name);

#endif
