/* SPDX-License-Identifier: Apache-2.0 */
/* The network configuration from stdin, checked. Strings live in the arena given. */
#ifndef KN_CNI_CONFIG_H
#define KN_CNI_CONFIG_H

#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/json/node.h"
#include "cni/addr.h"

#define KN_CNI_DATA_DIR "/var/lib/cni/kernlet"
#define KN_CNI_MAX_CIDRS 2 /* one for each family, as spec.podCIDRs of a Node */

struct kn_cni_attachment {
	const char *container_id;
	const char *ifname;
};

struct kn_cni_conf {
	const char *version;
	const char *name;
	const char *data_dir;
	uint32_t mtu; /* 0: the kernel's */
	struct kn_cni_addr cidrs[KN_CNI_MAX_CIDRS];
	size_t n_cidrs;
	const struct kn_node *prev_result; /* NULL: none */
	bool has_valid;			   /* cni.dev/valid-attachments was there */
	const struct kn_cni_attachment *valid;
	size_t n_valid;
};

/* 0 or a positive enum kn_cni_code. ret->version is set as soon as it is known, even on failure (for the
 * error's JSON); nothing else is then to be used. */
int kn_cni_conf_parse(const char *text, size_t len, struct kn_arena *a, struct kn_cni_conf *ret,
		      struct kn_err *err);

/* The range that holds an address, or NULL. */
const struct kn_cni_addr *kn_cni_conf_cidr(const struct kn_cni_conf *conf, const struct kn_cni_addr *a);

#endif
