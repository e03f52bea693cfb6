/* SPDX-License-Identifier: Apache-2.0 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <sys/file.h>
#include "lib/base/file.h"
#include "cni/ipam.h"

int kn_cni_ipam_open(const struct kn_cni_conf *conf, bool create, struct kn_cni_ipam *ret, struct kn_err *err)
{
	kn_auto_free char *path = kn_sprintf("%s/%s", conf->data_dir, conf->name);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	if (fd < 0 && errno == ENOENT && create) {
		int r = kn_mkdir_p(path, 0700, err);

		if (r)
			return r;
		fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	}
	if (fd < 0)
		return kn_err_errno(err, errno, "open %s", path);
	ret->dir = fd;
	return 0;
}

void kn_cni_ipam_close(struct kn_cni_ipam *ipam)
{
	if (ipam->dir >= 0)
		close(ipam->dir);
	ipam->dir = -1;
}

static void dir_freep(DIR **d)
{
	if (*d)
		closedir(*d);
}

static int list_dir(const struct kn_cni_ipam *ipam, DIR **ret, struct kn_err *err)
{
	int fd = openat(ipam->dir, ".", O_RDONLY | O_DIRECTORY | O_CLOEXEC);

	*ret = fd < 0 ? NULL : fdopendir(fd);
	if (!*ret) {
		if (fd >= 0)
			close(fd);
		return kn_err_errno(err, errno, "read the reservations");
	}
	return 0;
}

/* Reads a link's target; false if it is gone, no link or too long to be ours. */
static bool read_link(int dir, const char *name, char *buf, size_t size)
{
	ssize_t n = readlinkat(dir, name, buf, size);

	if (n < 0 || (size_t)n >= size)
		return false;
	buf[n] = '\0';
	return true;
}

int kn_cni_ipam_each(const struct kn_cni_ipam *ipam,
		     int (*fn)(void *user, const struct kn_cni_addr *a, const char *container_id,
			       const char *ifname),
		     void *user, struct kn_err *err)
{
	KN_CLEANUP(dir_freep) DIR *d = NULL;
	char owner[KN_CNI_OWNER_SIZE];
	struct kn_cni_addr a;
	struct dirent *e;
	int r = list_dir(ipam, &d, err);

	while (!r && (e = readdir(d))) {
		char *colon;

		if (e->d_name[0] == '.' || kn_cni_addr_parse(e->d_name, &a) ||
		    !read_link(ipam->dir, e->d_name, owner, sizeof(owner)))
			continue;
		colon = strchr(owner, ':');
		if (!colon)
			continue;
		*colon = '\0';
		r = fn(user, &a, owner, colon + 1);
	}
	return r;
}

static int lock(const struct kn_cni_ipam *ipam, struct kn_err *err)
{
	while (flock(ipam->dir, LOCK_EX))
		if (errno != EINTR)
			return kn_err_errno(err, errno, "lock the reservations");
	return 0;
}

static int drop(const struct kn_cni_ipam *ipam, const struct kn_cni_addr *a, struct kn_err *err)
{
	char name[KN_CNI_ADDR_STRLEN];

	if (unlinkat(ipam->dir, kn_cni_addr_str(a, name), 0) && errno != ENOENT)
		return kn_err_errno(err, errno, "release %s", name);
	return 0;
}

struct scan {
	const struct kn_cni_ipam *ipam;
	const struct kn_cni_conf *conf;
	const char *container_id, *ifname;
	struct kn_cni_addr *found; /* for each range; family 0: none */
	uint64_t taken;
	struct kn_err *err;
};

static int scan_one(void *user, const struct kn_cni_addr *a, const char *container_id, const char *ifname)
{
	struct scan *s = user;

	s->taken++;
	if (strcmp(container_id, s->container_id) || strcmp(ifname, s->ifname))
		return 0;
	for (size_t i = 0; i < s->conf->n_cidrs; i++)
		if (kn_cni_cidr_has(&s->conf->cidrs[i], a))
			s->found[i] = *a;
	return 0;
}

static const char *last_name(int family)
{
	return family == AF_INET ? ".last4" : ".last6";
}

static void set_last(const struct kn_cni_ipam *ipam, const struct kn_cni_addr *a)
{
	const char *name = last_name(a->family);
	char text[KN_CNI_ADDR_STRLEN];

	/* Under the lock. Only a hint: if it can't be kept, an address is merely given again sooner. */
	unlinkat(ipam->dir, name, 0);
	if (symlinkat(kn_cni_addr_str(a, text), ipam->dir, name))
		return;
}

/* taken: reservations there are. Of taken + 1 addresses one after the other at least one is free. */
static int take(const struct kn_cni_ipam *ipam, const struct kn_cni_addr *cidr, uint64_t taken,
		const char *owner, struct kn_cni_addr *ret, struct kn_err *err)
{
	uint64_t tries = kn_cni_cidr_pods(cidr);
	char text[KN_CNI_ADDR_STRLEN];
	struct kn_cni_addr a = *cidr;

	if (tries > taken + 1)
		tries = taken + 1;
	if (read_link(ipam->dir, last_name(cidr->family), text, sizeof(text)) && kn_cni_addr_parse(text, &a))
		a = *cidr;
	for (; tries; tries--) {
		a = kn_cni_cidr_next(cidr, &a);
		if (!symlinkat(owner, ipam->dir, kn_cni_addr_str(&a, text))) {
			set_last(ipam, &a);
			*ret = a;
			return 0;
		}
		if (errno != EEXIST)
			return kn_err_errno(err, errno, "reserve %s", text);
	}
	return kn_err_set(err, ENOSPC, "no free address in %s: all %llu are given",
			  kn_cni_addr_cidr_str(cidr, text), (unsigned long long)kn_cni_cidr_pods(cidr));
}

int kn_cni_ipam_reserve(const struct kn_cni_ipam *ipam, const struct kn_cni_conf *conf,
			const char *container_id, const char *ifname,
			struct kn_cni_addr ret[KN_CNI_MAX_CIDRS], bool *ret_fresh, struct kn_err *err)
{
	struct kn_cni_addr got[KN_CNI_MAX_CIDRS] = {0};
	struct scan s = {.conf = conf, .container_id = container_id, .ifname = ifname, .found = got};
	kn_auto_free char *owner = kn_sprintf("%s:%s", container_id, ifname);
	bool taken_now[KN_CNI_MAX_CIDRS] = {0}, fresh = true;
	int r = lock(ipam, err);

	if (r)
		return r;
	r = kn_cni_ipam_each(ipam, scan_one, &s, err);
	for (size_t i = 0; !r && i < conf->n_cidrs; i++) {
		if (got[i].family) {
			fresh = false;
			continue;
		}
		r = take(ipam, &conf->cidrs[i], s.taken, owner, &got[i], err);
		taken_now[i] = !r;
	}
	for (size_t i = 0; r && i < conf->n_cidrs; i++)
		if (taken_now[i])
			drop(ipam, &got[i], NULL);
	flock(ipam->dir, LOCK_UN);
	if (r)
		return r;
	memcpy(ret, got, sizeof(got));
	*ret_fresh = fresh;
	return 0;
}

static int release_one(void *user, const struct kn_cni_addr *a, const char *container_id, const char *ifname)
{
	struct scan *s = user;

	if (strcmp(container_id, s->container_id) || strcmp(ifname, s->ifname))
		return 0;
	return drop(s->ipam, a, s->err);
}

int kn_cni_ipam_release(const struct kn_cni_ipam *ipam, const char *container_id, const char *ifname,
			struct kn_err *err)
{
	struct scan s = {.ipam = ipam, .container_id = container_id, .ifname = ifname, .err = err};
	int r = lock(ipam, err);

	if (r)
		return r;
	r = kn_cni_ipam_each(ipam, release_one, &s, err);
	flock(ipam->dir, LOCK_UN);
	return r;
}
