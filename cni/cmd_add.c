/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/ipam.h"
#include "cni/link.h"
#include "cni/netns.h"
#include "cni/result.h"

/* Opens the pod's socket and looks for the interface; in between the process is in the pod's namespace. */
static int setup_pod(int self, int netns, const struct kn_cni_link *l, struct kn_err *err)
{
	kn_auto_nl struct kn_cni_nl pod = {0};
	int r = kn_cni_netns_enter(netns, err), back;

	if (r)
		return r;
	r = kn_cni_nl_open(&pod, err);
	r = r ? r : kn_cni_link_setup_pod(&pod, l, err);
	/* Without a way back the host's end would be sought in the pod. */
	back = kn_cni_netns_enter(self, r ? NULL : err);
	return r ? r : back;
}

static bool pod_has(int self, int netns, const char *ifname)
{
	kn_auto_nl struct kn_cni_nl pod = {0};
	bool has = true; /* if in doubt, don't touch what is there */

	if (kn_cni_netns_enter(netns, NULL))
		return has;
	if (!kn_cni_nl_open(&pod, NULL))
		has = kn_cni_nl_ifindex(&pod, ifname) != 0;
	return kn_cni_netns_enter(self, NULL) || has;
}

/* A host's end without an interface in this pod is left from an ADD that died, with an older namespace. */
static int create(struct kn_cni_nl *host, const struct kn_cni_link *l, uint32_t mtu, int self, int netns,
		  struct kn_err *err)
{
	int r = kn_cni_link_create(host, l, mtu, netns, err), stale;

	if (r != -EEXIST)
		return r;
	if (pod_has(self, netns, l->pod))
		return kn_err_set(err, EEXIST, "the container already has an interface %s", l->pod);
	stale = kn_cni_nl_ifindex(host, l->host);
	if (stale)
		kn_cni_link_del(host, stale, NULL);
	return kn_cni_link_create(host, l, mtu, netns, err);
}

static int connect_pod(const struct kn_cni_args *args, const struct kn_cni_conf *conf,
		       const struct kn_cni_link *l, int netns, struct kn_err *err)
{
	kn_auto_nl struct kn_cni_nl host = {0};
	char alias[KN_CNI_ALIAS_SIZE];
	kn_auto_close int self = kn_cni_netns_open("/proc/self/ns/net", false, err);
	int r = self < 0 ? self : kn_cni_nl_open(&host, err);

	if (r)
		return r;
	r = create(&host, l, conf->mtu, self, netns, err);
	if (r)
		return r == -EEXIST ? KN_CNI_EXISTS : KN_CNI_NETWORK;
	r = setup_pod(self, netns, l, err);
	if (!r)
		r = kn_cni_link_setup_host(
			&host, l, kn_cni_link_alias(conf->name, args->container_id, args->ifname, alias),
			err);
	if (r) {
		int ifindex = kn_cni_nl_ifindex(&host, l->host);

		if (ifindex)
			kn_cni_link_del(&host, ifindex, NULL);
		return KN_CNI_NETWORK;
	}
	return 0;
}

int kn_cni_cmd_add(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_buf *out,
		   struct kn_err *err)
{
	kn_auto_ipam struct kn_cni_ipam ipam = KN_CNI_IPAM_INIT;
	kn_auto_close int netns = kn_cni_netns_open(args->netns, true, err);
	struct kn_cni_addr addrs[KN_CNI_MAX_CIDRS];
	struct kn_cni_link l;
	bool fresh = false;
	int r;

	if (netns < 0) {
		kn_err_wrap(err, "CNI_NETNS");
		return KN_CNI_ENV;
	}
	if (kn_cni_ipam_open(conf, true, &ipam, err))
		return KN_CNI_IO;
	r = kn_cni_ipam_reserve(&ipam, conf, args->container_id, args->ifname, addrs, &fresh, err);
	if (r)
		return r == -ENOSPC ? KN_CNI_AGAIN : KN_CNI_IO;
	r = kn_cni_link_init(&l, conf, args->container_id, args->ifname, addrs, err);
	r = r ? KN_CNI_IO : connect_pod(args, conf, &l, netns, err);
	if (r < 0)
		r = KN_CNI_IO;
	/* What an earlier ADD reserved stays: its interface may be the reason for the failure. */
	if (r && fresh)
		kn_cni_ipam_release(&ipam, args->container_id, args->ifname, NULL);
	if (!r)
		kn_cni_result_write(out, conf->version, &l, args->netns, conf->mtu);
	return r;
}
