/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Which pod has which address: in dataDir/NETWORK one symbolic link an address, named as the address,
 * pointing to "CONTAINERID:IFNAME". Making a symbolic link is atomic, exclusive and carries its content, so a
 * process killed at any point leaves a whole reservation or none; what is left is removed by DEL (by owner)
 * or GC. Nothing is synced: after a power failure no pod is left that could own an address. Allocation holds
 * a flock on the folder; the kernel drops it with the process. ".last4" and ".last6" point to the address
 * given last, so that one just released rests.
 */
#ifndef KN_CNI_IPAM_H
#define KN_CNI_IPAM_H

#include "cni/addr.h"
#include "cni/args.h"
#include "cni/config.h"

struct kn_cni_ipam {
	int dir;
};
#define KN_CNI_IPAM_INIT                                                                                     \
	{                                                                                                    \
		-1                                                                                           \
	}

#define KN_CNI_OWNER_SIZE (KN_CNI_ID_MAX + 1 + 16)

/* create false: -ENOENT if the folder isn't there (no address was ever given). */
int kn_cni_ipam_open(const struct kn_cni_conf *conf, bool create, struct kn_cni_ipam *ret,
		     struct kn_err *err);
void kn_cni_ipam_close(struct kn_cni_ipam *ipam);
#define kn_auto_ipam KN_CLEANUP(kn_cni_ipam_close)

/* Reserves one address of each of the configuration's ranges, in their order, prefix that of a host. What
 * this owner already has (an ADD that died) is used again; *ret_fresh is false if that holds for any. All or
 * nothing. -ENOSPC: a range is used up. */
int kn_cni_ipam_reserve(const struct kn_cni_ipam *ipam, const struct kn_cni_conf *conf,
			const char *container_id, const char *ifname,
			struct kn_cni_addr ret[KN_CNI_MAX_CIDRS], bool *ret_fresh, struct kn_err *err);
/* Removes all the owner's reservations. None is no error. */
int kn_cni_ipam_release(const struct kn_cni_ipam *ipam, const char *container_id, const char *ifname,
			struct kn_err *err);

/* Calls fn for each reservation; an fn that returns non-zero ends it, and that is returned. fn may release.
 */
int kn_cni_ipam_each(const struct kn_cni_ipam *ipam,
		     int (*fn)(void *user, const struct kn_cni_addr *a, const char *container_id,
			       const char *ifname),
		     void *user, struct kn_err *err);

#endif
