// SPDX-License-Identifier: Apache-2.0
/* Node selectors and required node affinity (k8s.io/component-helpers/scheduling/corev1/nodeaffinity). */
#include "kubelet/pod/admission.h"

#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "kubelet/gen/gen_priv.h"

static const char *label(const K8s__Node *node, const char *key)
{
	const K8s__ObjectMeta *m = node->metadata;

	for (size_t i = 0; m && i < m->n_labels; i++)
		if (m->labels[i]->key && !strcmp(m->labels[i]->key, key))
			return kn_gen_str(m->labels[i]->value);
	return NULL;
}

static bool is_in(const K8s__NodeSelectorRequirement *r, const char *value)
{
	for (size_t i = 0; i < r->n_values; i++)
		if (!strcmp(r->values[i], value))
			return true;
	return false;
}

/* Gt and Lt compare integers; anything else matches nothing. */
static bool compare(const K8s__NodeSelectorRequirement *r, const char *value, bool greater)
{
	char *end1, *end2;
	long long have, limit;

	if (r->n_values != 1 || !*value || !*r->values[0])
		return false;
	errno = 0;
	have = strtoll(value, &end1, 10);
	limit = strtoll(r->values[0], &end2, 10);
	return !errno && !*end1 && !*end2 && (greater ? have > limit : have < limit);
}

static bool matches(const K8s__NodeSelectorRequirement *r, const char *value)
{
	const char *op = kn_gen_str(r->operator_);

	if (!strcmp(op, "In"))
		return value && is_in(r, value);
	if (!strcmp(op, "NotIn"))
		return !value || !is_in(r, value);
	if (!strcmp(op, "Exists"))
		return value;
	if (!strcmp(op, "DoesNotExist"))
		return !value;
	if (!strcmp(op, "Gt") || !strcmp(op, "Lt"))
		return value && compare(r, value, *op == 'G');
	return false;
}

static bool term_matches(const K8s__NodeSelectorTerm *t, const K8s__Node *node)
{
	const char *name = node->metadata ? kn_gen_str(node->metadata->name) : "";

	if (!t->n_matchexpressions && !t->n_matchfields)
		return false; /* an empty term selects nothing */
	for (size_t i = 0; i < t->n_matchexpressions; i++)
		if (!matches(t->matchexpressions[i], label(node, kn_gen_str(t->matchexpressions[i]->key))))
			return false;
	for (size_t i = 0; i < t->n_matchfields; i++)
		if (strcmp(kn_gen_str(t->matchfields[i]->key), "metadata.name") != 0 ||
		    !matches(t->matchfields[i], name))
			return false;
	return true;
}

bool kn_node_selector_matches(const struct kn_pod *p, const K8s__Node *node)
{
	const K8s__PodSpec *s = p->obj->spec;
	const K8s__NodeSelector *required =
		s->affinity && s->affinity->nodeaffinity
			? s->affinity->nodeaffinity->requiredduringschedulingignoredduringexecution
			: NULL;

	for (size_t i = 0; i < s->n_nodeselector; i++) {
		const char *have = label(node, kn_gen_str(s->nodeselector[i]->key));

		if (!have || strcmp(have, kn_gen_str(s->nodeselector[i]->value)) != 0)
			return false;
	}
	for (size_t i = 0; required && i < required->n_nodeselectorterms; i++)
		if (term_matches(required->nodeselectorterms[i], node))
			return true;
	return !required;
}
