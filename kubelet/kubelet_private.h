/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Between the files of the kubelet core. All on the loop's thread.
 *
 * Each pod has a worker that goes round: look (pod_look.c), plan (pod_plan.c), act (pod_act.c and what it
 * calls), until the plan is empty; then it rests until it is woken (pleg.c, a change of the wanted set, its
 * timer). It acts only on a look of its own that is fresh, so a runtime that is away makes it do nothing.
 * Asynchronous steps end by calling kn_worker_acted or kn_worker_looked, once each.
 */
#ifndef KN_KUBELET_PRIVATE_H
#define KN_KUBELET_PRIVATE_H

#include "kubelet/kubelet.h"
#include "kubelet/pod/pod_plan.h"
#include "kubelet/status/pod_status.h"
#include "kubelet/volume/tokens.h"
#include "kubelet/volume/volumes.h"
#include "lib/base/list.h"

#define KN_RESYNC (60 * KN_NSEC_PER_SEC)
#define KN_RETRY (10 * KN_NSEC_PER_SEC)
#define KN_NETWORK_RETRY KN_NSEC_PER_SEC

struct kn_call; /* a CRI call that belongs to a worker or the kubelet, cancelled with it */
struct kn_pleg;
struct kn_start;
struct kn_probes;
struct kn_kill;
struct kn_log_watch;
struct kn_image_watch;
struct kn_ensure;

struct kn_startup { /* ns of CLOCK_MONOTONIC; 0: not reached */
	int64_t seen, dirs, sandbox, image, created, started;
	int64_t cri_ns; /* spent waiting for the runtime until started */
};

struct kn_worker {
	struct kn_kubelet *k;
	char *uid, *ns, *name;
	struct kn_pod *pod;   /* NULL: an orphan */
	struct kn_pod *newer; /* to take over when not busy, or NULL */
	void (*prepared)(struct kn_worker *w);
	struct kn_obs_pod *seen;    /* the last look, or NULL */
	struct kn_waiting *waiting; /* by container index */
	int64_t *hold_ns;	    /* by container index; since 1970 */
	int64_t sandbox_hold_ns;
	bool busy, again; /* again: woken while busy */
	bool terminating, finished, gone;
	bool over;	 /* gone, and only waits for its object to go */
	bool rejected;	 /* not let in: its status is said */
	bool report_due; /* of its status, by k->reports */
	bool has_grace;	 /* grace_s is set: by the API server */
	int64_t grace_s;
	char *fail_reason, *fail_message; /* why it failed as a whole, or NULL */
	bool begun;			  /* nobody else has its name any more */
	bool dirs_ready, cgroup_ready;
	enum kn_phase final_phase; /* if finished */
	int64_t terminating_since_ns;
	unsigned looks; /* answers outstanding */
	bool look_failed;
	struct kn_obs_pod *look; /* being put together */
	struct kn_plan plan;
	size_t next_act;
	unsigned parallel;     /* kills outstanding */
	unsigned cgroup_tries; /* to remove it; gone only */
	struct kn_call *pull;  /* PullImage under way: to be given up when the pod is to go */
	struct kn_timer *timer;
	struct kn_startup startup;
	uint64_t digest;  /* of the last look or the last relist */
	uint64_t sum;	  /* of the relist under way */
	unsigned relist;  /* its stamp */
	bool did, failed; /* of the present plan: something was done; something must be tried again later */
	struct kn_probes *probes; /* probe.c; NULL: none */
	struct kn_map *resized;	  /* resize.c: container id -> what it was given last; NULL: none */
	unsigned resizing;
	struct kn_kill *kills;	    /* container_kill.c: under way */
	struct kn_volumes *volumes; /* worker_volumes.c; NULL: not begun */
	bool volumes_failed;	    /* it is held back for one */
	void (*volumes_closed)(struct kn_worker *w);
	struct kn_start_config *start_config; /* start_config.c: under way, or NULL */
	const K8s__Container *start_container;
	struct kn_image_user image_user; /* of the container that is being started; name is malloc'd */
	struct kn_start *start;		 /* a container on its way (pod_start.c), or NULL */
	struct kn_ensure *start_pull;	 /* its image (image_pull.c), or NULL */
	unsigned calls_active;
	int64_t calls_since_ns;
};

struct kn_runtime_state {
	char *name, *version;
	char message[512];
	bool reachable, network_ready, ready, pending, told;
	int64_t next_log_ns, log_every_ns;
	int64_t last_ok_ns, poked_ns; /* monotonic */
	struct kn_arena *arena;	      /* of status */
	Cri__StatusResponse *status;  /* the last answer, or NULL */
	struct kn_timer *timer;
};

struct kn_kubelet {
	struct kn_kubelet_deps d;
	const struct kn_clock *clock;
	struct kn_map *workers; /* uid -> kn_worker */
	struct kn_pod **wanted;
	size_t n_wanted;
	struct kn_map *wanted_by_uid; /* of the same */
	struct kn_object *node;	      /* NULL: not known, anything may come in */
	bool sources_ready;
	bool listed; /* all that runs has a worker */
	struct kn_backoff *restarts, *pulls;
	struct kn_list calls;
	struct kn_runtime_state runtime;
	struct kn_pleg *pleg;
	struct kn_refs *refs;
	struct kn_tokens *tokens;
	struct kn_lookup lookup; /* of both; without functions when there is no API server */
	struct kn_log_watch *logs;
	struct kn_image_watch *images;
	struct kn_http *http; /* of probes and hooks: never reuses a connection */
	struct kn_timer *housekeeping;
	struct kn_timer *reports;
	int64_t started_ns; /* of CLOCK_MONOTONIC */
	unsigned rounds;
};

/* calls.c: as kn_cri_call; cancelled by kn_calls_cancel. w (NULL: none) is charged for the time. */
struct kn_call *kn_call_start(struct kn_kubelet *k, struct kn_worker *w, enum kn_cri_method m,
			      const ProtobufCMessage *req, int64_t timeout_ns, kn_cri_done done, void *user);
void kn_call_cancel(struct kn_call *c); /* done is not called */
void kn_calls_cancel_all(struct kn_kubelet *k);

/* pod_worker.c */
struct kn_worker *kn_worker_new(struct kn_kubelet *k, struct kn_pod *pod, const char *uid, const char *ns,
				const char *name); /* pod NULL: an orphan, terminating from the start */
struct kn_worker *kn_worker_free(struct kn_worker *w);
void kn_worker_wake(struct kn_worker *w);
void kn_worker_update(struct kn_worker *w, struct kn_pod *pod);
void kn_worker_terminate(struct kn_worker *w);
void kn_worker_looked(struct kn_worker *w, bool good);

/* worker_change.c */
void kn_worker_begin(struct kn_worker *w); /* new: takes what the API server's object says of its state */
void kn_worker_take_over(struct kn_worker *w, struct kn_pod *pod); /* takes the reference; not while busy */
int64_t kn_worker_grace(const struct kn_worker *w);		   /* seconds; -1: the containers' own */
/* The pod failed as a whole: its containers are stopped, and it stays so. */
void kn_worker_fail(struct kn_worker *w, const char *reason, const char *message);
/* Fails it when its deadline is over; else when that is, since 1970; 0: it has none. */
int64_t kn_worker_deadline(struct kn_worker *w);

/* worker_report.c: what the API server is told. All do nothing without one. */
void kn_worker_report(struct kn_worker *w);    /* something of its status may have changed; cheap */
void kn_worker_last_word(struct kn_worker *w); /* nothing of it is left here */
void kn_worker_reject(struct kn_worker *w, const char *reason, const char *message);
void kn_worker_event(struct kn_worker *w, bool bad, const char *reason, const char *container,
		     const char *message);
void kn_kubelet_reports(void *kubelet); /* timer */

void kn_worker_acted(struct kn_worker *w);	 /* the present act is over, well or not */
int64_t kn_worker_retry_ns(void);		 /* 10 to 15 s */
int64_t kn_worker_retry_at(struct kn_worker *w); /* that from now, since 1970 */
void kn_worker_log(struct kn_worker *w, bool bad, const char *reason, const char *container,
		   const char *message);
void kn_worker_wait(struct kn_worker *w, unsigned index, const char *reason, const char *message,
		    int64_t hold_ns);
void kn_worker_no_wait(struct kn_worker *w, unsigned index);

void kn_worker_look(struct kn_worker *w); /* pod_look.c; ends with kn_worker_looked */
void kn_worker_act(struct kn_worker *w);  /* pod_act.c: does plan.acts[next_act]; ends with kn_worker_acted */
/* Folders and cgroup, once in a worker's life; next runs when they are there, else kn_worker_acted. */
void kn_worker_prepare(struct kn_worker *w, void (*next)(struct kn_worker *w)); /* pod_sandbox.c */
void kn_act_sandbox(struct kn_worker *w);					/* pod_sandbox.c */
void kn_act_start(struct kn_worker *w);						/* pod_start.c */
void kn_start_abandon(struct kn_worker *w); /* frees what belongs to the start; nothing is called back */
/* If a postStart hook is running: it is given up, with kn_worker_acted. False: there is none. */
bool kn_start_give_up(struct kn_worker *w);
/* container_kill.c: the preStop hook and the runtime's stop, both in grace_s; message is the event's. name
 * (NULL: not known) finds the container's definition in w->pod. done is called once, not before this has
 * returned. */
typedef void (*kn_kill_done)(struct kn_worker *w, const struct kn_err *err);
void kn_kill_start(struct kn_worker *w, const char *id, const char *name, int64_t grace_s,
		   const char *message, kn_kill_done done);
void kn_kills_abandon(
	struct kn_worker *w);	       /* frees them; their CRI calls are cancelled by the owner of calls */
void kn_act_kill(struct kn_worker *w); /* pod_kill.c: all kills that stand next to each other, at once */
void kn_kill_sooner(struct kn_worker *w); /* the grace became shorter while they are under way */
void kn_act_stop_sandbox(struct kn_worker *w, const char *id, bool remove);
void kn_act_remove_container(struct kn_worker *w, const char *id);
void kn_worker_cleanup(
	struct kn_worker *w); /* pod_kill.c: folders and cgroup; ends by kn_kubelet_worker_gone */
/* pod_kill.c: its second half, called again by the worker's timer while the cgroup is busy. */
void kn_worker_cleanup_cgroup(struct kn_worker *w);

/* start_config.c: binds the container's sub-paths. subpaths, by index of volumeMounts, is valid inside done,
 * which may be called before this returns. */
typedef void (*kn_start_config_done)(struct kn_worker *w, const char *const *subpaths,
				     const struct kn_err *err);
void kn_start_config(struct kn_worker *w, const K8s__Container *c, kn_start_config_done done);
void kn_start_config_abandon(struct kn_worker *w); /* nothing is called back */
/* What kn_gen_container is to know, but the sub-paths. */
int kn_start_extra(struct kn_worker *w, struct kn_arena *a, struct kn_gen_extra *ret, struct kn_err *err);
/* The pod's addresses, the node's with hostNetwork; borrowed from w and a. */
const char *const *kn_worker_ips(const struct kn_worker *w, struct kn_arena *a);

/* image_pull.c: makes sure that the image is there. ref is the runtime's identifier; NULL: reason and err say
 * why not (hold_ns: not again before, since 1970). Strings are valid inside done only. */
typedef void (*kn_image_done)(struct kn_worker *w, const char *ref, const char *reason, const char *message,
			      int64_t hold_ns);
void kn_image_ensure(struct kn_worker *w, const K8s__Container *c, Cri__PodSandboxConfig *sandbox,
		     kn_image_done done);
void kn_image_abandon(struct kn_worker *w); /* frees what belongs to it; nothing is called back */

/* probe.c: follows what is seen and leaves the verdicts in w->waiting[].probes: after each look, and when the
 * pod was changed. Wakes the worker when an answer changes what the plan goes by. */
void kn_probes_look(struct kn_worker *w);
struct kn_probes *kn_probes_free(struct kn_probes *p);
/* The address that probes and hooks ask when they name none; "": there is none. Borrowed from w. */
const char *kn_worker_ip(const struct kn_worker *w);

/* worker_volumes.c */
void kn_kubelet_refs_start(struct kn_kubelet *k);
void kn_kubelet_refs_stop(struct kn_kubelet *k);
void kn_worker_volumes_look(struct kn_worker *w); /* at each look: the volumes of what runs are kept fresh */
void kn_worker_volumes_setup(struct kn_worker *w, kn_volumes_done done); /* done's user is w */
void kn_worker_volumes_update(struct kn_worker *w);			 /* w->pod was changed */
/* Nothing of them is under way any more when done runs. */
void kn_worker_volumes_close(struct kn_worker *w, void (*done)(struct kn_worker *w));
void kn_worker_volumes_free(struct kn_worker *w);

/* start_special.c: its stop signal, and the target of an ephemeral container. ENOENT: that isn't there.
 * Borrows from w->seen. */
int kn_start_special(const struct kn_worker *w, struct kn_arena *a, const K8s__Container *c,
		     Cri__ContainerConfig *config, struct kn_err *err);

/* resize.c: after each look; updates what runs with other resources than the pod wants by now, and notes in
 * w->waiting what must be restarted for it. */
void kn_resize_look(struct kn_worker *w);
void kn_resize_forget(struct kn_worker *w);

/* log_watch.c */
struct kn_log_watch *kn_log_watch_new(struct kn_kubelet *k, const struct kn_log_limits *limits);
struct kn_log_watch *kn_log_watch_free(struct kn_log_watch *l);

/* image_watch.c */
struct kn_image_watch *kn_image_watch_new(struct kn_kubelet *k, const struct kn_image_limits *limits);
struct kn_image_watch *kn_image_watch_free(struct kn_image_watch *w);

/* pleg.c */
struct kn_pleg *kn_pleg_new(struct kn_kubelet *k);
struct kn_pleg *kn_pleg_free(struct kn_pleg *p);
void kn_pleg_kick(struct kn_pleg *p); /* relist now */

/* runtime_state.c */
void kn_runtime_state_start(struct kn_kubelet *k);
void kn_runtime_state_stop(struct kn_kubelet *k);

/* kubelet.c */
void kn_kubelet_worker_gone(struct kn_worker *w); /* frees it, starts who waited for its name */
void kn_kubelet_reconcile(struct kn_kubelet *k);
void kn_kubelet_admit(struct kn_worker *w); /* admit.c: a new pod; rejects it if it doesn't fit the Node */
void kn_kubelet_tell(struct kn_kubelet *k); /* view.c: something others want to know may have changed */
bool kn_kubelet_may_begin(const struct kn_worker *w);
void kn_kubelet_wake_all(struct kn_kubelet *k);

#endif
