/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "kubelet/worker/jitter.h"
#include "kubelet/node/node_events.h"
#include "kubelet/node/node_register.h"
#include "kubelet/node/node_sync.h"
#include "lib/base/mem.h"

#define IMAGES_EVERY (30 * KN_NSEC_PER_SEC)
#define MACHINE_EVERY (60 * KN_NSEC_PER_SEC)
#define UNREADY_EVERY (100 * KN_NSEC_PER_MSEC) /* as fastStatusUpdateOnce */
#define FIRST_WAIT (5 * KN_NSEC_PER_SEC)       /* for the runtime, before registering without it */
#define TRIES 5				       /* nodeStatusUpdateRetry */
#define TIMEOUT (10 * KN_NSEC_PER_SEC)

struct kn_node_sync {
	struct kn_node_sync_deps d;
	const struct kn_clock *clock;
	struct kn_reflector *reflector;
	struct kn_node_register *reg;
	struct kn_timer *timer, *fast;
	struct kn_api_call *call;
	struct kn_cri_call *image_call;
	struct kn_arena *images_arena, *machine_arena;
	Cri__ListImagesResponse *images; /* NULL: not listed yet */
	struct kn_machine machine;
	const char *address;
	char *node_path, *status_path, *selector, *cidrs;
	int64_t started_ns, images_ns, machine_ns; /* monotonic */
	int64_t reported_ns, delay_ns;		   /* last patch; what the next may be later than usual */
	unsigned tries;
	bool registered, ready, told_failure, told_initial, images_asked;
	bool memory_pressure, disk_pressure, pid_pressure;
	bool unschedulable; /* as last told */
};

static int64_t now(const struct kn_node_sync *s)
{
	return kn_mono(s->clock);
}

/* ---- what is seen ---- */

static int look_at_machine(struct kn_node_sync *s, struct kn_err *err)
{
	struct kn_arena *a = kn_arena_new(0);
	int r = kn_machine_read(&s->machine, "", s->d.root_dir, a, err);

	if (r) {
		kn_arena_free(a);
		return r;
	}
	s->address = kn_machine_address("", a);
	kn_arena_free(s->machine_arena);
	s->machine_arena = a;
	s->machine_ns = now(s);
	return 0;
}

static void on_images(void *user, const ProtobufCMessage *rsp, const struct kn_err *err)
{
	struct kn_node_sync *s = user;
	bool first = !s->images;
	struct kn_arena *a;
	uint8_t *bytes;
	size_t size;

	s->image_call = NULL;
	s->images_asked = true;
	if (!rsp)
		return; /* the runtime's absence is told elsewhere */
	size = protobuf_c_message_get_packed_size(rsp);
	a = kn_arena_new(0);
	bytes = kn_arena_alloc(a, size + 1);
	protobuf_c_message_pack(rsp, bytes);
	kn_arena_free(s->images_arena);
	s->images_arena = a;
	s->images = cri__list_images_response__unpack(kn_arena_pb(a), size, bytes);
	if (first)
		kn_node_sync_kick(s);
}

static void list_images(struct kn_node_sync *s)
{
	Cri__ListImagesRequest req = CRI__LIST_IMAGES_REQUEST__INIT;

	if (s->image_call || (s->images && now(s) - s->images_ns < IMAGES_EVERY))
		return;
	s->images_ns = now(s);
	s->image_call =
		kn_cri_call(s->d.cri, KN_CRI_LIST_IMAGES, &req.base, KN_CRI_TIMEOUT_DEFAULT, on_images, s);
}

static struct kn_node_seen seen(struct kn_node_sync *s, const struct kn_runtime_view *runtime)
{
	struct kn_err err = KN_ERR_INIT;

	list_images(s);
	if (now(s) - s->machine_ns >= MACHINE_EVERY && look_at_machine(s, &err))
		kn_error(s->d.log, "Error getting machine info", "err", err.msg);
	return (struct kn_node_seen){
		.machine = &s->machine,
		.address = s->address,
		.runtime = runtime,
		.images = s->images ? s->images->images : NULL,
		.n_images = s->images ? s->images->n_images : 0,
		.images_known = s->images,
		.memory_pressure = s->memory_pressure,
		.disk_pressure = s->disk_pressure,
		.pid_pressure = s->pid_pressure,
		.mono_ns = now(s),
		.real_ns = kn_real(s->clock),
	};
}

static void on_event(void *user, bool warning, const char *reason, const char *message)
{
	struct kn_node_sync *s = user;

	if (s->d.recorder)
		kn_recorder_node(s->d.recorder, warning, reason, message);
}

/* ---- patching ---- */

static void try_patch(struct kn_node_sync *s, const K8s__Node *old);

static void on_fresh(void *user, const struct kn_api_result *r);

static void retry(struct kn_node_sync *s, const struct kn_err *err)
{
	struct kn_api_request req = {.method = "GET",
				     .path = s->node_path,
				     .answer = &k8s__node__descriptor,
				     .timeout_ns = TIMEOUT,
				     .no_limit = true};

	if (!s->told_failure)
		kn_error(s->d.log, "Error updating node status, will retry", "node", s->d.config->node_name,
			 "err", err->msg);
	s->told_failure = true;
	if (++s->tries >= TRIES) {
		s->tries = 0; /* the timer comes again */
		return;
	}
	s->call = kn_api_start(s->d.client, &req, on_fresh, s);
}

static void on_fresh(void *user, const struct kn_api_result *r)
{
	struct kn_node_sync *s = user;

	s->call = NULL;
	if (r->err.code)
		retry(s, &r->err);
	else
		try_patch(s, (const void *)r->obj);
}

static void on_patched(void *user, const struct kn_api_result *r)
{
	struct kn_node_sync *s = user;

	s->call = NULL;
	if (r->err.code) {
		retry(s, &r->err);
		return;
	}
	if (s->told_failure)
		kn_info(s->d.log, "Node status is updated again", "node", s->d.config->node_name);
	s->told_failure = false;
	s->tries = 0;
	s->reported_ns = now(s);
}

static void note_ready(struct kn_node_sync *s, bool ready)
{
	if (ready != s->ready)
		kn_info(s->d.log, ready ? "Node became ready" : "Node became not ready", "node",
			s->d.config->node_name);
	s->ready = ready;
	if (!ready && !kn_timer_armed(s->fast))
		kn_timer_arm(s->fast, UNREADY_EVERY);
}

static void try_patch(struct kn_node_sync *s, const K8s__Node *old)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf patch = {0};
	struct kn_runtime_view runtime = kn_kubelet_runtime(s->d.kubelet);
	struct kn_node_seen facts = seen(s, &runtime);
	struct kn_api_request req = {.method = "PATCH",
				     .path = s->status_path,
				     .content_type = "application/strategic-merge-patch+json",
				     .timeout_ns = TIMEOUT,
				     .no_limit = true};
	bool changed;
	K8s__Node *new = kn_node_update(a, s->d.config, &facts, old, &changed);

	note_ready(s, kn_node_is_ready(new->status));
	if (changed)
		kn_node_status_events(s->d.config->node_name, old->status, new->status, on_event, s);
	if (!changed && s->reported_ns && now(s) - s->reported_ns < s->d.report_ns + s->delay_ns) {
		s->tries = 0;
		return;
	}
	/* After a change the next one is due at another time than the other nodes', else always after the
	 * same time. */
	s->delay_ns =
		changed || !s->reported_ns ? (int64_t)((double)s->d.report_ns * (kn_jitter() - 0.5)) : 0;
	kn_node_patch(old, new, &patch);
	req.raw = patch.data;
	req.raw_len = patch.len;
	s->call = kn_api_start(s->d.client, &req, on_patched, s);
}

static void tick(void *user)
{
	struct kn_node_sync *s = user;
	struct kn_object *node = kn_node_sync_node(s);

	kn_timer_arm(s->timer, s->d.update_ns);
	if (s->registered && node && !s->call)
		try_patch(s, (const K8s__Node *)node->msg);
}

/* While the node isn't ready it is looked often, so that its first pods don't wait for the timer. */
static void fast(void *user)
{
	struct kn_node_sync *s = user;
	struct kn_runtime_view v = kn_kubelet_runtime(s->d.kubelet);

	if (s->ready)
		return;
	if (v.ready && v.network_ready && !s->call)
		tick(s);
	if (!s->ready)
		kn_timer_arm(s->fast, UNREADY_EVERY);
}

void kn_node_sync_kick(struct kn_node_sync *s)
{
	if (s->registered)
		kn_timer_arm(s->timer, 0);
}

/* ---- the Node of the API server ---- */

static void tell_cidrs(struct kn_node_sync *s, const K8s__NodeSpec *spec)
{
	kn_auto_buf struct kn_buf b = {0};

	for (size_t i = 0; spec && i < spec->n_podcidrs; i++)
		kn_buf_addf(&b, "%s%s", i ? "," : "", spec->podcidrs[i]);
	if (!b.len || (s->cidrs && !strcmp(s->cidrs, b.data)))
		return;
	free(s->cidrs);
	s->cidrs = kn_strdup(b.data);
	if (s->d.on_pod_cidrs)
		s->d.on_pod_cidrs(s->d.user, s->cidrs);
}

static void on_changed(void *user, struct kn_object *old, struct kn_object *new)
{
	struct kn_node_sync *s = user;
	const K8s__Node *node;

	if (!new) {
		kn_error(s->d.log, "The Node was deleted in the API server", "node", s->d.config->node_name);
		return;
	}
	node = (const void *)new->msg;
	tell_cidrs(s, node->spec);
	kn_node_schedulable_event(s->d.config->node_name, s->unschedulable,
				  node->spec && node->spec->unschedulable, on_event, s);
	s->unschedulable = node->spec && node->spec->unschedulable;
	if (s->d.on_node)
		s->d.on_node(s->d.user, new);
	if (!old)
		kn_node_sync_kick(s);
}

static void on_watch_failed(void *user, const struct kn_api_result *r)
{
	struct kn_node_sync *s = user;

	kn_warn(s->d.log, "Failed to watch the own Node, will retry", "err", r->err.msg);
}

/* ---- registration ---- */

static K8s__Node *make_initial(void *user, struct kn_arena *a)
{
	struct kn_node_sync *s = user;
	struct kn_runtime_view v = kn_kubelet_runtime(s->d.kubelet);
	struct kn_node_seen facts;
	K8s__Node *node;

	if (now(s) - s->started_ns < FIRST_WAIT && (!v.asked || (v.reachable && !s->images_asked)))
		return NULL;
	facts = seen(s, &v);
	node = kn_node_initial(a, s->d.config, &facts);
	if (!s->told_initial) /* not again with each attempt */
		kn_node_status_events(s->d.config->node_name, NULL, node->status, on_event, s);
	s->told_initial = true;
	return node;
}

static void on_registered(void *user, bool existed)
{
	struct kn_node_sync *s = user;

	s->reg = kn_node_register_free(s->reg);
	s->registered = true;
	if (!existed)
		s->reported_ns = now(s); /* it was made with its status */
	kn_node_sync_kick(s);
}

static void start_registration(struct kn_node_sync *s)
{
	static const struct kn_node_register_ops ops = {.make = make_initial, .done = on_registered};

	list_images(s);
	on_event(s, false, "Starting", "Starting kubelet.");
	if (s->d.register_node)
		s->reg = kn_node_register_new(s->d.loop, s->d.client, &ops, s, s->d.log);
	else
		s->registered = true;
}

int kn_node_sync_new(struct kn_node_sync **ret, const struct kn_node_sync_deps *deps, struct kn_err *err)
{
	static const struct kn_reflector_ops ops = {.changed = on_changed, .failed = on_watch_failed};
	struct kn_node_sync *s = kn_calloc(1, sizeof(*s));
	struct kn_resource res = {
		.path = "/api/v1/nodes", .item = &k8s__node__descriptor, .list = &k8s__node_list__descriptor};
	int r;

	s->d = *deps;
	s->clock = kn_loop_clock(deps->loop);
	s->started_ns = now(s);
	r = look_at_machine(s, err);
	if (r) {
		kn_node_sync_free(s);
		return r;
	}
	s->node_path = kn_sprintf("/api/v1/nodes/%s", deps->config->node_name);
	s->status_path = kn_sprintf("%s/status", s->node_path);
	s->selector = kn_sprintf("metadata.name=%s", deps->config->node_name);
	s->timer = kn_timer_new(deps->loop, tick, s);
	s->fast = kn_timer_new(deps->loop, fast, s);
	res.field_selector = s->selector;
	s->reflector = kn_reflector_new(deps->loop, deps->client, &res, &ops, s);
	start_registration(s);
	*ret = s;
	return 0;
}

struct kn_node_sync *kn_node_sync_free(struct kn_node_sync *s)
{
	if (!s)
		return NULL;
	if (s->call)
		kn_api_cancel(s->call);
	if (s->image_call)
		kn_cri_cancel(s->image_call);
	kn_node_register_free(s->reg);
	if (s->reflector)
		kn_reflector_free(s->reflector);
	kn_timer_free(s->timer);
	kn_timer_free(s->fast);
	kn_arena_free(s->images_arena);
	kn_arena_free(s->machine_arena);
	free(s->node_path);
	free(s->status_path);
	free(s->selector);
	free(s->cidrs);
	free(s);
	return NULL;
}

struct kn_object *kn_node_sync_node(const struct kn_node_sync *s)
{
	return kn_reflector_get(s->reflector, "", s->d.config->node_name);
}

void kn_node_sync_pressure(struct kn_node_sync *s, bool memory, bool disk, bool pid)
{
	if (s->memory_pressure == memory && s->disk_pressure == disk && s->pid_pressure == pid)
		return;
	s->memory_pressure = memory;
	s->disk_pressure = disk;
	s->pid_pressure = pid;
	kn_node_sync_kick(s);
}
