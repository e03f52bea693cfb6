// SPDX-License-Identifier: Apache-2.0
#include "kubelet/probe/probe_state.h"

#include <stddef.h>

const char *kn_probe_type_name(enum kn_probe_type t)
{
	static const char *const names[] = {"Startup", "Liveness", "Readiness"};

	return names[t];
}

void kn_probe_state_begin(struct kn_probe_state *s, enum kn_probe_type type)
{
	static const enum kn_probe_result first[] = {KN_PROBE_UNKNOWN, KN_PROBE_SUCCESS, KN_PROBE_FAILURE};

	*s = (struct kn_probe_state){.type = type, .result = first[type]};
}

void kn_probe_state_adopt(struct kn_probe_state *s, enum kn_probe_type type, bool success)
{
	kn_probe_state_begin(s, type);
	if (!success)
		return;
	s->result = KN_PROBE_SUCCESS;
	s->on_hold = type == KN_PROBE_STARTUP;
}

bool kn_probe_state_answer(struct kn_probe_state *s, const struct kn_probe_limits *l,
			   enum kn_probe_result answer)
{
	enum kn_probe_result before = s->result;

	if (s->on_hold)
		return false;
	s->run = s->last == answer ? s->run + 1 : 1;
	s->last = answer;
	if (s->run < (answer == KN_PROBE_SUCCESS ? l->success : l->failure))
		return false;
	s->result = answer;
	/* A container that is to be killed isn't probed while it dies; one that has started isn't asked
	 * again.
	 */
	if (s->type == KN_PROBE_STARTUP || (s->type == KN_PROBE_LIVENESS && answer == KN_PROBE_FAILURE)) {
		s->on_hold = true;
		s->run = 0;
	}
	return s->result != before;
}

bool kn_probe_state_due(const struct kn_probe_state *s, bool started, bool terminating)
{
	if (s->on_hold)
		return false;
	if (s->type == KN_PROBE_READINESS)
		return started;
	return !terminating && (s->type == KN_PROBE_STARTUP || started);
}

int64_t kn_probe_state_next(enum kn_probe_type type, int64_t begun_ns, int64_t delay_ns, int64_t phase_ns,
			    int64_t period_ns, int64_t asked_ns, int64_t now_ns)
{
	int64_t first = begun_ns + delay_ns;

	if (asked_ns) {
		int64_t next = asked_ns + period_ns;

		return next > now_ns ? next : now_ns;
	}
	if (first < now_ns)
		first = now_ns;
	if (type == KN_PROBE_READINESS || phase_ns >= first)
		return type == KN_PROBE_READINESS ? first : phase_ns;
	return phase_ns + (first - phase_ns + period_ns - 1) / period_ns * period_ns;
}

void kn_probe_verdict_make(struct kn_probe_verdict *out, const struct kn_probe_state *startup,
			   const struct kn_probe_state *liveness, const struct kn_probe_state *readiness,
			   bool assume_started)
{
	bool unknown = startup && startup->result == KN_PROBE_UNKNOWN;
	struct kn_probe_verdict v = {0};

	v.startup_failed = startup && startup->result == KN_PROBE_FAILURE;
	v.unstarted = v.startup_failed || (unknown && !assume_started);
	v.unready = v.unstarted || (readiness && readiness->result != KN_PROBE_SUCCESS);
	v.liveness_failed = liveness && liveness->result == KN_PROBE_FAILURE;
	*out = v;
}
