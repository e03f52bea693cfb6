/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/neighbour.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/random.h>
#include "cni/link.h"
#include "cni/netns.h"

#define ADDR_GEN_MODE_NONE 1 /* IN6_ADDR_GEN_MODE_NONE; its header clashes with the C library's */
#define DEVCONF_RP_FILTER 8  /* IPV4_DEVCONF_RP_FILTER of linux/ip.h, likewise */
#define LOOPBACK_IFINDEX 1

int kn_cni_link_init(struct kn_cni_link *l, const struct kn_cni_conf *conf, const char *container_id,
		     const char *ifname, const struct kn_cni_addr *addrs, struct kn_err *err)
{
	unsigned char mac[12];

	if (getrandom(mac, sizeof(mac), 0) != sizeof(mac))
		return kn_err_errno(err, errno, "getrandom");
	memset(l, 0, sizeof(*l));
	kn_cni_host_ifname(container_id, ifname, l->host);
	snprintf(l->pod, sizeof(l->pod), "%s", ifname);
	memcpy(l->host_mac, mac, 6);
	memcpy(l->pod_mac, mac + 6, 6);
	l->host_mac[0] = (unsigned char)((mac[0] & ~1) | 2); /* unicast, locally administered */
	l->pod_mac[0] = (unsigned char)((mac[6] & ~1) | 2);
	l->n = conf->n_cidrs;
	for (size_t i = 0; i < l->n; i++) {
		l->addrs[i] = addrs[i];
		l->gateways[i] = kn_cni_cidr_gateway(&conf->cidrs[i]);
	}
	return 0;
}

static struct nlmsghdr *put_link(struct kn_cni_nl *nl, uint16_t type, uint16_t flags, int ifindex,
				 unsigned iff, const char *what)
{
	struct nlmsghdr *h = kn_cni_nl_add(nl, type, flags, what, 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_index = ifindex;
	ifi->ifi_flags = ifi->ifi_change = iff;
	return h;
}

int kn_cni_link_create(struct kn_cni_nl *host, const struct kn_cni_link *l, uint32_t mtu, int netns,
		       struct kn_err *err)
{
	struct nlmsghdr *h =
		put_link(host, RTM_NEWLINK, NLM_F_CREATE | NLM_F_EXCL, 0, 0, "create the veth pair");
	struct nlattr *info, *data, *peer;

	mnl_attr_put_strz(h, IFLA_IFNAME, l->host);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(l->host_mac), l->host_mac);
	if (mtu)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
	info = mnl_attr_nest_start(h, IFLA_LINKINFO);
	mnl_attr_put_strz(h, IFLA_INFO_KIND, "veth");
	data = mnl_attr_nest_start(h, IFLA_INFO_DATA);
	peer = mnl_attr_nest_start(h, VETH_INFO_PEER);
	mnl_nlmsg_put_extra_header(h, sizeof(struct ifinfomsg));
	mnl_attr_put_strz(h, IFLA_IFNAME, l->pod);
	mnl_attr_put(h, IFLA_ADDRESS, sizeof(l->pod_mac), l->pod_mac);
	if (mtu)
		mnl_attr_put_u32(h, IFLA_MTU, mtu);
	mnl_attr_put_u32(h, IFLA_NET_NS_FD, (uint32_t)netns);
	mnl_attr_nest_end(h, peer);
	mnl_attr_nest_end(h, data);
	mnl_attr_nest_end(h, info);
	return kn_cni_nl_commit(host, err);
}

static void put_addr(struct kn_cni_nl *nl, int ifindex, const struct kn_cni_addr *a, const char *what)
{
	struct nlmsghdr *h = kn_cni_nl_add(nl, RTM_NEWADDR, NLM_F_CREATE | NLM_F_EXCL, what, 0);
	struct ifaddrmsg *ifa = mnl_nlmsg_put_extra_header(h, sizeof(*ifa));

	ifa->ifa_family = (uint8_t)a->family;
	ifa->ifa_prefixlen = (uint8_t)(kn_cni_addr_len(a) * 8);
	ifa->ifa_flags = a->family == AF_INET6 ? IFA_F_NODAD : 0;
	ifa->ifa_index = (uint32_t)ifindex;
	mnl_attr_put(h, IFA_LOCAL, kn_cni_addr_len(a), a->bytes);
	mnl_attr_put(h, IFA_ADDRESS, kn_cni_addr_len(a), a->bytes);
}

static void put_neigh(struct kn_cni_nl *nl, int ifindex, const struct kn_cni_addr *a,
		      const unsigned char mac[6], const char *what)
{
	struct nlmsghdr *h = kn_cni_nl_add(nl, RTM_NEWNEIGH, NLM_F_CREATE | NLM_F_REPLACE, what, 0);
	struct ndmsg *nd = mnl_nlmsg_put_extra_header(h, sizeof(*nd));

	nd->ndm_family = (uint8_t)a->family;
	nd->ndm_ifindex = ifindex;
	nd->ndm_state = NUD_PERMANENT;
	mnl_attr_put(h, NDA_DST, kn_cni_addr_len(a), a->bytes);
	mnl_attr_put(h, NDA_LLADDR, 6, mac);
}

/* A host route to dst over the link, or with dst NULL the default route by the gateway. */
static struct nlmsghdr *put_route(struct kn_cni_nl *nl, uint16_t type, uint16_t flags, int ifindex,
				  const struct kn_cni_addr *dst, const struct kn_cni_addr *gateway,
				  const char *what, int ignore)
{
	struct nlmsghdr *h = kn_cni_nl_add(nl, type, flags, what, ignore);
	struct rtmsg *rt = mnl_nlmsg_put_extra_header(h, sizeof(*rt));
	const struct kn_cni_addr *a = dst ? dst : gateway;

	rt->rtm_family = (uint8_t)a->family;
	rt->rtm_table = RT_TABLE_MAIN;
	rt->rtm_protocol = RTPROT_BOOT;
	rt->rtm_type = RTN_UNICAST;
	rt->rtm_scope = dst && a->family == AF_INET ? RT_SCOPE_LINK : RT_SCOPE_UNIVERSE;
	if (dst) {
		rt->rtm_dst_len = (uint8_t)(kn_cni_addr_len(a) * 8);
		mnl_attr_put(h, RTA_DST, kn_cni_addr_len(a), a->bytes);
	} else {
		mnl_attr_put(h, RTA_GATEWAY, kn_cni_addr_len(a), a->bytes);
	}
	mnl_attr_put_u32(h, RTA_OIF, (uint32_t)ifindex);
	return h;
}

int kn_cni_link_setup_pod(struct kn_cni_nl *pod, const struct kn_cni_link *l, struct kn_err *err)
{
	int ifindex = kn_cni_nl_ifindex(pod, l->pod), r = 0;

	if (!ifindex)
		return kn_err_set(err, ENODEV, "%s vanished from the pod", l->pod);
	for (size_t i = 0; !r && i < l->n; i++)
		if (l->addrs[i].family == AF_INET6)
			r = kn_cni_sysctl_ipv6_if(l->pod, err);
	if (r)
		return r;
	put_link(pod, RTM_NEWLINK, 0, LOOPBACK_IFINDEX, IFF_UP, "set the pod's loopback up");
	put_link(pod, RTM_NEWLINK, 0, ifindex, IFF_UP, "set the pod's interface up");
	for (size_t i = 0; i < l->n; i++) {
		const struct kn_cni_addr *gw = &l->gateways[i];

		put_addr(pod, ifindex, &l->addrs[i], "add the pod's address");
		put_neigh(pod, ifindex, gw, l->host_mac, "add the gateway as neighbour");
		put_route(pod, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, gw, NULL,
			  "add the pod's route to the gateway", 0);
		/* Not EXCL for all: a pod on several networks has its default route from the first. */
		put_route(pod, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_EXCL, ifindex, NULL, gw,
			  "add the pod's default route", EEXIST);
	}
	return kn_cni_nl_commit(pod, err);
}

/* Settings that have to be there before the host's end comes up. Strict reverse path filtering keeps a pod
 * from using another's IPv4 address; the host's end needs no link-local address, which would only bring
 * multicast traffic. */
static void put_host_options(struct kn_cni_nl *nl, int ifindex, bool ipv6, const char *alias)
{
	struct nlmsghdr *h = put_link(nl, RTM_SETLINK, 0, ifindex, 0, "configure the host's interface");
	struct nlattr *spec, *family, *conf;

	mnl_attr_put_strz(h, IFLA_IFALIAS, alias);
	spec = mnl_attr_nest_start(h, IFLA_AF_SPEC);
	family = mnl_attr_nest_start(h, AF_INET);
	conf = mnl_attr_nest_start(h, IFLA_INET_CONF);
	mnl_attr_put_u32(h, DEVCONF_RP_FILTER, 1);
	mnl_attr_nest_end(h, conf);
	mnl_attr_nest_end(h, family);
	if (ipv6) {
		family = mnl_attr_nest_start(h, AF_INET6);
		mnl_attr_put_u8(h, IFLA_INET6_ADDR_GEN_MODE, ADDR_GEN_MODE_NONE);
		mnl_attr_nest_end(h, family);
	}
	mnl_attr_nest_end(h, spec);
}

int kn_cni_link_setup_host(struct kn_cni_nl *host, const struct kn_cni_link *l, const char *alias,
			   struct kn_err *err)
{
	int ifindex = kn_cni_nl_ifindex(host, l->host), r = 0;
	bool ipv6 = false;

	if (!ifindex)
		return kn_err_set(err, ENODEV, "%s vanished", l->host);
	for (size_t i = 0; !r && i < l->n; i++) {
		r = kn_cni_sysctl_forward(l->addrs[i].family, err);
		ipv6 = ipv6 || l->addrs[i].family == AF_INET6;
	}
	if (!r && ipv6)
		r = kn_cni_sysctl_ipv6_if(l->host, err);
	if (r)
		return r;
	put_host_options(host, ifindex, ipv6 || kn_cni_has_ipv6(), alias);
	put_link(host, RTM_NEWLINK, 0, ifindex, IFF_UP, "set the host's interface up");
	for (size_t i = 0; i < l->n; i++) {
		put_addr(host, ifindex, &l->gateways[i], "add the gateway's address");
		put_neigh(host, ifindex, &l->addrs[i], l->pod_mac, "add the pod as neighbour");
		put_route(host, RTM_NEWROUTE, NLM_F_CREATE | NLM_F_REPLACE, ifindex, &l->addrs[i], NULL,
			  "add the host's route to the pod", 0);
	}
	return kn_cni_nl_commit(host, err);
}

void kn_cni_link_del_route(struct kn_cni_nl *host, const struct kn_cni_addr *a, int ifindex)
{
	/* Only to end traffic at once: the interface, soon gone, takes its routes along. */
	put_route(host, RTM_DELROUTE, 0, ifindex, a, NULL, "remove the host's route to the pod", ESRCH);
	kn_cni_nl_commit(host, NULL);
}
