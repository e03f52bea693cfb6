/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include "cni/prev.h"

static int bad(struct kn_err *err, const char *why)
{
	return kn_err_set(err, EINVAL, "prevResult: %s", why);
}

static int parse_member(const struct kn_node *object, const char *key, struct kn_cni_addr *ret)
{
	const char *text = kn_node_str(object, key);

	return text ? kn_cni_addr_parse(text, ret) : -EINVAL;
}

/* Position of the pod's interface in the list; -1: none. */
static long find_interface(const struct kn_node *list, const char *ifname)
{
	long i = 0;

	for (const struct kn_node *e = list ? list->child : NULL; e; e = e->next, i++) {
		const char *name = kn_node_str(e, "name"), *sandbox = kn_node_str(e, "sandbox");

		if (name && sandbox && *sandbox && !strcmp(name, ifname))
			return i;
	}
	return -1;
}

static bool is_index(const struct kn_node *n, long want)
{
	return n && n->type == KN_NODE_NUMBER && n->text_len < 6 && strtol(n->text, NULL, 10) == want;
}

/* gateways: of each address kept; family 0: none. */
static int parse_ips(const struct kn_node *list, long index, struct kn_cni_prev *p,
		     struct kn_cni_addr *gateways, struct kn_err *err)
{
	for (const struct kn_node *e = list ? list->child : NULL; e; e = e->next) {
		if (!is_index(kn_node_get(e, "interface"), index))
			continue;
		if (p->n_ips == KN_CNI_PREV_MAX)
			return bad(err, "too many addresses");
		if (parse_member(e, "address", &p->ips[p->n_ips]))
			return bad(err, "an entry of ips has no valid address");
		if (kn_node_get(e, "gateway") && parse_member(e, "gateway", &gateways[p->n_ips]))
			return bad(err, "an entry of ips has no valid gateway");
		p->n_ips++;
	}
	return p->n_ips ? 0 : bad(err, "no address belongs to the interface");
}

static int parse_routes(const struct kn_node *list, struct kn_cni_prev *p, const struct kn_cni_addr *gateways,
			struct kn_err *err)
{
	for (const struct kn_node *e = list ? list->child : NULL; e; e = e->next) {
		struct kn_cni_addr dst, gw = {0};
		bool ours = false;

		if (parse_member(e, "dst", &dst))
			return bad(err, "an entry of routes has no valid dst");
		if (kn_node_get(e, "gw") && parse_member(e, "gw", &gw))
			return bad(err, "an entry of routes has no valid gw");
		for (size_t i = 0; gw.family && i < p->n_ips; i++)
			ours = ours || (gateways[i].family && kn_cni_addr_same(&gateways[i], &gw));
		if (!ours)
			continue;
		if (p->n_routes == KN_CNI_PREV_MAX)
			return bad(err, "too many routes");
		p->routes[p->n_routes].dst = dst;
		p->routes[p->n_routes++].gw = gw;
	}
	return 0;
}

int kn_cni_prev_parse(const struct kn_node *result, const char *ifname, struct kn_cni_prev *ret,
		      struct kn_err *err)
{
	struct kn_cni_addr gateways[KN_CNI_PREV_MAX] = {0};
	struct kn_cni_prev p = {0};
	long index;
	int r;

	if (!result || result->type != KN_NODE_OBJECT)
		return bad(err, "is missing or no object");
	index = find_interface(kn_node_get(result, "interfaces"), ifname);
	if (index < 0)
		return bad(err, "names no such interface in a sandbox");
	r = parse_ips(kn_node_get(result, "ips"), index, &p, gateways, err);
	r = r ? r : parse_routes(kn_node_get(result, "routes"), &p, gateways, err);
	if (r)
		return r;
	*ret = p;
	return 0;
}
