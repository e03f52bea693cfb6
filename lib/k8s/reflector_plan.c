// SPDX-License-Identifier: Apache-2.0
#include <ctype.h>
#include <string.h>

#include "lib/k8s/reflector_plan.h"

#define STEP_FIRST (800 * KN_NSEC_PER_MSEC)
#define STEP_MAX (30 * KN_NSEC_PER_SEC)
#define HEALTHY (120 * KN_NSEC_PER_SEC)

/* RFC 3986, section 2.3: all but the unreserved characters. */
static void add_escaped(struct kn_buf *out, const char *name, const char *value)
{
	kn_buf_addf(out, "%s%s=", out->len ? "&" : "", name);
	for (const unsigned char *p = (const unsigned char *)value; *p; p++) {
		if (*p < 0x80 && (isalnum(*p) || strchr("-._~", *p)))
			kn_buf_add(out, p, 1);
		else
			kn_buf_addf(out, "%%%02X", *p);
	}
}

void kn_reflector_query(struct kn_buf *out, const struct kn_reflector_query *q)
{
	kn_auto_buf struct kn_buf own = {0};

	if (q->field_selector)
		add_escaped(&own, "fieldSelector", q->field_selector);
	if (q->label_selector)
		add_escaped(&own, "labelSelector", q->label_selector);
	if (q->phase == KN_REFLECTOR_LIST) {
		if (!q->whole)
			kn_buf_addf(&own, "%slimit=%d", own.len ? "&" : "", KN_REFLECTOR_PAGE);
		if (q->token && *q->token)
			add_escaped(&own, "continue", q->token);
	} else {
		kn_buf_addf(&own, "%swatch=true&allowWatchBookmarks=true&timeoutSeconds=%d",
			    own.len ? "&" : "", q->timeout_s);
		if (q->phase == KN_REFLECTOR_INITIAL)
			kn_buf_adds(&own, "&sendInitialEvents=true&resourceVersionMatch=NotOlderThan");
		else
			add_escaped(&own, "resourceVersion", q->rv);
	}
	if (own.len)
		kn_buf_add(out, own.data, own.len);
}

/* 422 is what a server says whose WatchList feature is off, 400 one that doesn't know the parameters, and one
 * whose etcd is older than 3.4.31 sends an InternalError into the stream. */
enum kn_reflector_verdict kn_reflector_judge(enum kn_reflector_phase phase, const struct kn_api_result *r)
{
	bool refused = r->status == 400 || r->status == 422 || !strcmp(r->reason, "Invalid") ||
		       !strcmp(r->reason, "BadRequest");

	if (r->status == 410 || !strcmp(r->reason, "Expired") || !strcmp(r->reason, "Gone"))
		return KN_REFLECTOR_RELIST;
	/* The server's own data are older than ours: it was restored from a backup. */
	if (strstr(r->err.msg, "Too large resource version"))
		return KN_REFLECTOR_RELIST;
	if ((refused || !strcmp(r->reason, "InternalError")) && phase == KN_REFLECTOR_INITIAL)
		return KN_REFLECTOR_PLAIN;
	return refused ? KN_REFLECTOR_RELIST : KN_REFLECTOR_RESUME;
}

int64_t kn_reflector_backoff(struct kn_reflector_backoff *b, int64_t now_ns, uint32_t random)
{
	int64_t wait;

	if (!b->step_ns || now_ns - b->until_ns > HEALTHY)
		b->step_ns = STEP_FIRST;
	else
		b->step_ns = b->step_ns * 2 < STEP_MAX ? b->step_ns * 2 : STEP_MAX;
	wait = b->step_ns / 2 + (int64_t)((double)(b->step_ns / 2) * random / UINT32_MAX);
	b->until_ns = now_ns + wait;
	return wait;
}
