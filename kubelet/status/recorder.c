// SPDX-License-Identifier: Apache-2.0
#include "kubelet/status/recorder.h"

#include <errno.h>
#include <string.h>
#include "kubelet/status/event_correlate.h"
#include "lib/base/list.h"
#include "lib/base/mem.h"
#include "lib/json/write.h"

#define QUEUE_MAX 1000
#define TRIES 12
#define RETRY (10 * KN_NSEC_PER_SEC)
#define NAME_MAX_LEN 253
#define MESSAGE_MAX 4096
#define COMBINED "(combined from similar events): "

struct event {
	struct kn_list node;
	const char *kind;
	char *ns, *name, *uid, *version, *path; /* of what it is about; path may be NULL */
	char *reason, *message;
	bool warning;
	int64_t at_ns;
	unsigned tries;
	bool create; /* the one to be counted has gone */
	struct kn_event_fate fate;
};

struct kn_recorder {
	struct kn_loop *loop;
	const struct kn_clock *clock;
	const struct kn_log *log;
	struct kn_client *client;
	struct kn_correlator *correlator;
	char *node;
	struct kn_list queue;
	size_t queued;
	struct event *current; /* being sent, or waiting to be sent again */
	struct kn_api_call *call;
	struct kn_timer *timer;
	char *event_name; /* of current, when it is created */
	struct kn_recorder_stats stats;
};

static void next(struct kn_recorder *r);

static void on_timer(void *user)
{
	next(user);
}

struct kn_recorder *kn_recorder_new(struct kn_loop *loop, const char *node_name, const struct kn_log *log)
{
	struct kn_recorder *r = kn_calloc(1, sizeof(*r));

	r->loop = loop;
	r->clock = kn_loop_clock(loop);
	r->log = log;
	r->node = kn_strdup(node_name);
	r->correlator = kn_correlator_new();
	kn_list_init(&r->queue);
	r->timer = kn_timer_new(loop, on_timer, r);
	return r;
}

static void event_free(struct event *e)
{
	if (!e)
		return;
	free(e->ns);
	free(e->name);
	free(e->uid);
	free(e->version);
	free(e->path);
	free(e->reason);
	free(e->message);
	free(e);
}

struct kn_recorder *kn_recorder_free(struct kn_recorder *r)
{
	if (!r)
		return NULL;
	if (r->call)
		kn_api_cancel(r->call);
	while (!kn_list_empty(&r->queue)) {
		struct event *e = kn_container_of(r->queue.next, struct event, node);

		kn_list_del(&e->node);
		event_free(e);
	}
	event_free(r->current);
	kn_correlator_free(r->correlator);
	kn_timer_free(r->timer);
	free(r->event_name);
	free(r->node);
	free(r);
	return NULL;
}

void kn_recorder_connect(struct kn_recorder *r, struct kn_client *client)
{
	r->client = client;
	kn_timer_arm(r->timer, 0);
}

/* Asks the correlator; false: it is not to be sent. */
static bool decide(struct kn_recorder *r, struct event *e)
{
	char *subject kn_auto_free = kn_sprintf("%s/%s/%s/%s", e->kind, e->ns, e->name, e->uid);
	char *object kn_auto_free = kn_sprintf("%s/%s", subject, e->path ? e->path : "");
	const struct kn_event_key key = {.object = object,
					 .subject = subject,
					 .type = e->warning ? "Warning" : "Normal",
					 .reason = e->reason,
					 .message = e->message};

	kn_correlator_decide(r->correlator, &key, e->at_ns, &e->fate);
	if (e->fate.combined) {
		char *m = kn_sprintf(COMBINED "%s", e->message);

		free(e->message);
		e->message = m;
	}
	if (e->fate.drop)
		r->stats.suppressed++;
	return !e->fate.drop;
}

static void write_reference(struct kn_json_writer *w, const struct event *e)
{
	kn_json_obj(w, "involvedObject");
	kn_json_str(w, "kind", e->kind);
	if (*e->ns)
		kn_json_str(w, "namespace", e->ns);
	kn_json_str(w, "name", e->name);
	kn_json_str(w, "uid", e->uid);
	kn_json_str(w, "apiVersion", "v1");
	if (e->version)
		kn_json_str(w, "resourceVersion", e->version);
	if (e->path)
		kn_json_str(w, "fieldPath", e->path);
	kn_json_end_obj(w);
}

static void write_event(struct kn_recorder *r, const struct event *e, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);
	char first[32], last[32];

	kn_json_obj(w, NULL);
	kn_json_str(w, "apiVersion", "v1");
	kn_json_str(w, "kind", "Event");
	kn_json_obj(w, "metadata");
	kn_json_str(w, "name", r->event_name);
	kn_json_str(w, "namespace", *e->ns ? e->ns : "default");
	kn_json_end_obj(w);
	write_reference(w, e);
	kn_json_str(w, "reason", e->reason);
	kn_json_str(w, "message", e->message);
	kn_json_obj(w, "source");
	kn_json_str(w, "component", "kubelet");
	kn_json_str(w, "host", r->node);
	kn_json_end_obj(w);
	kn_json_str(w, "firstTimestamp", kn_time_rfc3339(e->fate.first_ns, first));
	kn_json_str(w, "lastTimestamp", kn_time_rfc3339(e->at_ns, last));
	kn_json_int(w, "count", e->fate.count);
	kn_json_str(w, "type", e->warning ? "Warning" : "Normal");
	kn_json_str(w, "reportingComponent", "kubelet");
	kn_json_str(w, "reportingInstance", r->node);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}

static void write_count(const struct event *e, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);
	char last[32];

	kn_json_obj(w, NULL);
	kn_json_int(w, "count", e->fate.count);
	kn_json_str(w, "lastTimestamp", kn_time_rfc3339(e->at_ns, last));
	if (e->fate.combined)
		kn_json_str(w, "message", e->message);
	kn_json_end_obj(w);
	kn_json_writer_free(w);
}

static void done(struct kn_recorder *r)
{
	event_free(kn_steal(r->current));
	kn_timer_arm(r->timer, 0);
}

static void on_sent(void *user, const struct kn_api_result *res)
{
	struct kn_recorder *r = user;
	struct event *e = r->current;
	bool patched = !r->event_name;

	r->call = NULL;
	if (!res->err.code) {
		if (patched)
			r->stats.counted++;
		else
			kn_correlator_named(r->correlator, e->fate.key, r->event_name);
		r->stats.sent++;
		done(r);
	} else if (patched && res->err.code == ENOENT) {
		e->create = true; /* forgotten by now (events live for an hour) */
		next(r);
	} else if ((!res->status || res->err.code == EAGAIN) && ++e->tries < TRIES) {
		kn_timer_arm(r->timer, RETRY / 2 + RETRY * (random() % 1000) / 1000);
	} else {
		r->stats.failed++;
		kn_debug(r->log, 2, "Event was refused", "name", e->name, "reason", e->reason, "err",
			 res->err.msg);
		done(r);
	}
}

static void send_event(struct kn_recorder *r, struct event *e)
{
	const char *ns = *e->ns ? e->ns : "default";
	bool patch = e->fate.name && !e->create;
	struct kn_buf body kn_auto_buf = {0};
	char *path kn_auto_free = NULL;

	free(kn_steal(r->event_name));
	if (patch) {
		path = kn_sprintf("/api/v1/namespaces/%s/events/%s", ns, e->fate.name);
		write_count(e, &body);
	} else {
		path = kn_sprintf("/api/v1/namespaces/%s/events", ns);
		r->event_name =
			kn_sprintf("%.*s.%llx", NAME_MAX_LEN - 17, e->name, (unsigned long long)e->at_ns);
		write_event(r, e, &body);
	}
	const struct kn_api_request req = {
		.method = patch ? "PATCH" : "POST",
		.path = path,
		.raw = body.data,
		.raw_len = body.len,
		.content_type = patch ? "application/strategic-merge-patch+json" : "application/json",
	};
	r->call = kn_api_start(r->client, &req, on_sent, r);
}

static void next(struct kn_recorder *r)
{
	if (r->call || !r->client)
		return;
	while (!r->current && !kn_list_empty(&r->queue)) {
		struct event *e = kn_container_of(r->queue.next, struct event, node);

		kn_list_del(&e->node);
		r->queued--;
		if (decide(r, e))
			r->current = e;
		else
			event_free(e);
	}
	if (r->current)
		send_event(r, r->current);
}

static void enqueue(struct kn_recorder *r, struct event *e)
{
	if (r->queued >= QUEUE_MAX) {
		r->stats.dropped++;
		event_free(e);
		return;
	}
	e->at_ns = kn_real(r->clock);
	kn_list_append(&r->queue, &e->node);
	r->queued++;
	if (!r->call && !r->current)
		kn_timer_arm(r->timer, 0);
}

/* "spec.containers{name}" (pkg/kubelet/container/ref.go). */
static char *field_path(const struct kn_pod *p, const char *container)
{
	const K8s__PodSpec *s = p->obj->spec;
	int init = 0;

	for (size_t i = 0; i < s->n_ephemeralcontainers; i++)
		if (!strcmp(s->ephemeralcontainers[i]->ephemeralcontainercommon->name, container))
			return kn_sprintf("spec.ephemeralContainers{%s}", container);
	if (!kn_pod_container(p, container, &init))
		return NULL;
	return kn_sprintf("spec.%s{%s}", init ? "initContainers" : "containers", container);
}

void kn_recorder_pod(struct kn_recorder *r, const struct kn_pod *p, const char *container, bool warning,
		     const char *reason, const char *message)
{
	struct event *e;

	if (!r)
		return;
	e = kn_calloc(1, sizeof(*e));
	e->kind = "Pod";
	e->ns = kn_strdup(p->ns);
	e->name = kn_strdup(p->name);
	e->uid = kn_strdup(p->uid);
	e->version = kn_strdup(p->obj->metadata->resourceversion);
	e->path = container ? field_path(p, container) : NULL;
	e->warning = warning;
	e->reason = kn_strdup(reason);
	e->message = kn_sprintf("%.*s", MESSAGE_MAX, message);
	enqueue(r, e);
}

void kn_recorder_node(struct kn_recorder *r, bool warning, const char *reason, const char *message)
{
	struct event *e;

	if (!r)
		return;
	e = kn_calloc(1, sizeof(*e));
	e->kind = "Node";
	e->ns = kn_strdup("");
	e->name = kn_strdup(r->node);
	e->uid = kn_strdup(r->node);
	e->warning = warning;
	e->reason = kn_strdup(reason);
	e->message = kn_sprintf("%.*s", MESSAGE_MAX, message);
	enqueue(r, e);
}

struct kn_recorder_stats kn_recorder_stats(const struct kn_recorder *r)
{
	return r->stats;
}
