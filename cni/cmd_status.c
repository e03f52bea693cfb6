/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <unistd.h>
#include "cni/cni.h"
#include "cni/ipam.h"
#include "cni/netns.h"

struct usage {
	const struct kn_cni_conf *conf;
	uint64_t used[KN_CNI_MAX_CIDRS];
	uint64_t all;
};

static int count(void *user, const struct kn_cni_addr *a, const char *container_id, const char *ifname)
{
	struct usage *u = user;

	u->all++;
	for (size_t i = 0; i < u->conf->n_cidrs; i++)
		u->used[i] += kn_cni_cidr_has(&u->conf->cidrs[i], a);
	return 0;
}

/* Forwarding that is off is no fault before the first pod: ADD turns it on. Later, someone turned it off. */
static int check_forwarding(const struct kn_cni_conf *conf, const struct usage *u, struct kn_err *err)
{
	for (size_t i = 0; i < conf->n_cidrs; i++) {
		if (!u->all || kn_cni_sysctl_forwards(conf->cidrs[i].family))
			continue;
		kn_err_set(err, ENETDOWN, "IPv%d forwarding is off",
			   conf->cidrs[i].family == AF_INET ? 4 : 6);
		return KN_CNI_LIMITED;
	}
	return 0;
}

int kn_cni_cmd_status(const struct kn_cni_conf *conf, struct kn_err *err)
{
	kn_auto_ipam struct kn_cni_ipam ipam = KN_CNI_IPAM_INIT;
	struct usage u = {.conf = conf};
	char text[KN_CNI_ADDR_STRLEN];

	if (kn_cni_ipam_open(conf, true, &ipam, err) || kn_cni_ipam_each(&ipam, count, &u, err))
		return KN_CNI_UNAVAILABLE;
	if (faccessat(ipam.dir, ".", W_OK | X_OK, 0)) {
		kn_err_errno(err, errno, "write to %s/%s", conf->data_dir, conf->name);
		return KN_CNI_UNAVAILABLE;
	}
	for (size_t i = 0; i < conf->n_cidrs; i++) {
		if (conf->cidrs[i].family == AF_INET6 && !kn_cni_has_ipv6()) {
			kn_err_set(err, EAFNOSUPPORT, "the kernel has no IPv6");
			return KN_CNI_UNAVAILABLE;
		}
		if (u.used[i] < kn_cni_cidr_pods(&conf->cidrs[i]))
			continue;
		kn_err_set(err, ENOSPC, "no free address in %s", kn_cni_addr_cidr_str(&conf->cidrs[i], text));
		return KN_CNI_UNAVAILABLE;
	}
	return check_forwarding(conf, &u, err);
}
