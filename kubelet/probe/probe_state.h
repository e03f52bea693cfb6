/* SPDX-License-Identifier: Apache-2.0 */
/*
 * What a probe's answers add up to. Pure: answers and times in, verdicts out (pkg/kubelet/prober/worker.go
 * and prober_manager.go). One state for each probe of one container's run; times are ns since 1970.
 */
#ifndef KN_KUBELET_PROBE_STATE_H
#define KN_KUBELET_PROBE_STATE_H

#include <stdbool.h>
#include <stdint.h>

enum kn_probe_type { KN_PROBE_STARTUP, KN_PROBE_LIVENESS, KN_PROBE_READINESS, KN_PROBE_TYPES };
enum kn_probe_result { KN_PROBE_UNKNOWN, KN_PROBE_SUCCESS, KN_PROBE_FAILURE };
const char *kn_probe_type_name(enum kn_probe_type t); /* "Startup", "Liveness", "Readiness" */

/* Of one container, for the plan and the status. All false: nothing speaks against it, also when it has no
 * probes. Holds for the run that is seen at present. */
struct kn_probe_verdict {
	bool unstarted; /* its startup probe hasn't succeeded yet */
	bool unready;	/* not started, or its readiness probe hasn't succeeded, or fails */
	bool startup_failed, liveness_failed; /* to be killed for it */
};

struct kn_probe_limits {
	unsigned success, failure; /* thresholds; 0 counts as 1 */
	int64_t initial_delay_ns;
};

struct kn_probe_state {
	enum kn_probe_type type;
	enum kn_probe_result result; /* what holds */
	enum kn_probe_result last;   /* of the last answer */
	unsigned run;		     /* how often that came in a row */
	bool on_hold;		     /* decided: nothing more until the container's next run */
};

/* A new run of the container: readiness begins as failed, liveness as good, startup as unknown. */
void kn_probe_state_begin(struct kn_probe_state *s, enum kn_probe_type type);
/* A run that was going on before this daemon was: what held then, if it is known (success), stands until the
 * probe says otherwise, so that a restart of the daemon takes no pod out of service. */
void kn_probe_state_adopt(struct kn_probe_state *s, enum kn_probe_type type, bool success);
/* An answer (not UNKNOWN). True: result has changed. */
bool kn_probe_state_answer(struct kn_probe_state *s, const struct kn_probe_limits *l,
			   enum kn_probe_result answer);

/* Whether the probe has its turn: started is the container's (for startup probes it means that they are
 * done), terminating the pod's. */
bool kn_probe_state_due(const struct kn_probe_state *s, bool started, bool terminating);
/* When to ask next. asked_ns: when it was asked last (0: not yet). Readiness is asked as soon as the initial
 * delay is over; the others at the ticks of PHASE + n * PERIOD, as upstream's workers, so that a container
 * has the time that failureThreshold * periodSeconds promises. Afterwards every period. */
int64_t kn_probe_state_next(enum kn_probe_type type, int64_t begun_ns, int64_t delay_ns, int64_t phase_ns,
			    int64_t period_ns, int64_t asked_ns, int64_t now_ns);

/* The verdict of a container's probes; a NULL state: it has no such probe. assume_started: it ran before this
 * daemon did, and nobody knows whether it had started: taken as started until the startup probe fails. */
void kn_probe_verdict_make(struct kn_probe_verdict *out, const struct kn_probe_state *startup,
			   const struct kn_probe_state *liveness, const struct kn_probe_state *readiness,
			   bool assume_started);

#endif
