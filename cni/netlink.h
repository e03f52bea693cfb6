/* SPDX-License-Identifier: Apache-2.0 */
/*
 * rtnetlink over libmnl: several requests in one sendmsg(), an answer to each. A socket belongs to the
 * network namespace the process was in when it was opened, and stays there.
 */
#ifndef KN_CNI_NETLINK_H
#define KN_CNI_NETLINK_H

#include <libmnl/libmnl.h>
#include <linux/rtnetlink.h>
#include "lib/base/err.h"

#define KN_CNI_NL_BATCH 24 /* requests */
#define KN_CNI_NL_BYTES 8192

struct kn_cni_nl {
	struct mnl_socket *sock;
	unsigned seq;	/* of the batch's first request */
	unsigned count; /* requests in the batch */
	size_t used;
	const char *what[KN_CNI_NL_BATCH];
	int ignore[KN_CNI_NL_BATCH]; /* errno that is no failure */
	char buf[KN_CNI_NL_BYTES] __attribute__((aligned(8)));
};

int kn_cni_nl_open(struct kn_cni_nl *nl, struct kn_err *err);
void kn_cni_nl_close(struct kn_cni_nl *nl); /* accepts one that is zeroed */
#define kn_auto_nl KN_CLEANUP(kn_cni_nl_close)

/* Begins a request in the batch. what: for the error's text, a literal. ignore: see above, 0 none. Attributes
 * are put into what is returned before the next call. The batch's size is the caller's programming: it
 * asserts. */
struct nlmsghdr *kn_cni_nl_add(struct kn_cni_nl *nl, uint16_t type, uint16_t flags, const char *what,
			       int ignore);
/* Sends the batch and reads all answers; the first failure is returned. The kernel goes on after a failure.
 */
int kn_cni_nl_commit(struct kn_cni_nl *nl, struct kn_err *err);
/* Sends one request made with kn_cni_nl_add (no others in the batch) and calls cb for each message of the
 * answer. With NLM_F_DUMP the answer ends with NLMSG_DONE, otherwise with the acknowledgement. */
int kn_cni_nl_ask(struct kn_cni_nl *nl, mnl_cb_t cb, void *user, struct kn_err *err);
/* Interface index in the socket's namespace; 0 if there is none of that name. */
int kn_cni_nl_ifindex(const struct kn_cni_nl *nl, const char *ifname);

#endif
