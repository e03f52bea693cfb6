/* SPDX-License-Identifier: Apache-2.0 */
#include <stdio.h>
#include <string.h>

#include "kubelet/node/node_events.h"
#include "lib/base/mem.h"

static const char *status_of(const K8s__NodeStatus *s, const char *type)
{
	for (size_t i = 0; s && i < s->n_conditions; i++)
		if (s->conditions[i]->type && !strcmp(s->conditions[i]->type, type))
			return s->conditions[i]->status ? s->conditions[i]->status : "";
	return NULL;
}

static void tell(const char *node_name, const char *reason, kn_node_event fn, void *user)
{
	kn_auto_free char *text = kn_sprintf("Node %s status is now: %s", node_name, reason);

	fn(user, false, reason, text);
}

static void tell_reboot(const char *node_name, const K8s__NodeStatus *old, const K8s__NodeStatus *new,
			kn_node_event fn, void *user)
{
	const char *was = old && old->nodeinfo ? old->nodeinfo->bootid : NULL;
	const char *is = new->nodeinfo ? new->nodeinfo->bootid : NULL;
	kn_auto_free char *text = NULL;

	if (!was || !*was || !is || !strcmp(was, is))
		return;
	text = kn_sprintf("Node %s has been rebooted, boot id: %s", node_name, is);
	fn(user, true, "Rebooted", text);
}

void kn_node_status_events(const char *node_name, const K8s__NodeStatus *old, const K8s__NodeStatus *new,
			   kn_node_event fn, void *user)
{
	static const struct {
		const char *type, *on, *off;
		bool when_new; /* told also for a condition that wasn't there */
	} table[] = {
		{"MemoryPressure", "NodeHasInsufficientMemory", "NodeHasSufficientMemory", true},
		{"DiskPressure", "NodeHasDiskPressure", "NodeHasNoDiskPressure", true},
		{"PIDPressure", "NodeHasInsufficientPID", "NodeHasSufficientPID", true},
		{"Ready", "NodeReady", "NodeNotReady", false},
	};

	tell_reboot(node_name, old, new, fn, user);
	for (size_t i = 0; i < KN_ARRAY_SIZE(table); i++) {
		const char *was = status_of(old, table[i].type), *is = status_of(new, table[i].type);

		if (!is || (was ? !strcmp(was, is) : !table[i].when_new))
			continue;
		tell(node_name, !strcmp(is, "True") ? table[i].on : table[i].off, fn, user);
	}
}

void kn_node_schedulable_event(const char *node_name, bool was_unschedulable, bool unschedulable,
			       kn_node_event fn, void *user)
{
	if (was_unschedulable != unschedulable)
		tell(node_name, unschedulable ? "NodeNotSchedulable" : "NodeSchedulable", fn, user);
}
