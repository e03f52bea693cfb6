/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A pod's link: a veth pair, point to point, no bridge. The host's end carries the gateway's addresses and a
 * route to the pod's address, the pod's end the address and a default route. Each end knows the other's MAC
 * address for good (permanent neighbours), so nothing ever waits for ARP, neighbour discovery or duplicate
 * detection.
 */
#ifndef KN_CNI_LINK_H
#define KN_CNI_LINK_H

#include <stdbool.h>
#include "cni/args.h"
#include "cni/config.h"
#include "cni/netlink.h"

struct kn_cni_link {
	char host[KN_CNI_HOSTIF_LEN];
	char pod[16];
	unsigned char host_mac[6], pod_mac[6];
	struct kn_cni_addr addrs[KN_CNI_MAX_CIDRS];    /* the pod's */
	struct kn_cni_addr gateways[KN_CNI_MAX_CIDRS]; /* the host end's */
	size_t n;
};

/* Fills all but MAC addresses, which are drawn at random (locally administered). */
int kn_cni_link_init(struct kn_cni_link *l, const struct kn_cni_conf *conf, const char *container_id,
		     const char *ifname, const struct kn_cni_addr *addrs, struct kn_err *err);
/* Makes the pair, with the pod's end right in the namespace netns. -EEXIST: one of the names is taken. */
int kn_cni_link_create(struct kn_cni_nl *host, const struct kn_cni_link *l, uint32_t mtu, int netns,
		       struct kn_err *err);
/* In the pod's namespace: sysctls, addresses, routes. */
int kn_cni_link_setup_pod(struct kn_cni_nl *pod, const struct kn_cni_link *l, struct kn_err *err);
/* In the host's namespace, likewise. alias marks the device as ours, for GC. */
int kn_cni_link_setup_host(struct kn_cni_nl *host, const struct kn_cni_link *l, const char *alias,
			   struct kn_err *err);

/* Removes a route to a pod's address over an interface; none is no error. */
void kn_cni_link_del_route(struct kn_cni_nl *host, const struct kn_cni_addr *a, int ifindex);
/* Removes an interface and so its peer. None is no error. Waits until the kernel has freed both, tens of ms.
 */
int kn_cni_link_del(struct kn_cni_nl *host, int ifindex, struct kn_err *err);
/* As above, but returns as soon as both ends have gone from sight; a child process waits for the rest. */
int kn_cni_link_del_quick(struct kn_cni_nl *host, const char *ifname, int ifindex, struct kn_err *err);

/* The alias of a network's devices begins with "kernlet:NETWORK:". Returns buf. */
#define KN_CNI_ALIAS_SIZE 256
char *kn_cni_link_alias(const char *network, const char *container_id, const char *ifname,
			char buf[KN_CNI_ALIAS_SIZE]);
/* Calls fn for each interface of the network. */
int kn_cni_link_each(struct kn_cni_nl *host, const char *network,
		     void (*fn)(void *user, const char *ifname, int ifindex), void *user, struct kn_err *err);

#endif
