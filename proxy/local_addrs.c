// SPDX-License-Identifier: Apache-2.0
#include "proxy/local_addrs.h"

#include <arpa/inet.h>
#include <errno.h>
#include <ifaddrs.h>
#include <linux/rtnetlink.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "lib/base/mem.h"
#include "proxy/address.h"

#ifndef SO_NETNS_COOKIE
#define SO_NETNS_COOKIE 71 /* asm-generic/socket.h; glibc's copy may be older */
#endif

#define SETTLE (20 * KN_NSEC_PER_MSEC) /* a link that comes up brings several addresses */

struct kn_local_addrs {
	int fd;
	struct kn_io *io;
	struct kn_timer *timer;
	const char *const *cidrs;
	void (*on_change)(void *user, const struct kn_addr *addrs, size_t n);
	void *user;
};

static bool address_of(const struct sockaddr *sa, struct kn_addr *ret)
{
	struct kn_addr a = {.w = {0, 0, htonl(0xffff), 0}};

	if (sa && sa->sa_family == AF_INET)
		memcpy(&a.w[3], &((const struct sockaddr_in *)sa)->sin_addr, 4);
	else if (sa && sa->sa_family == AF_INET6)
		memcpy(&a, &((const struct sockaddr_in6 *)sa)->sin6_addr, sizeof(a));
	else
		return false;
	*ret = a;
	return !kn_addr_special(&a);
}

static bool wanted(const char *const *cidrs, const struct kn_addr *a)
{
	if (!cidrs)
		return true;
	for (; *cidrs; cidrs++)
		if (kn_addr_in_cidr(a, *cidrs))
			return true;
	return false;
}

static int tell(const char *const *cidrs,
		void (*on_change)(void *user, const struct kn_addr *addrs, size_t n), void *user,
		struct kn_err *err)
{
	struct ifaddrs *list;
	struct kn_addr *addrs kn_auto_free = NULL;
	size_t n = 0, room = 0;

	if (getifaddrs(&list))
		return kn_err_errno(err, errno, "list the node's addresses");
	for (struct ifaddrs *i = list; i; i = i->ifa_next) {
		if (n == room) {
			room = room ? room * 2 : 32;
			addrs = kn_realloc(addrs, room, sizeof(*addrs));
		}
		n += address_of(i->ifa_addr, &addrs[n]) && wanted(cidrs, &addrs[n]);
	}
	freeifaddrs(list);
	on_change(user, addrs, n);
	return 0;
}

static void on_settled(void *user)
{
	struct kn_local_addrs *l = user;

	if (tell(l->cidrs, l->on_change, l->user, NULL))
		kn_timer_arm(l->timer, KN_NSEC_PER_SEC);
}

/* What the messages say doesn't matter, nor whether some were lost: all addresses are read again. */
static void on_netlink(void *user, int fd, uint32_t events)
{
	struct kn_local_addrs *l = user;
	char buf[4096];

	while (recv(fd, buf, sizeof(buf), MSG_DONTWAIT) > 0 || errno == ENOBUFS)
		errno = 0;
	if (!kn_timer_armed(l->timer))
		kn_timer_arm(l->timer, SETTLE);
}

static int subscribe(struct kn_local_addrs *l, struct kn_loop *loop, struct kn_err *err)
{
	struct sockaddr_nl sa = {.nl_family = AF_NETLINK,
				 .nl_groups = RTMGRP_IPV4_IFADDR | RTMGRP_IPV6_IFADDR};

	l->fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC | SOCK_NONBLOCK, NETLINK_ROUTE);
	if (l->fd < 0 || bind(l->fd, (void *)&sa, sizeof(sa)))
		return kn_err_errno(err, errno, "follow the node's addresses");
	l->timer = kn_timer_new(loop, on_settled, l);
	l->io = kn_io_new(loop, l->fd, EPOLLIN, on_netlink, l, err);
	return l->io ? 0 : kn_err_wrap(err, "follow the node's addresses");
}

int kn_local_addrs_new(struct kn_local_addrs **ret, struct kn_loop *loop, const char *const *cidrs,
		       void (*on_change)(void *user, const struct kn_addr *addrs, size_t n), void *user,
		       struct kn_err *err)
{
	struct kn_local_addrs *l = NULL;
	int r = 0;

	if (loop) {
		l = kn_calloc(1, sizeof(*l));
		l->cidrs = cidrs;
		l->on_change = on_change;
		l->user = user;
		r = subscribe(l, loop, err);
	}
	/* After subscribing, so that none is missed in between. */
	if (!r)
		r = tell(cidrs, on_change, user, err);
	if (r)
		l = kn_local_addrs_free(l);
	else
		*ret = l;
	return r;
}

struct kn_local_addrs *kn_local_addrs_free(struct kn_local_addrs *l)
{
	if (!l)
		return NULL;
	kn_io_free(l->io);
	kn_timer_free(l->timer);
	if (l->fd >= 0)
		close(l->fd);
	free(l);
	return NULL;
}

int kn_netns_cookie(uint64_t *ret, struct kn_err *err)
{
	int fd kn_auto_close = socket(AF_UNIX, SOCK_DGRAM | SOCK_CLOEXEC, 0);
	uint64_t cookie;
	socklen_t len = sizeof(cookie);

	if (fd < 0 || getsockopt(fd, SOL_SOCKET, SO_NETNS_COOKIE, &cookie, &len))
		return kn_err_errno(err, errno, "ask for the network namespace's cookie");
	*ret = cookie;
	return 0;
}
