// SPDX-License-Identifier: Apache-2.0
#include "kubelet/pod/observed.h"

#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include "kubelet/pod/pod.h"
#include "kubelet/worker/resize.h"
#include "lib/base/mem.h"

#define MAX_IPS 16

struct kn_obs_pod *kn_obs_pod_new(const char *uid, const char *ns, const char *name)
{
	struct kn_obs_pod *p = kn_calloc(1, sizeof(*p));

	p->uid = kn_strdup(uid);
	p->ns = kn_strdup(ns);
	p->name = kn_strdup(name);
	return p;
}

static void free_ips(struct kn_obs_sandbox *s)
{
	for (size_t i = 0; s->ips && s->ips[i]; i++)
		free(s->ips[i]);
	free(s->ips);
	s->ips = NULL;
}

static void free_details(struct kn_obs_container *c)
{
	free(c->reason);
	free(c->message);
	free(c->image);
	free(c->image_ref);
	free(c->log_path);
	c->reason = c->message = c->image = c->image_ref = c->log_path = NULL;
}

struct kn_obs_pod *kn_obs_pod_free(struct kn_obs_pod *p)
{
	if (!p)
		return NULL;
	for (size_t i = 0; i < p->n_sandboxes; i++) {
		free(p->sandboxes[i].id);
		free_ips(&p->sandboxes[i]);
	}
	for (size_t i = 0; i < p->n_containers; i++) {
		free(p->containers[i].id);
		free(p->containers[i].name);
		free(p->containers[i].sandbox_id);
		free_details(&p->containers[i]);
	}
	free(p->sandboxes);
	free(p->containers);
	free(p->uid);
	free(p->ns);
	free(p->name);
	free(p);
	return NULL;
}

static const char *entry(Cri__StringEntry *const *entries, size_t n, const char *key)
{
	for (size_t i = 0; i < n; i++)
		if (!strcmp(entries[i]->key, key))
			return entries[i]->value;
	return NULL;
}

static int64_t parse_int(const char *s, int64_t fallback)
{
	char *end;

	if (!s || !*s)
		return fallback;
	int64_t v = strtoll(s, &end, 10);
	return *end || v < 0 || v > INT32_MAX ? fallback : v;
}

void kn_obs_add_sandbox(struct kn_obs_pod *p, const Cri__PodSandbox *s)
{
	struct kn_obs_sandbox *o;

	p->sandboxes = kn_realloc(p->sandboxes, p->n_sandboxes + 1, sizeof(*p->sandboxes));
	o = &p->sandboxes[p->n_sandboxes++];
	*o = (struct kn_obs_sandbox){
		.id = kn_strdup(s->id),
		.ready = s->state == CRI__POD_SANDBOX_STATE__SANDBOX_READY,
		.attempt = s->metadata ? s->metadata->attempt : 0,
		.created_ns = s->created_at,
	};
	p->digest += kn_obs_digest_sandbox(s);
}

static enum kn_obs_state state_of(Cri__ContainerState s)
{
	switch (s) {
	case CRI__CONTAINER_STATE__CONTAINER_CREATED:
		return KN_OBS_CREATED;
	case CRI__CONTAINER_STATE__CONTAINER_RUNNING:
		return KN_OBS_RUNNING;
	case CRI__CONTAINER_STATE__CONTAINER_EXITED:
		return KN_OBS_EXITED;
	default:
		return KN_OBS_UNKNOWN;
	}
}

void kn_obs_add_container(struct kn_obs_pod *p, const Cri__Container *c)
{
	const char *name = entry(c->labels, c->n_labels, KN_LABEL_CONTAINER_NAME);
	const char *hash = entry(c->annotations, c->n_annotations, KN_ANNOTATION_CONTAINER_HASH);
	const char *given = entry(c->annotations, c->n_annotations, KN_ANNOTATION_RESOURCES);
	struct kn_obs_container *o;

	if (!name)
		name = c->metadata ? c->metadata->name : "";
	p->containers = kn_realloc(p->containers, p->n_containers + 1, sizeof(*p->containers));
	o = &p->containers[p->n_containers++];
	*o = (struct kn_obs_container){
		.id = kn_strdup(c->id),
		.name = kn_strdup(name),
		.sandbox_id = kn_strdup(c->pod_sandbox_id),
		.state = state_of(c->state),
		.created_ns = c->created_at,
	};
	snprintf(o->hash, sizeof(o->hash), "%s", hash ? hash : "");
	snprintf(o->resources, sizeof(o->resources), "%s", given ? given : "");
	o->restarts = parse_int(entry(c->annotations, c->n_annotations, KN_ANNOTATION_RESTART_COUNT),
				c->metadata ? c->metadata->attempt : 0);
	o->grace_s = parse_int(entry(c->annotations, c->n_annotations, KN_ANNOTATION_POD_GRACE), -1);
	p->digest += kn_obs_digest_container(c);
}

/* By attempt first: two sandboxes or containers may bear the same time if the clock was set. */
static int newer_sandbox(const void *a, const void *b)
{
	const struct kn_obs_sandbox *x = a, *y = b;

	if (x->attempt != y->attempt)
		return x->attempt > y->attempt ? -1 : 1;
	return x->created_ns > y->created_ns ? -1 : x->created_ns < y->created_ns;
}

static int newer_container(const void *a, const void *b)
{
	const struct kn_obs_container *x = a, *y = b;

	if (x->created_ns != y->created_ns)
		return x->created_ns > y->created_ns ? -1 : 1;
	return x->restarts > y->restarts ? -1 : x->restarts < y->restarts;
}

static void adopt_container(struct kn_obs_container *c, struct kn_obs_pod *old)
{
	for (size_t i = 0; i < old->n_containers; i++) {
		struct kn_obs_container *o = &old->containers[i];

		if (!o->have_status || o->state != c->state || strcmp(o->id, c->id))
			continue;
		c->have_status = true;
		c->started_ns = o->started_ns;
		c->finished_ns = o->finished_ns;
		c->exit_code = o->exit_code;
		c->reason = kn_steal(o->reason);
		c->message = kn_steal(o->message);
		c->image = kn_steal(o->image);
		c->image_ref = kn_steal(o->image_ref);
		c->log_path = kn_steal(o->log_path);
		o->have_status = false;
		return;
	}
}

void kn_obs_finish(struct kn_obs_pod *p, struct kn_obs_pod *old)
{
	if (p->n_sandboxes)
		qsort(p->sandboxes, p->n_sandboxes, sizeof(*p->sandboxes), newer_sandbox);
	if (p->n_containers)
		qsort(p->containers, p->n_containers, sizeof(*p->containers), newer_container);
	for (size_t i = 0; old && i < p->n_containers; i++)
		adopt_container(&p->containers[i], old);
	for (size_t i = 0; old && i < p->n_sandboxes; i++) {
		struct kn_obs_sandbox *s = &p->sandboxes[i];

		for (size_t j = 0; j < old->n_sandboxes; j++) {
			struct kn_obs_sandbox *o = &old->sandboxes[j];

			if (!o->have_status || o->ready != s->ready || strcmp(o->id, s->id))
				continue;
			s->have_status = true;
			s->host_network = o->host_network;
			s->ips = kn_steal(o->ips);
			o->have_status = false;
		}
	}
}

void kn_obs_sandbox_status(struct kn_obs_sandbox *s, const Cri__PodSandboxStatus *st)
{
	size_t n = 0, extra = st->network ? st->network->n_additional_ips : 0;

	free_ips(s);
	s->have_status = true;
	s->ready = st->state == CRI__POD_SANDBOX_STATE__SANDBOX_READY;
	s->host_network = st->linux && st->linux->namespaces && st->linux->namespaces->options &&
			  st->linux->namespaces->options->network == CRI__NAMESPACE_MODE__NODE;
	if (!st->network || !*st->network->ip)
		return;
	if (extra > MAX_IPS)
		extra = MAX_IPS;
	s->ips = kn_calloc(extra + 2, sizeof(*s->ips));
	s->ips[n++] = kn_strdup(st->network->ip);
	for (size_t i = 0; i < extra; i++)
		s->ips[n++] = kn_strdup(st->network->additional_ips[i]->ip);
}

static char *dup_nonempty(const char *s, size_t max)
{
	return s && *s ? strndup(s, max) : NULL;
}

void kn_obs_container_status(struct kn_obs_container *c, const Cri__ContainerStatus *st)
{
	free_details(c);
	c->have_status = true;
	c->state = state_of(st->state);
	c->started_ns = st->started_at;
	c->finished_ns = st->finished_at;
	c->exit_code = st->exit_code;
	c->reason = dup_nonempty(st->reason, 256);
	c->message = dup_nonempty(st->message, 4096);
	c->image = dup_nonempty(st->image ? st->image->image : NULL, 1024);
	c->image_ref = dup_nonempty(st->image_ref, 1024);
	c->log_path = dup_nonempty(st->log_path, 4096);
}

/* FNV-1a with a finishing mix, so that sums of hashes don't cancel out. */
static uint64_t hash_entry(const char *id, unsigned state, uint64_t h)
{
	for (; *id; id++)
		h = (h ^ (unsigned char)*id) * 0x100000001b3ULL;
	h ^= (uint64_t)state + 1;
	h *= 0xff51afd7ed558ccdULL;
	h ^= h >> 33;
	return h * 0xc4ceb9fe1a85ec53ULL;
}

uint64_t kn_obs_digest_sandbox(const Cri__PodSandbox *s)
{
	return hash_entry(s->id, s->state, 0xcbf29ce484222325ULL);
}

uint64_t kn_obs_digest_container(const Cri__Container *c)
{
	return hash_entry(c->id, c->state, 0x84222325cbf29ce4ULL);
}

/* Only what has the label is ours: a runtime may also hold sandboxes of others in the same namespace. */
const char *kn_obs_uid(const Cri__PodSandbox *s)
{
	const char *uid = entry(s->labels, s->n_labels, KN_LABEL_POD_UID);

	return uid && *uid ? uid : NULL;
}

const char *kn_obs_container_uid(const Cri__Container *c)
{
	const char *uid = entry(c->labels, c->n_labels, KN_LABEL_POD_UID);

	return uid && *uid ? uid : NULL;
}

const struct kn_obs_sandbox *kn_obs_newest(const struct kn_obs_pod *p)
{
	return p && p->n_sandboxes ? &p->sandboxes[0] : NULL;
}

const struct kn_obs_container *kn_obs_find(const struct kn_obs_pod *p, const char *name,
					   const char *sandbox_id)
{
	for (size_t i = 0; p && i < p->n_containers; i++) {
		const struct kn_obs_container *c = &p->containers[i];

		if (!strcmp(c->name, name) && (!sandbox_id || !strcmp(c->sandbox_id, sandbox_id)))
			return c;
	}
	return NULL;
}

const struct kn_obs_container *kn_obs_previous(const struct kn_obs_pod *p, const char *name,
					       const struct kn_obs_container *c)
{
	bool seen = !c;

	for (size_t i = 0; p && i < p->n_containers; i++) {
		const struct kn_obs_container *o = &p->containers[i];

		if (seen && o->state == KN_OBS_EXITED && !strcmp(o->name, name))
			return o;
		seen = seen || o == c;
	}
	return NULL;
}

bool kn_obs_alive(const struct kn_obs_pod *p)
{
	for (size_t i = 0; p && i < p->n_sandboxes; i++)
		if (p->sandboxes[i].ready)
			return true;
	for (size_t i = 0; p && i < p->n_containers; i++)
		if (p->containers[i].state == KN_OBS_RUNNING || p->containers[i].state == KN_OBS_UNKNOWN)
			return true;
	return false;
}
