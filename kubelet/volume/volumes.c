/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/volume/volumes.h"

#include <errno.h>
#include <string.h>

#include "kubelet/volume/volume_payload.h"
#include "lib/base/mem.h"

#define PATIENCE KN_NSEC_PER_SEC       /* of a setup, for the API server's first answers */
#define REFRESH (60 * KN_NSEC_PER_SEC) /* tokens are looked at then, and what went wrong is tried again */
#define RETRY_MIN (KN_NSEC_PER_SEC / 2)
#define RETRY_MAX (122 * KN_NSEC_PER_SEC)

struct work { /* on the pool; outlives the volumes if need be */
	struct kn_volumes *v;
	uint64_t *sums; /* by volume; 0: not in it */
	size_t n;
	bool setup;
};

struct kn_volumes {
	struct kn_volumes_config c;
	struct kn_pod *pod;
	struct work *work; /* under way, or NULL */
	bool again;	   /* something changed meanwhile */
	uint64_t *sums;	   /* of what is on disk, by volume; 0: not known */
	struct kn_timer *patience, *tick;
	bool impatient;
	kn_volumes_done setup; /* asked for, or NULL */
	void *setup_user;
	int64_t retry_ns;
	char *told; /* the last failure of a refresh */
	void (*closed)(void *user);
	void *closed_user;
};

static void step(struct kn_volumes *v);

static void on_patience(void *user)
{
	struct kn_volumes *v = user;

	v->impatient = true;
	step(v);
}

static void on_tick(void *user)
{
	struct kn_volumes *v = user;

	/* Spread, so that not all pods' tokens are looked at together. */
	kn_timer_arm(v->tick, REFRESH + REFRESH / 2 * (random() % 1000) / 1000);
	step(v);
}

struct kn_volumes *kn_volumes_new(const struct kn_volumes_config *c, struct kn_pod *p)
{
	struct kn_volumes *v = kn_calloc(1, sizeof(*v));

	v->c = *c;
	v->pod = kn_pod_ref(p);
	v->sums = kn_calloc(p->obj->spec->n_volumes + 1, sizeof(*v->sums));
	v->patience = kn_timer_new(c->loop, on_patience, v);
	v->tick = kn_timer_new(c->loop, on_tick, v);
	for (size_t i = 0; i < p->obj->spec->n_volumes; i++)
		if (kn_volume_has_payload(p->obj->spec->volumes[i]))
			kn_timer_arm(v->tick, REFRESH);
	return v;
}

struct kn_volumes *kn_volumes_free(struct kn_volumes *v)
{
	if (!v)
		return NULL;
	if (v->work)
		v->work->v = NULL;
	kn_timer_free(v->patience);
	kn_timer_free(v->tick);
	kn_pod_unref(v->pod);
	free(v->sums);
	free(v->told);
	free(v);
	return NULL;
}

static uint64_t mix(uint64_t h, const void *data, size_t len)
{
	for (const uint8_t *s = data, *end = s + len; s < end; s++)
		h = (h ^ *s) * 0x100000001b3ULL;
	return h;
}

/* Of a payload, whatever the order of its files; never 0. */
static uint64_t sum_of(const struct kn_payload *p)
{
	uint64_t sum = p->n + 1;

	for (size_t i = 0; i < p->n; i++) {
		const struct kn_file *f = &p->files[i];
		uint64_t h = mix(0xcbf29ce484222325ULL, f->path, strlen(f->path) + 1);

		h = mix(h, &f->mode, sizeof(f->mode));
		h = mix(h, &f->uid, sizeof(f->uid));
		sum += mix(h, f->data, f->len);
	}
	return sum ? sum : 1;
}

static void setup_ends(struct kn_volumes *v, const struct kn_err *err)
{
	kn_volumes_done done = kn_steal(v->setup);

	kn_timer_disarm(v->patience);
	if (!err->code)
		v->retry_ns = 0;
	else
		v->retry_ns = !v->retry_ns		     ? RETRY_MIN
			      : v->retry_ns >= RETRY_MAX / 2 ? RETRY_MAX
							     : 2 * v->retry_ns;
	done(v->setup_user, err, v->retry_ns);
}

static void refresh_failed(struct kn_volumes *v, const char *message)
{
	if (v->told && !strcmp(v->told, message))
		return;
	free(v->told);
	v->told = kn_strdup(message);
	v->c.failed(v->c.user, message);
}

static void on_work(void *user, const struct kn_err *err)
{
	struct work *w = user;
	struct kn_volumes *v = w->v;

	if (v) {
		v->work = NULL;
		/* From a turn of its own: who is called now may free v. */
		if (v->again)
			kn_timer_arm(v->tick, 0);
		for (size_t i = 0; !err->code && i < w->n; i++)
			if (w->sums[i])
				v->sums[i] = w->sums[i];
	}
	if (v && v->closed) {
		void (*closed)(void *) = v->closed;

		closed(v->closed_user);
	} else if (v && w->setup && v->setup) {
		setup_ends(v, err);
	} else if (v && err->code) {
		refresh_failed(v, err->msg);
	}
	free(w->sums);
	free(w);
}

struct gathered {
	struct kn_volume_contents *contents;
	uint64_t *sums;
	bool waiting, any; /* something isn't known yet; something is to be written */
	struct kn_err err; /* the first failure */
};

struct asked {
	const struct kn_volumes *v;
	bool *waiting;
};

static void ask(void *user, enum kn_ref_kind kind, const char *name)
{
	const struct asked *a = user;
	const struct kn_lookup *l = &a->v->c.lookup;
	const ProtobufCMessage *object;

	if (l->object(l->user, kind, a->v->pod->ns, name, &object, NULL) == KN_REF_WAITING)
		*a->waiting = true;
}

static void gather(struct kn_volumes *v, struct gathered *g)
{
	const K8s__PodSpec *s = v->pod->obj->spec;

	/* Containers want their env, and pulls their secrets, at once. */
	if (v->setup && !v->impatient && v->c.lookup.object)
		kn_pod_refs_each(v->pod, ask, &(struct asked){v, &g->waiting});
	g->contents = kn_volume_contents_new(v->pod);
	g->sums = kn_calloc(s->n_volumes + 1, sizeof(*g->sums));
	for (size_t i = 0; i < s->n_volumes; i++) {
		struct kn_volume_content *c = &g->contents->list[i];
		struct kn_err err = KN_ERR_INIT;
		enum kn_ref_state state;

		if (!kn_volume_has_payload(s->volumes[i]))
			continue;
		state = kn_volume_payload(g->contents->arena, v->c.node, v->pod, s->volumes[i], &v->c.lookup,
					  &c->payload, &err);
		g->waiting |= state == KN_REF_WAITING;
		if (state == KN_REF_READY) {
			g->sums[i] = sum_of(&c->payload);
			c->have = v->setup || g->sums[i] != v->sums[i];
			g->any |= c->have;
		} else if ((state != KN_REF_WAITING || v->impatient) && !g->err.code) {
			g->err = err;
			kn_err_wrap(&g->err, "MountVolume.SetUp failed for volume \"%s\" ",
				    s->volumes[i]->name);
		}
	}
}

static void submit(struct kn_volumes *v, struct gathered *g)
{
	struct work *w = kn_calloc(1, sizeof(*w));

	*w = (struct work){.v = v,
			   .sums = kn_steal(g->sums),
			   .n = v->pod->obj->spec->n_volumes,
			   .setup = v->setup != NULL};
	v->work = w;
	v->again = false;
	(w->setup ? kn_pod_dirs_setup : kn_pod_dirs_refresh)(v->c.pool, v->c.node, v->pod,
							     kn_steal(g->contents), on_work, w);
}

/* Does what can be done now. */
static void step(struct kn_volumes *v)
{
	struct gathered g = {0};

	if (v->work || v->closed) {
		v->again = true;
		return;
	}
	gather(v, &g);
	if (v->setup && g.err.code) {
		setup_ends(v, &g.err);
	} else if (v->setup && g.waiting) {
		if (!kn_timer_armed(v->patience))
			kn_timer_arm(v->patience, PATIENCE);
	} else {
		if (g.err.code)
			refresh_failed(v, g.err.msg);
		else
			free(kn_steal(v->told));
		if (v->setup || g.any)
			submit(v, &g);
	}
	kn_volume_contents_free(g.contents);
	free(g.sums);
}

void kn_volumes_setup(struct kn_volumes *v, kn_volumes_done done, void *user)
{
	v->setup = done;
	v->setup_user = user;
	v->impatient = false;
	step(v);
}

void kn_volumes_give_up(struct kn_volumes *v)
{
	struct kn_err err = KN_ERR_INIT;

	if (!v || !v->setup || (v->work && v->work->setup))
		return;
	kn_err_set(&err, ECANCELED, "given up");
	setup_ends(v, &err);
}

void kn_volumes_update(struct kn_volumes *v, struct kn_pod *p)
{
	size_t n = p->obj->spec->n_volumes;

	kn_pod_ref(p);
	if (n != v->pod->obj->spec->n_volumes) {
		free(v->sums);
		v->sums = kn_calloc(n + 1, sizeof(*v->sums));
		if (v->work)
			v->work->n = 0; /* of other volumes */
	}
	kn_pod_unref(v->pod);
	v->pod = p;
	step(v);
}

void kn_volumes_changed(struct kn_volumes *v)
{
	step(v);
}

void kn_volumes_close(struct kn_volumes *v, void (*done)(void *user), void *user)
{
	v->closed = done;
	v->closed_user = user;
	if (!v->work)
		done(user);
}
