// SPDX-License-Identifier: Apache-2.0
/* Looks at the size of running containers' logs and has them rotated, one at a time. */
#include "kubelet/kubelet_private.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <time.h>
#include "lib/base/mem.h"

#define MAX_BYTES (10 * 1024 * 1024)
#define MAX_FILES 5
#define INTERVAL (10 * KN_NSEC_PER_SEC)

struct kn_log_watch {
	struct kn_kubelet *k;
	struct kn_log_limits limits;
	struct kn_timer *timer;
	struct job *job; /* under way, or NULL */
};

struct job { /* outlives the watch while the pool works on it */
	struct kn_log_watch *watch;
	char *path, *id, *renamed;
	unsigned max_files;
	struct kn_err err;
};

static void job_free(struct job *j)
{
	if (j->watch)
		j->watch->job = NULL;
	free(j->path);
	free(j->id);
	free(j->renamed);
	free(j);
}

static void failed(struct job *j, const char *what)
{
	kn_warn(j->watch->k->d.log, "Failed to rotate a container's log", "path", j->path, "container", j->id,
		"err", what);
}

static void on_reopened(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct job *j = user;

	if (err->code) {
		failed(j, err->msg);
		/* It goes on writing where it did; with the old name the next turn tries again. */
		if (renameat2(AT_FDCWD, j->renamed, AT_FDCWD, j->path, RENAME_NOREPLACE) < 0)
			failed(j, strerror(errno));
	}
	kn_timer_arm(j->watch->timer, 0); /* there may be others */
	job_free(j);
}

/* A name that is taken would be overwritten. */
static char *free_name(const char *path, int64_t real_ns)
{
	char stamp[32];
	time_t t = real_ns / KN_NSEC_PER_SEC;
	struct tm tm;
	struct stat st;

	for (;; t++) {
		gmtime_r(&t, &tm);
		strftime(stamp, sizeof(stamp), "%Y%m%d-%H%M%S", &tm);
		char *name = kn_sprintf("%s.%s", path, stamp);
		if (lstat(name, &st) < 0)
			return name;
		free(name);
	}
}

static void on_tidied(void *user)
{
	Cri__ReopenContainerLogRequest req = CRI__REOPEN_CONTAINER_LOG_REQUEST__INIT;
	struct job *j = user;

	if (!j->watch) {
		job_free(j);
		return;
	}
	if (j->err.code)
		failed(j, j->err.msg); /* rotated nevertheless: a full disk would be worse */
	j->renamed = free_name(j->path, kn_real(j->watch->k->clock));
	if (rename(j->path, j->renamed) < 0) {
		failed(j, strerror(errno));
		job_free(j);
		return;
	}
	req.container_id = j->id;
	kn_call_start(j->watch->k, NULL, KN_CRI_REOPEN_CONTAINER_LOG, &req.base, KN_CRI_TIMEOUT_DEFAULT,
		      on_reopened, j);
}

static void work(void *user)
{
	struct job *j = user;

	kn_log_tidy(j->path, j->max_files, &j->err);
}

static void start_job(struct kn_log_watch *l, const struct kn_obs_container *c)
{
	struct job *j = kn_calloc(1, sizeof(*j));

	*j = (struct job){.watch = l, .max_files = l->limits.max_files};
	j->path = kn_strdup(c->log_path);
	j->id = kn_strdup(c->id);
	l->job = j;
	kn_pool_submit(l->k->d.pool, work, on_tidied, j);
}

static const struct kn_obs_container *too_large(struct kn_log_watch *l)
{
	void *value;
	size_t it = 0;

	while (kn_map_next(l->k->workers, &it, NULL, &value)) {
		const struct kn_worker *w = value;

		for (size_t i = 0; w->seen && !w->gone && i < w->seen->n_containers; i++) {
			const struct kn_obs_container *c = &w->seen->containers[i];
			struct stat st;

			if (c->state == KN_OBS_RUNNING && c->log_path && !lstat(c->log_path, &st) &&
			    S_ISREG(st.st_mode) && st.st_size >= l->limits.max_bytes)
				return c;
		}
	}
	return NULL;
}

static void on_timer(void *user)
{
	struct kn_log_watch *l = user;
	const struct kn_obs_container *c;

	kn_timer_arm(l->timer, l->limits.interval_ns);
	if (l->job)
		return;
	c = too_large(l);
	if (c)
		start_job(l, c);
}

struct kn_log_watch *kn_log_watch_new(struct kn_kubelet *k, const struct kn_log_limits *limits)
{
	struct kn_log_watch *l = kn_calloc(1, sizeof(*l));

	l->k = k;
	l->limits = *limits;
	if (!l->limits.max_bytes)
		l->limits.max_bytes = MAX_BYTES;
	if (!l->limits.max_files)
		l->limits.max_files = MAX_FILES;
	if (!l->limits.interval_ns)
		l->limits.interval_ns = INTERVAL;
	l->timer = kn_timer_new(k->d.loop, on_timer, l);
	if (l->limits.max_bytes > 0)
		kn_timer_arm(l->timer, l->limits.interval_ns);
	return l;
}

struct kn_log_watch *kn_log_watch_free(struct kn_log_watch *l)
{
	if (!l)
		return NULL;
	kn_timer_free(l->timer);
	if (l->job && !l->job->renamed)
		l->job->watch = NULL; /* the pool has it yet */
	else if (l->job)
		job_free(l->job); /* its call was cancelled */
	free(l);
	return NULL;
}
