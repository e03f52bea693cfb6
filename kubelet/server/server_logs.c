/* SPDX-License-Identifier: Apache-2.0 */
/* /containerLogs: the runtime's file as a stream (pkg/kubelet/server/server.go getContainerLogs,
 * kubelet_pods.go validateContainerLogStatus, k8s.io/cri-client/pkg/logs ReadLogs). */
#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/inotify.h>
#include <sys/stat.h>

#include "kubelet/log/cri_log.h"
#include "kubelet/server/server_log_options.h"
#include "kubelet/server/server_priv.h"
#include "lib/base/mem.h"

#define BLOCK (16u * 1024)
/* Looked again at least that often: inotify can be out of watches, and tells nothing of the container. */
#define CHECK KN_NSEC_PER_SEC

struct stream {
	struct kn_server *s;
	struct kn_httpd_request *r;
	struct kn_log_options o;
	char *path, *ns, *pod, *id; /* id: the container's, to see whether it still runs */
	int fd;
	off_t at;
	off_t end; /* without follow: where the file ended when asked; -1 */
	int64_t since_ns;
	int64_t lines_left; /* of the file, with tailLines and without follow; -1: no limit */
	bool new_line;	    /* the next piece begins a line */
	bool last;	    /* the container has ended, or the file was replaced: once more to the end */
	bool over;
	struct kn_cri_log_reader reader;
	struct kn_timer *timer;
	sd_event_source *inotify;
};

static void stream_free(void *user)
{
	struct stream *t = user;

	sd_event_source_disable_unref(t->inotify);
	kn_timer_free(t->timer);
	kn_cri_log_reader_free(&t->reader);
	if (t->fd >= 0)
		close(t->fd);
	free(t->path);
	free(t->ns);
	free(t->pod);
	free(t->id);
	free(t);
}

static void end(struct stream *t)
{
	t->over = true;
	kn_timer_disarm(t->timer);
	kn_httpd_stream_end(t->r);
}

/* ---- lines ---- */

static bool out(struct stream *t, const char *data, size_t len)
{
	if (t->o.limit >= 0 && (int64_t)len > t->o.limit)
		len = (size_t)t->o.limit;
	kn_httpd_stream_write(t->r, data, len);
	if (t->o.limit >= 0)
		t->o.limit -= (int64_t)len;
	return t->o.limit != 0;
}

static bool write_line(struct stream *t, const struct kn_cri_log_line *l)
{
	bool first = t->new_line;
	char stamp[64];

	t->new_line = !l->partial;
	if (l->time_ns < t->since_ns || (l->is_stderr ? !t->o.err : !t->o.out))
		return true;
	if (t->o.timestamps && first) {
		kn_cri_log_stamp(l, stamp);
		if (!out(t, stamp, strlen(stamp)) || !out(t, " ", 1))
			return false;
	}
	return out(t, l->text, l->len) && (l->partial || out(t, "\n", 1));
}

static bool on_line(void *user, const struct kn_cri_log_line *l)
{
	struct stream *t = user;

	return t->lines_left && write_line(t, l) && (t->lines_left < 0 || --t->lines_left);
}

/* What a file without a last newline ends with. */
static void rest(struct stream *t)
{
	struct kn_cri_log_line l;

	if (t->reader.held.len && !t->reader.cutting &&
	    !kn_cri_log_parse(t->reader.held.data, t->reader.held.len, &l)) {
		l.partial = true;
		on_line(t, &l);
	}
}

/* ---- the file ---- */

static bool runs(const struct stream *t)
{
	struct kn_pod_peek p;

	if (!kn_peek_pod(t->s->d.kubelet, t->ns, t->pod, &p) || !p.seen)
		return false;
	for (size_t i = 0; i < p.seen->n_containers; i++)
		if (!strcmp(p.seen->containers[i].id, t->id))
			return p.seen->containers[i].state == KN_OBS_RUNNING;
	return false;
}

static bool replaced(const struct stream *t)
{
	struct stat now, have;

	return stat(t->path, &now) == 0 && fstat(t->fd, &have) == 0 &&
	       (now.st_ino != have.st_ino || now.st_dev != have.st_dev);
}

/* The log was rotated, and what the old file held has been sent. */
static bool reopen(struct stream *t)
{
	int fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return false;
	close(t->fd);
	t->fd = fd;
	t->at = 0;
	return true;
}

/* At the end of the file. true: there may be more right now. */
static bool at_end(struct stream *t)
{
	bool is_new;

	if (!t->o.follow) {
		rest(t);
		end(t);
		return false;
	}
	is_new = replaced(t);
	if (!t->last) {
		t->last = is_new || !runs(t);
		if (t->last)
			return true; /* what was written meanwhile */
		kn_timer_arm(t->timer, CHECK);
		return false;
	}
	t->last = false;
	if (is_new && reopen(t))
		return true;
	end(t);
	return false;
}

static void more(void *user)
{
	struct stream *t = user;
	char buf[BLOCK];

	while (!t->over && kn_httpd_stream_room(t->r) >= 2 * BLOCK) {
		size_t want = sizeof(buf);
		ssize_t n;

		if (t->end >= 0 && (off_t)want > t->end - t->at)
			want = (size_t)(t->end - t->at);
		n = want ? pread(t->fd, buf, want, t->at) : 0;
		if (n < 0) {
			kn_httpd_stream_abort(t->r);
			t->over = true;
		} else if (n == 0) {
			if (!at_end(t))
				break;
		} else {
			t->at += n;
			if (!kn_cri_log_feed(&t->reader, buf, (size_t)n, on_line, t))
				end(t);
		}
	}
}

static void on_timer(void *user)
{
	more(user);
}

static int on_inotify(sd_event_source *src, const struct inotify_event *ev, void *user)
{
	struct stream *t = user;

	if (!t->over)
		kn_timer_arm(t->timer, 0);
	return 0;
}

static void follow(struct stream *t)
{
	char *dir kn_auto_free = kn_strdup(t->path), *slash = strrchr(dir, '/');

	if (!slash)
		return;
	*slash = '\0';
	/* Failing that, the timer looks. */
	sd_event_add_inotify(kn_loop_event(t->s->d.loop), &t->inotify, dir,
			     IN_MODIFY | IN_CREATE | IN_MOVED_TO | IN_MOVED_FROM | IN_DELETE, on_inotify, t);
}

/* ---- which file ---- */

/* Why there is no log, in the words of validateContainerLogStatus. Returns the run, or NULL with text. */
static const struct kn_obs_container *choose(const struct kn_container_view *v, const char *pod,
					     bool previous, char *text, size_t size)
{
	if (previous) {
		if (!v->last)
			snprintf(text, size, "previous terminated container \"%s\" in pod \"%s\" not found",
				 v->name, pod);
		return v->last;
	}
	if (v->state != KN_VIEW_WAITING && v->seen)
		return v->seen;
	if (v->last)
		return v->last;
	if (v->state == KN_VIEW_TERMINATED)
		snprintf(text, size, "container \"%s\" in pod \"%s\" is terminated", v->name, pod);
	else if (!strcmp(v->reason ? v->reason : "", "ErrImagePull"))
		snprintf(text, size,
			 "container \"%s\" in pod \"%s\" is waiting to start: image can't be pulled", v->name,
			 pod);
	else if (!strcmp(v->reason ? v->reason : "", "ImagePullBackOff"))
		snprintf(text, size,
			 "container \"%s\" in pod \"%s\" is waiting to start: trying and failing to pull "
			 "image",
			 v->name, pod);
	else
		snprintf(text, size, "container \"%s\" in pod \"%s\" is waiting to start: %s", v->name, pod,
			 v->reason ? v->reason : "ContainerCreating");
	return NULL;
}

static char *log_path(struct kn_server *s, const struct kn_pod_peek *p, const char *name,
		      const struct kn_obs_container *c)
{
	if (c->log_path && *c->log_path)
		return kn_strdup(c->log_path);
	return kn_sprintf("%s/%s_%s_%s/%s/%u.log", s->d.node->pod_logs_dir, p->pod->ns, p->pod->name,
			  p->pod->uid, name, c->restarts);
}

static void start(struct kn_server *s, struct kn_httpd_request *r, const struct kn_log_options *o,
		  const struct kn_pod_peek *p, const char *name, const struct kn_obs_container *c)
{
	struct stream *t = kn_calloc(1, sizeof(*t));
	struct stat st = {0};
	int64_t from = 0;

	*t = (struct stream){.s = s,
			     .r = r,
			     .o = *o,
			     .end = -1,
			     .new_line = true,
			     .since_ns = o->since_ns,
			     .lines_left = o->follow ? -1 : o->tail};
	t->path = log_path(s, p, name, c);
	t->ns = kn_strdup(p->pod->ns);
	t->pod = kn_strdup(p->pod->name);
	t->id = kn_strdup(c->id);
	t->timer = kn_timer_new(s->d.loop, on_timer, t);
	t->fd = open(t->path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);
	kn_httpd_on_closed(r, stream_free, t);
	if (t->fd < 0 || fstat(t->fd, &st) < 0 || !S_ISREG(st.st_mode) ||
	    (o->tail >= 0 && kn_cri_log_tail(t->fd, (uint64_t)o->tail, &from, NULL))) {
		/* Upstream has begun the answer by then. */
		kn_httpd_answer_text(r, 200, "failed to open log file \"%s\": %s\n", t->path,
				     strerror(errno));
		return;
	}
	t->at = from;
	if (o->follow)
		follow(t);
	else
		t->end = st.st_size;
	kn_httpd_stream(r, 200, "text/plain", more, t);
	if (o->limit == 0)
		end(t);
}

static void on_param(void *user, const char *name, const char *value)
{
	kn_log_options_param(user, name, value);
}

void kn_server_container_logs(struct kn_server *s, struct kn_httpd_request *r, const struct kn_route_match *m)
{
	struct kn_log_options o;
	struct kn_pod_peek p;
	struct kn_status st = {0};
	const struct kn_obs_container *run = NULL;
	char text[1024] = "";
	int status;

	kn_log_options_init(&o);
	kn_httpd_each_param(r, on_param, &o);
	status = kn_log_options_finish(&o, kn_real(kn_loop_clock(s->d.loop)));
	if (status != 200) {
		kn_httpd_answer_text(r, status, "{\"message\": \"%s\"}",
				     status == 400 ? "Unable to decode query." : "Invalid request.");
		return;
	}
	if (!kn_peek_pod(s->d.kubelet, m->ns, m->pod, &p)) {
		kn_httpd_answer_text(r, 404, "pod \"%s\" does not exist", m->pod);
		return;
	}
	kn_status_make(&st, p.pod, p.seen, p.waiting, p.terminating);
	snprintf(text, sizeof(text), "container \"%s\" not found in pod \"%s\"", m->container, m->pod);
	status = 404;
	for (size_t i = 0; i < st.n; i++)
		if (!strcmp(st.containers[i].name, m->container)) {
			status = 400;
			run = choose(&st.containers[i], m->pod, o.previous, text, sizeof(text));
			break;
		}
	if (run)
		start(s, r, &o, &p, m->container, run);
	else
		kn_httpd_answer_text(r, status, "%s", text);
	kn_status_free(&st);
}
