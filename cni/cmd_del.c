/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/ipam.h"
#include "cni/link.h"

struct routes {
	struct kn_cni_nl *host;
	int ifindex;
	const struct kn_cni_args *args;
};

static int drop_route(void *user, const struct kn_cni_addr *a, const char *container_id, const char *ifname)
{
	struct routes *s = user;

	if (!strcmp(container_id, s->args->container_id) && !strcmp(ifname, s->args->ifname))
		kn_cni_link_del_route(s->host, a, s->ifindex);
	return 0;
}

/* The address is released last, so that a DEL that died can be repeated and an address given again never has
 * two interfaces. The namespace isn't needed: the pod's end goes with the host's. */
int kn_cni_cmd_del(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_err *err)
{
	kn_auto_ipam struct kn_cni_ipam ipam = KN_CNI_IPAM_INIT;
	kn_auto_nl struct kn_cni_nl host = {0};
	struct routes routes = {.host = &host, .args = args};
	char name[KN_CNI_HOSTIF_LEN];
	int opened = kn_cni_ipam_open(conf, false, &ipam, err);

	if (opened && opened != -ENOENT)
		return KN_CNI_IO;
	if (kn_cni_nl_open(&host, err))
		return KN_CNI_IO;
	kn_cni_host_ifname(args->container_id, args->ifname, name);
	routes.ifindex = kn_cni_nl_ifindex(&host, name);
	if (routes.ifindex) {
		if (!opened)
			kn_cni_ipam_each(&ipam, drop_route, &routes, NULL);
		if (kn_cni_link_del_quick(&host, name, routes.ifindex, err))
			return KN_CNI_NETWORK;
	}
	if (!opened && kn_cni_ipam_release(&ipam, args->container_id, args->ifname, err))
		return KN_CNI_IO;
	return 0;
}
