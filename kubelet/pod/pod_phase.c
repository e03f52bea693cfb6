// SPDX-License-Identifier: Apache-2.0
/* The phase (pkg/kubelet/kubelet_pods.go getPhase). */
#include "kubelet/status/pod_api_status.h"

#include <string.h>

bool kn_phase_is_terminal(const char *phase)
{
	return phase && (!strcmp(phase, "Succeeded") || !strcmp(phase, "Failed"));
}

static bool is_policy(const char *policy, const char *name)
{
	return policy && !strcmp(policy, name);
}

static bool rule_matches(const K8s__ContainerRestartRule *r, int code)
{
	bool in = false;

	if (!r->exitcodes || !r->exitcodes->operator_)
		return false;
	for (size_t i = 0; i < r->exitcodes->n_values; i++)
		in = in || r->exitcodes->values[i] == code;
	return !strcmp(r->exitcodes->operator_, "In") ? in : !strcmp(r->exitcodes->operator_, "NotIn") && !in;
}

bool kn_container_should_restart(const struct kn_pod *pod, const K8s__Container *c, int exit_code)
{
	const char *policy =
		c->restartpolicy && *c->restartpolicy ? c->restartpolicy : pod->obj->spec->restartpolicy;

	for (size_t i = 0; c->restartpolicy && i < c->n_restartpolicyrules; i++) {
		const K8s__ContainerRestartRule *r = c->restartpolicyrules[i];

		if (!rule_matches(r, exit_code))
			continue;
		if (r->action && !strncmp(r->action, "Restart", 7))
			return true;
		break;
	}
	if (is_policy(policy, "Never"))
		return false;
	return !is_policy(policy, "OnFailure") || exit_code != 0;
}

struct counts {
	unsigned init_pending, sidecar_pending, init_failed;
	unsigned unknown, running, waiting, stopped, stopped_for_good, succeeded;
};

/* The end of a container, now or before it waited; NULL: it has not ended. */
static const K8s__ContainerStateTerminated *ended(const K8s__ContainerStatus *s)
{
	if (s->state && s->state->terminated)
		return s->state->terminated;
	if (s->state && s->state->waiting && s->laststate)
		return s->laststate->terminated;
	return NULL;
}

static void count_init(struct counts *n, const struct kn_pod *pod, const K8s__Container *c,
		       const K8s__ContainerStatus *s)
{
	const K8s__ContainerStateTerminated *t = s ? ended(s) : NULL;

	if (!t)
		n->init_pending++;
	else if (t->exitcode)
		n->init_failed += !kn_container_should_restart(pod, c, t->exitcode);
}

static void count_sidecar(struct counts *n, const K8s__ContainerStatus *s)
{
	if (!s || !s->state) {
		n->unknown++;
	} else if (s->state->running) {
		n->sidecar_pending += !s->started;
		n->running++;
	} else if (!ended(s)) {
		n->sidecar_pending++;
		n->waiting++;
	}
}

static void count_regular(struct counts *n, const struct kn_pod *pod, const K8s__Container *c,
			  const K8s__ContainerStatus *s)
{
	const K8s__ContainerStateTerminated *t = s ? ended(s) : NULL;

	if (!s || !s->state) {
		n->unknown++;
	} else if (s->state->running) {
		n->running++;
	} else if (t) {
		n->stopped++;
		n->stopped_for_good += !kn_container_should_restart(pod, c, t->exitcode);
		n->succeeded += s->state->terminated && !t->exitcode;
	} else {
		n->waiting++;
	}
}

/* A regular container of the newest sandbox exists: the pod was initialized. */
static bool has_regular(const struct kn_api_status_in *in)
{
	const struct kn_obs_sandbox *sb = in->seen ? kn_obs_newest(in->seen) : NULL;
	const K8s__PodSpec *spec = in->pod->obj->spec;

	for (size_t i = 0; sb && i < spec->n_containers; i++)
		if (kn_obs_find(in->seen, spec->containers[i]->name, sb->id))
			return true;
	return false;
}

static const char *decide(const struct kn_api_status_in *in, const struct counts *n)
{
	const char *end = n->stopped == n->succeeded ? "Succeeded" : "Failed";

	if (n->init_failed)
		return "Failed";
	if (n->init_pending || (n->sidecar_pending && !has_regular(in)) || n->waiting)
		return "Pending";
	if (n->running && !n->unknown)
		return "Running";
	if (n->running || !n->stopped || n->unknown)
		return "Pending";
	if (in->terminal && !in->is_static)
		return end;
	return n->stopped != n->stopped_for_good ? "Running" : end;
}

const char *kn_api_phase(const struct kn_api_status_in *in, const K8s__PodStatus *s)
{
	const K8s__PodSpec *spec = in->pod->obj->spec;
	struct counts n = {0};

	for (size_t i = 0; i < spec->n_initcontainers; i++) {
		const K8s__Container *c = spec->initcontainers[i];
		const K8s__ContainerStatus *st = kn_container_status_find(
			s->initcontainerstatuses, s->n_initcontainerstatuses, c->name);

		if (kn_container_is_sidecar(c))
			count_sidecar(&n, st);
		else
			count_init(&n, in->pod, c, st);
	}
	for (size_t i = 0; i < spec->n_containers; i++)
		count_regular(&n, in->pod, spec->containers[i],
			      kn_container_status_find(s->containerstatuses, s->n_containerstatuses,
						       spec->containers[i]->name));
	return decide(in, &n);
}
