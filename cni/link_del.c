/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <net/if.h>
#include <stdio.h>
#include <string.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>
#include "lib/base/mem.h"
#include "cni/link.h"

#define POLL_NS 50000L
#define GONE_WAIT_MS 5000

static void put_del(struct kn_cni_nl *host, int ifindex)
{
	struct nlmsghdr *h = kn_cni_nl_add(host, RTM_DELLINK, 0, "remove the interface", ENODEV);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_index = ifindex;
}

int kn_cni_link_del(struct kn_cni_nl *host, int ifindex, struct kn_err *err)
{
	put_del(host, ifindex);
	return kn_cni_nl_commit(host, err);
}

/* The caller of the plugin waits until stdout and stderr are closed: let go of them first. */
static _Noreturn void delete_in_child(struct kn_cni_nl *host, int ifindex)
{
	for (int fd = 0; fd < 3; fd++)
		close(fd);
	setsid();
	_exit(kn_cni_link_del(host, ifindex, NULL) ? 1 : 0);
}

/* Looking up by name takes no lock in the kernel, so it doesn't wait for the deletion. */
static int wait_gone(const struct kn_cni_nl *host, const char *ifname, int ifindex, pid_t child,
		     struct kn_err *err)
{
	const struct timespec pause = {.tv_nsec = POLL_NS};

	for (long waited = 0; waited < GONE_WAIT_MS * 1000000L; waited += POLL_NS) {
		if (kn_cni_nl_ifindex(host, ifname) != ifindex)
			return 0;
		if (waitpid(child, NULL, WNOHANG) == child)
			return kn_cni_nl_ifindex(host, ifname) != ifindex
				       ? 0
				       : kn_err_set(err, EIO, "%s could not be removed", ifname);
		nanosleep(&pause, NULL);
	}
	return kn_err_set(err, ETIMEDOUT, "%s is still there", ifname);
}

/*
 * The kernel takes an interface off its lists at once, but then waits for every CPU to have forgotten it
 * (RCU) before it answers. Nobody needs that answer: the child gets it.
 */
int kn_cni_link_del_quick(struct kn_cni_nl *host, const char *ifname, int ifindex, struct kn_err *err)
{
	pid_t child = fork();

	if (child < 0)
		return kn_cni_link_del(host, ifindex, err);
	if (!child)
		delete_in_child(host, ifindex);
	return wait_gone(host, ifname, ifindex, child, err);
}

char *kn_cni_link_alias(const char *network, const char *container_id, const char *ifname,
			char buf[KN_CNI_ALIAS_SIZE])
{
	/* The interface first: a long container ID is cut. */
	snprintf(buf, KN_CNI_ALIAS_SIZE, "kernlet:%s:%s:%s", network, ifname, container_id);
	return buf;
}

struct each {
	char prefix[KN_CNI_ALIAS_SIZE];
	void (*fn)(void *user, const char *ifname, int ifindex);
	void *user;
};

static int each_link(const struct nlmsghdr *h, void *user)
{
	const struct ifinfomsg *ifi = mnl_nlmsg_get_payload(h);
	const char *name = NULL, *alias = NULL;
	const struct each *e = user;
	const struct nlattr *a;

	mnl_attr_for_each(a, h, sizeof(*ifi))
	{
		if (mnl_attr_get_type(a) == IFLA_IFNAME && !mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
			name = mnl_attr_get_str(a);
		if (mnl_attr_get_type(a) == IFLA_IFALIAS && !mnl_attr_validate(a, MNL_TYPE_NUL_STRING))
			alias = mnl_attr_get_str(a);
	}
	if (name && alias && !strncmp(alias, e->prefix, strlen(e->prefix)))
		e->fn(e->user, name, ifi->ifi_index);
	return MNL_CB_OK;
}

int kn_cni_link_each(struct kn_cni_nl *host, const char *network,
		     void (*fn)(void *user, const char *ifname, int ifindex), void *user, struct kn_err *err)
{
	struct each e = {.fn = fn, .user = user};
	struct nlmsghdr *h = kn_cni_nl_add(host, RTM_GETLINK, NLM_F_DUMP, "list the interfaces", 0);
	struct ifinfomsg *ifi = mnl_nlmsg_put_extra_header(h, sizeof(*ifi));

	ifi->ifi_family = AF_UNSPEC;
	snprintf(e.prefix, sizeof(e.prefix), "kernlet:%s:", network);
	return kn_cni_nl_ask(host, each_link, &e, err);
}
