/* SPDX-License-Identifier: Apache-2.0 */
#include <assert.h>
#include <errno.h>
#include <net/if.h>
#include <stddef.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <time.h>
#include "cni/netlink.h"

#define RECV_BYTES 32768

int kn_cni_nl_open(struct kn_cni_nl *nl, struct kn_err *err)
{
	int on = 1;

	memset(nl, 0, offsetof(struct kn_cni_nl, buf));
	nl->sock = mnl_socket_open2(NETLINK_ROUTE, SOCK_CLOEXEC);
	if (!nl->sock || mnl_socket_bind(nl->sock, 0, MNL_SOCKET_AUTOPID) < 0)
		return kn_err_errno(err, errno, "open a netlink socket");
	/* Answers without the request repeated, but with the kernel's words. */
	mnl_socket_setsockopt(nl->sock, NETLINK_CAP_ACK, &on, sizeof(on));
	mnl_socket_setsockopt(nl->sock, NETLINK_EXT_ACK, &on, sizeof(on));
	nl->seq = 1;
	return 0;
}

void kn_cni_nl_close(struct kn_cni_nl *nl)
{
	if (nl->sock)
		mnl_socket_close(nl->sock);
	nl->sock = NULL;
}

/* Attributes were put behind the last request's header since: its length tells where the next may begin. */
static void close_last(struct kn_cni_nl *nl)
{
	struct nlmsghdr *h = (struct nlmsghdr *)(void *)(nl->buf + nl->used);

	if (nl->count)
		nl->used += MNL_ALIGN(h->nlmsg_len);
}

struct nlmsghdr *kn_cni_nl_add(struct kn_cni_nl *nl, uint16_t type, uint16_t flags, const char *what,
			       int ignore)
{
	struct nlmsghdr *h;

	close_last(nl);
	assert(nl->count < KN_CNI_NL_BATCH && nl->used + 1024 <= sizeof(nl->buf));
	h = mnl_nlmsg_put_header(nl->buf + nl->used);
	h->nlmsg_type = type;
	/* NLM_F_DUMP's bits mean REPLACE and EXCL elsewhere: a dump is told by both, in a GET. */
	h->nlmsg_flags = (uint16_t)(NLM_F_REQUEST | flags);
	if ((type & 3) != 2 || (flags & NLM_F_DUMP) != NLM_F_DUMP)
		h->nlmsg_flags |= NLM_F_ACK;
	h->nlmsg_seq = nl->seq + nl->count;
	nl->what[nl->count] = what;
	nl->ignore[nl->count++] = ignore;
	return h;
}

static int send_batch(struct kn_cni_nl *nl, struct kn_err *err)
{
	size_t len;

	close_last(nl);
	len = nl->used;
	nl->used = 0;
	while (mnl_socket_sendto(nl->sock, nl->buf, len) < 0)
		if (errno != EINTR)
			return kn_err_errno(err, errno, "send to netlink");
	return 0;
}

/* The kernel's explanation in an extended acknowledgement, or NULL. */
static const char *ack_text(const struct nlmsghdr *h)
{
	const struct nlattr *a;

	if (!(h->nlmsg_flags & NLM_F_ACK_TLVS))
		return NULL;
	mnl_attr_for_each(
		a, h,
		sizeof(struct nlmsgerr)) if (mnl_attr_get_type(a) == NLMSGERR_ATTR_MSG &&
					     !mnl_attr_validate(
						     a, MNL_TYPE_NUL_STRING)) return mnl_attr_get_str(a);
	return NULL;
}

/* Returns the request's result. */
static int judge(const struct kn_cni_nl *nl, const struct nlmsghdr *h, unsigned i, struct kn_err *err)
{
	const struct nlmsgerr *e = mnl_nlmsg_get_payload(h);
	const char *text;

	if (!e->error || -e->error == nl->ignore[i])
		return 0;
	text = ack_text(h);
	return kn_err_errno(err, e->error, "%s%s%s%s", nl->what[i], text ? " (" : "", text ? text : "",
			    text ? ")" : "");
}

static ssize_t receive(const struct kn_cni_nl *nl, char *buf, size_t size, struct kn_err *err)
{
	ssize_t n;

	do
		n = mnl_socket_recvfrom(nl->sock, buf, size);
	while (n < 0 && errno == EINTR);
	return n < 0 ? kn_err_errno(err, errno, "read from netlink") : n;
}

int kn_cni_nl_commit(struct kn_cni_nl *nl, struct kn_err *err)
{
	char buf[RECV_BYTES] __attribute__((aligned(8)));
	unsigned left = nl->count, first = nl->seq, count = nl->count;
	int r = 0, sent = send_batch(nl, err);

	nl->seq += count;
	nl->count = 0;
	if (sent)
		return sent;
	while (left) {
		ssize_t got = receive(nl, buf, sizeof(buf), r ? NULL : err);
		int n = (int)got;

		if (n < 0)
			return r ? r : n;
		for (struct nlmsghdr *h = (void *)buf; left && mnl_nlmsg_ok(h, n);
		     h = mnl_nlmsg_next(h, &n)) {
			unsigned i = h->nlmsg_seq - first;

			if (h->nlmsg_type != NLMSG_ERROR || i >= count)
				continue;
			left--;
			if (!r)
				r = judge(nl, h, i, err);
		}
	}
	return r;
}

int kn_cni_nl_ask(struct kn_cni_nl *nl, mnl_cb_t cb, void *user, struct kn_err *err)
{
	char buf[RECV_BYTES] __attribute__((aligned(8)));
	const char *what = nl->what[0];
	unsigned seq = nl->seq, port = mnl_socket_get_portid(nl->sock);
	int r = send_batch(nl, err), more = 1;

	nl->seq += nl->count;
	nl->count = 0;
	if (r)
		return r;
	while (more > 0) {
		ssize_t n = receive(nl, buf, sizeof(buf), err);

		if (n < 0)
			return (int)n;
		more = mnl_cb_run(buf, (size_t)n, seq, port, cb, user);
	}
	return more < 0 ? kn_err_errno(err, errno, "%s", what) : 0;
}

int kn_cni_nl_ifindex(const struct kn_cni_nl *nl, const char *ifname)
{
	struct ifreq req = {0};

	/* Any socket serves, and this one is in the right namespace. */
	snprintf(req.ifr_name, sizeof(req.ifr_name), "%s", ifname);
	return ioctl(mnl_socket_get_fd(nl->sock), SIOCGIFINDEX, &req) ? 0 : req.ifr_ifindex;
}
