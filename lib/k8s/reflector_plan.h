/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a reflector decides, without doing it: the next request, what to do after a failure, how long to wait.
 * Within lib/k8s only. Pure. Source: client-go/tools/cache/reflector.go.
 */
#ifndef KN_K8S_REFLECTOR_PLAN_H
#define KN_K8S_REFLECTOR_PLAN_H

#include "lib/base/buf.h"
#include "lib/k8s/client.h"

enum kn_reflector_phase {
	KN_REFLECTOR_IDLE,
	KN_REFLECTOR_LIST,    /* pages of a list */
	KN_REFLECTOR_INITIAL, /* a watch that begins with all there is (KEP-3157) */
	KN_REFLECTOR_WATCH,   /* one that begins at a resourceVersion */
};

#define KN_REFLECTOR_PAGE 500 /* objects, client-go/tools/pager */

struct kn_reflector_query {
	enum kn_reflector_phase phase;
	const char *field_selector, *label_selector; /* not escaped; NULL: none */
	const char *rv;				     /* of WATCH */
	const char *token; /* of LIST: the page before's "continue"; "": the first */
	bool whole;	   /* of LIST: without pages */
	int timeout_s;	   /* of watches */
};
/* Appends the URL's query, escaped, without '?'. */
void kn_reflector_query(struct kn_buf *out, const struct kn_reflector_query *q);

enum kn_reflector_verdict {
	KN_REFLECTOR_RESUME, /* the same again, later: what is in the store still holds */
	KN_REFLECTOR_RELIST, /* later, from the beginning: our resourceVersion is of no use any more */
	KN_REFLECTOR_PLAIN,  /* at once, with LIST: the server knows no streaming lists */
};
/* What an error means in a phase. r->err.code is not 0. */
enum kn_reflector_verdict kn_reflector_judge(enum kn_reflector_phase phase, const struct kn_api_result *r);

struct kn_reflector_backoff { /* zeroed at first */
	int64_t step_ns, until_ns;
};
/* How long to wait before the next attempt, ns: 0.8 s doubling to 30 s, of that a random half at least;
 * again from 0.8 s when the last wait was over more than 2 min ago. random: 32 random bits. */
int64_t kn_reflector_backoff(struct kn_reflector_backoff *b, int64_t now_ns, uint32_t random);

#endif
