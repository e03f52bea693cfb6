/* SPDX-License-Identifier: Apache-2.0 */
/* CHECK: what prevResult says of this plugin's pair must still hold. Other plugins' interfaces are their own
 * matter. */
#include <errno.h>
#include <string.h>
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/link.h"
#include "cni/netns.h"
#include "cni/prev.h"

struct seek {
	const struct kn_cni_addr *want;	   /* the address, or the route's destination */
	const struct kn_cni_addr *gateway; /* NULL: any */
	int ifindex;
	bool found;
};

static bool holds(const struct nlattr *a, const struct kn_cni_addr *want)
{
	return mnl_attr_get_payload_len(a) == kn_cni_addr_len(want) &&
	       !memcmp(mnl_attr_get_payload(a), want->bytes, kn_cni_addr_len(want));
}

static int see_addr(const struct nlmsghdr *h, void *user)
{
	const struct ifaddrmsg *ifa = mnl_nlmsg_get_payload(h);
	struct seek *s = user;
	const struct nlattr *a;

	if (ifa->ifa_family != s->want->family || (int)ifa->ifa_index != s->ifindex ||
	    ifa->ifa_prefixlen != s->want->prefix)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*ifa)) s->found =
		s->found || (mnl_attr_get_type(a) == IFA_ADDRESS && holds(a, s->want));
	return MNL_CB_OK;
}

static int see_route(const struct nlmsghdr *h, void *user)
{
	const struct rtmsg *rt = mnl_nlmsg_get_payload(h);
	struct seek *s = user;
	bool dst = !s->want->prefix, gw = !s->gateway, oif = false;
	const struct nlattr *a;

	if (rt->rtm_family != s->want->family || rt->rtm_dst_len != s->want->prefix ||
	    rt->rtm_table != RT_TABLE_MAIN)
		return MNL_CB_OK;
	mnl_attr_for_each(a, h, sizeof(*rt))
	{
		dst = dst || (mnl_attr_get_type(a) == RTA_DST && holds(a, s->want));
		gw = gw || (mnl_attr_get_type(a) == RTA_GATEWAY && holds(a, s->gateway));
		oif = oif || (mnl_attr_get_type(a) == RTA_OIF && (int)mnl_attr_get_u32(a) == s->ifindex);
	}
	s->found = s->found || (dst && gw && oif);
	return MNL_CB_OK;
}

static int find(struct kn_cni_nl *nl, uint16_t type, mnl_cb_t see, struct seek *s, struct kn_err *err)
{
	struct nlmsghdr *h = kn_cni_nl_add(nl, type, NLM_F_DUMP, "look into the network", 0);
	struct rtmsg *rt =
		mnl_nlmsg_put_extra_header(h, sizeof(*rt)); /* longer than ifaddrmsg, family first in both */

	rt->rtm_family = (uint8_t)s->want->family;
	return kn_cni_nl_ask(nl, see, s, err);
}

static int miss(struct kn_err *err, const char *what, const struct kn_cni_addr *a, const char *ifname)
{
	char text[KN_CNI_ADDR_STRLEN];

	kn_err_set(err, ENOENT, "%s %s is missing on %s", what, kn_cni_addr_cidr_str(a, text), ifname);
	return KN_CNI_MISMATCH;
}

static int check_pod(struct kn_cni_nl *pod, const char *ifname, const struct kn_cni_prev *p,
		     struct kn_err *err)
{
	struct seek s = {.ifindex = kn_cni_nl_ifindex(pod, ifname)};

	if (!s.ifindex) {
		kn_err_set(err, ENODEV, "the container has no interface %s", ifname);
		return KN_CNI_MISMATCH;
	}
	for (size_t i = 0; i < p->n_ips; i++) {
		s = (struct seek){.want = &p->ips[i], .ifindex = s.ifindex};
		if (find(pod, RTM_GETADDR, see_addr, &s, err))
			return KN_CNI_IO;
		if (!s.found)
			return miss(err, "address", s.want, ifname);
	}
	for (size_t i = 0; i < p->n_routes; i++) {
		s = (struct seek){.want = &p->routes[i].dst,
				  .gateway = p->routes[i].gw.family ? &p->routes[i].gw : NULL,
				  .ifindex = s.ifindex};
		if (find(pod, RTM_GETROUTE, see_route, &s, err))
			return KN_CNI_IO;
		if (!s.found)
			return miss(err, "route", s.want, ifname);
	}
	return 0;
}

/* The host's end, and over it a route to each of the pod's addresses. */
static int check_host(const struct kn_cni_args *args, const struct kn_cni_prev *p, struct kn_err *err)
{
	kn_auto_nl struct kn_cni_nl host = {0};
	char name[KN_CNI_HOSTIF_LEN];
	struct seek s = {0};

	if (kn_cni_nl_open(&host, err))
		return KN_CNI_IO;
	kn_cni_host_ifname(args->container_id, args->ifname, name);
	s.ifindex = kn_cni_nl_ifindex(&host, name);
	if (!s.ifindex) {
		kn_err_set(err, ENODEV, "the host has no interface %s", name);
		return KN_CNI_MISMATCH;
	}
	for (size_t i = 0; i < p->n_ips; i++) {
		s = (struct seek){.want = &p->ips[i], .ifindex = s.ifindex};
		if (find(&host, RTM_GETROUTE, see_route, &s, err))
			return KN_CNI_IO;
		if (!s.found)
			return miss(err, "route to", s.want, name);
	}
	return 0;
}

int kn_cni_cmd_check(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_err *err)
{
	kn_auto_nl struct kn_cni_nl pod = {0};
	kn_auto_close int netns = -1;
	struct kn_cni_prev p;
	int r;

	if (kn_cni_prev_parse(conf->prev_result, args->ifname, &p, err))
		return KN_CNI_CONFIG;
	netns = kn_cni_netns_open(args->netns, true, err);
	if (netns < 0) {
		kn_err_wrap(err, "CNI_NETNS");
		return KN_CNI_ENV;
	}
	r = check_host(args, &p, err);
	if (r)
		return r;
	/* The last thing the process does: no way back is needed. */
	if (kn_cni_netns_enter(netns, err) || kn_cni_nl_open(&pod, err))
		return KN_CNI_IO;
	return check_pod(&pod, args->ifname, &p, err);
}
