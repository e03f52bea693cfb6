/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <dirent.h>
#include <fcntl.h>
#include <linux/nsfs.h>
#include <sched.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include "lib/base/file.h"
#include "lib/base/mem.h"
#include "cni/netns.h"

static bool same_as_ours(int fd)
{
	struct stat a, b;

	return !fstat(fd, &a) && !stat("/proc/self/ns/net", &b) && a.st_dev == b.st_dev &&
	       a.st_ino == b.st_ino;
}

int kn_cni_netns_open(const char *path, bool not_self, struct kn_err *err)
{
	/* Non-blocking, for what is no namespace but a FIFO. */
	kn_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK);

	if (fd < 0)
		return kn_err_errno(err, errno, "open network namespace %.256s", path);
	if (ioctl(fd, NS_GET_NSTYPE) != CLONE_NEWNET)
		return kn_err_set(err, EINVAL, "%.256s is no network namespace", path);
	if (not_self && same_as_ours(fd))
		return kn_err_set(err, EINVAL, "%.256s is the plugin's own network namespace", path);
	return kn_steal_fd(&fd);
}

int kn_cni_netns_enter(int fd, struct kn_err *err)
{
	return setns(fd, CLONE_NEWNET) ? kn_err_errno(err, errno, "enter a network namespace") : 0;
}

/* /proc/sys/net shows the namespace of whoever opens it. */
static int write_sysctl(const char *path, const char *value, struct kn_err *err)
{
	return kn_file_write_kernel(path, value, err);
}

static char read_sysctl(const char *path)
{
	kn_auto_close int fd = open(path, O_RDONLY | O_CLOEXEC);
	char c = 0;

	return fd >= 0 && read(fd, &c, 1) == 1 ? c : 0;
}

bool kn_cni_has_ipv6(void)
{
	return !access("/proc/sys/net/ipv6", F_OK);
}

int kn_cni_sysctl_ipv6_if(const char *ifname, struct kn_err *err)
{
	static const char *const keys[] = {"disable_ipv6", "accept_ra", "accept_dad"};
	char path[128];
	int r = 0;

	for (size_t i = 0; !r && i < KN_ARRAY_SIZE(keys); i++) {
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%s/%s", ifname, keys[i]);
		r = read_sysctl(path) == '0' ? 0 : write_sysctl(path, "0", err);
	}
	return r;
}

static const char *forward_path(int family)
{
	return family == AF_INET ? "/proc/sys/net/ipv4/ip_forward" : "/proc/sys/net/ipv6/conf/all/forwarding";
}

bool kn_cni_sysctl_forwards(int family)
{
	return read_sysctl(forward_path(family)) == '1';
}

static void keep_accept_ra(void)
{
	DIR *d = opendir("/proc/sys/net/ipv6/conf");
	struct dirent *e;
	char path[300];

	while (d && (e = readdir(d))) {
		if (e->d_name[0] == '.' || !strcmp(e->d_name, "all") || !strcmp(e->d_name, "default"))
			continue;
		snprintf(path, sizeof(path), "/proc/sys/net/ipv6/conf/%.255s/accept_ra", e->d_name);
		/* 1: as long as we don't forward; 2: even then. An interface that vanished meanwhile is no
		 * loss. */
		if (read_sysctl(path) == '1')
			write_sysctl(path, "2", NULL);
	}
	if (d)
		closedir(d);
}

int kn_cni_sysctl_forward(int family, struct kn_err *err)
{
	if (kn_cni_sysctl_forwards(family))
		return 0;
	if (family == AF_INET6)
		keep_accept_ra();
	return write_sysctl(forward_path(family), "1", err);
}
