/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include "lib/base/map.h"
#include "cni/args.h"
#include "cni/cni.h"
#include "cni/ipam.h"
#include "cni/link.h"

struct gc {
	const struct kn_cni_conf *conf;
	struct kn_map *valid; /* host interface names of the attachments that stay */
	struct kn_map *stale; /* names of ours that don't, value: the name */
	struct kn_cni_nl *host;
	const struct kn_cni_ipam *ipam;
	struct kn_err *err;
	int failed;
};

static void map_freep(struct kn_map **m)
{
	kn_map_free(*m, NULL);
}

static void remove_link(struct gc *gc, const char *name)
{
	int ifindex = kn_cni_nl_ifindex(gc->host, name);

	if (ifindex && kn_cni_link_del(gc->host, ifindex, gc->failed ? NULL : gc->err))
		gc->failed = KN_CNI_NETWORK;
}

static int judge_reservation(void *user, const struct kn_cni_addr *a, const char *container_id,
			     const char *ifname)
{
	char name[KN_CNI_HOSTIF_LEN];
	struct gc *gc = user;

	kn_cni_host_ifname(container_id, ifname, name);
	if (kn_map_get(gc->valid, name))
		return 0;
	remove_link(gc, name);
	if (kn_cni_ipam_release(gc->ipam, container_id, ifname, gc->failed ? NULL : gc->err))
		gc->failed = KN_CNI_IO;
	return 0;
}

/* Deleting inside a dump would mix answers on the socket: note it only. */
static void judge_link(void *user, const char *ifname, int ifindex)
{
	struct gc *gc = user;

	if (!kn_map_get(gc->valid, ifname))
		kn_map_set(gc->stale, ifname, gc);
}

int kn_cni_cmd_gc(const struct kn_cni_conf *conf, struct kn_err *err)
{
	kn_auto_ipam struct kn_cni_ipam ipam = KN_CNI_IPAM_INIT;
	kn_auto_nl struct kn_cni_nl host = {0};
	KN_CLEANUP(map_freep) struct kn_map *valid = kn_map_new();
	KN_CLEANUP(map_freep) struct kn_map *stale = kn_map_new();
	struct gc gc = {
		.conf = conf, .valid = valid, .stale = stale, .host = &host, .ipam = &ipam, .err = err};
	char name[KN_CNI_HOSTIF_LEN];
	const char *key;
	int r;

	/* Without the list every pod of the node would lose its network. */
	if (!conf->has_valid) {
		kn_err_set(err, EINVAL, "cni.dev/valid-attachments: is missing");
		return KN_CNI_CONFIG;
	}
	for (size_t i = 0; i < conf->n_valid; i++) {
		kn_cni_host_ifname(conf->valid[i].container_id, conf->valid[i].ifname, name);
		kn_map_set(valid, name, &gc);
	}
	if (kn_cni_nl_open(&host, err))
		return KN_CNI_IO;
	r = kn_cni_ipam_open(conf, false, &ipam, err);
	if (r && r != -ENOENT)
		return KN_CNI_IO;
	if (!r && kn_cni_ipam_each(&ipam, judge_reservation, &gc, err))
		return KN_CNI_IO;
	if (kn_cni_link_each(&host, conf->name, judge_link, &gc, err))
		return KN_CNI_IO;
	for (size_t it = 0; kn_map_next(stale, &it, &key, NULL);)
		remove_link(&gc, key);
	return gc.failed;
}
