/* SPDX-License-Identifier: Apache-2.0 */
/* The CNI_* environment, checked. Strings are the environment's and live as long as it. */
#ifndef KN_CNI_ARGS_H
#define KN_CNI_ARGS_H

#include "lib/base/err.h"

enum kn_cni_command {
	KN_CNI_CMD_NONE,
	KN_CNI_CMD_ADD,
	KN_CNI_CMD_DEL,
	KN_CNI_CMD_CHECK,
	KN_CNI_CMD_STATUS,
	KN_CNI_CMD_GC,
	KN_CNI_CMD_VERSION,
};

#define KN_CNI_ID_MAX 253
#define KN_CNI_HOSTIF_LEN 14 /* "kn" and 11 hex digits, NUL */

struct kn_cni_args {
	enum kn_cni_command command;
	const char *container_id; /* NULL for STATUS, GC and VERSION */
	const char *ifname;	  /* likewise */
	const char *netns;	  /* NULL if DEL came without one */
};

/* 0 or KN_CNI_ENV, with the variable's name in the message. CNI_ARGS and CNI_PATH aren't used. */
int kn_cni_args_parse(const char *(*env)(const char *name), struct kn_cni_args *ret, struct kn_err *err);

/* Rules of the specification ("CNI_CONTAINERID", "CNI_IFNAME"); also for entries of
 * cni.dev/valid-attachments. */
int kn_cni_check_id(const char *id);	/* 0 or -EINVAL */
int kn_cni_check_ifname(const char *s); /* 0 or -EINVAL */

/* Name of the host's end: a hash, so that DEL finds it without a network namespace and without state. */
void kn_cni_host_ifname(const char *container_id, const char *ifname, char ret[KN_CNI_HOSTIF_LEN]);

#endif
