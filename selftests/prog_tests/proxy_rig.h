/* SPDX-License-Identifier: Apache-2.0 */
/* What tests and benches of the proxy share: a cgroup, network namespace and bpffs of their own, and short
 * ways to make Services, slices and sockets. */
#ifndef KN_SELFTESTS_PROXY_RIG_H
#define KN_SELFTESTS_PROXY_RIG_H

#include <arpa/inet.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mount.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/time.h>
#include <sys/wait.h>
#include <unistd.h>

#include "lib/base/mem.h"
#include "proxy/proxy.h"

#define RIG_MAX 16

struct rig {
	char cgroup[128], bpffs[64], pins[80], back[128];
	struct kn_proxy *p;
	struct kn_proxy_config cfg;
};

static inline int rig_write(const char *path, const char *text)
{
	int fd = open(path, O_WRONLY | O_CLOEXEC), r;

	if (fd < 0)
		return -1;
	r = write(fd, text, strlen(text)) < 0 ? -1 : 0;
	close(fd);
	return r;
}

static inline void rig_down(struct rig *r)
{
	char procs[160];

	kn_proxy_free(r->p);
	r->p = NULL;
	if (r->pins[0])
		kn_proxy_cleanup(&r->cfg, NULL);
	snprintf(procs, sizeof(procs), "%s/cgroup.procs", r->back);
	rig_write(procs, "0");
	if (r->cgroup[0])
		rmdir(r->cgroup);
	if (r->bpffs[0]) {
		umount(r->bpffs);
		rmdir(r->bpffs);
	}
}

/* NULL, or what the machine lacks. */
static inline const char *rig_up(struct rig *r)
{
	const char *root = !access("/sys/fs/cgroup/unified/cgroup.procs", W_OK) ? "/sys/fs/cgroup/unified"
										: "/sys/fs/cgroup";
	char path[160], own[256] = "";
	FILE *f;

	memset(r, 0, sizeof(*r));
	if (geteuid())
		return "not root";
	snprintf(r->back, sizeof(r->back), "%s", root);
	f = fopen("/proc/self/cgroup", "re");
	while (f && fgets(own, sizeof(own), f))
		if (!strncmp(own, "0::", 3)) {
			own[strcspn(own, "\n")] = 0;
			snprintf(r->back, sizeof(r->back), "%s%.90s", root, own + 3);
		}
	if (f)
		fclose(f);
	if (unshare(CLONE_NEWNET | CLONE_NEWNS) || mount(NULL, "/", NULL, MS_REC | MS_PRIVATE, NULL))
		return "no namespaces";
	if (system("ip link set lo up && ip addr add 10.9.0.1/16 dev lo && "
		   "ip addr add fd09::1/128 dev lo nodad && ip addr add fd09::2/128 dev lo nodad"))
		return "no ip command or no IPv6";
	snprintf(r->cgroup, sizeof(r->cgroup), "%s/kn-test-%d", root, getpid());
	if (mkdir(r->cgroup, 0755))
		return "no cgroup2";
	snprintf(path, sizeof(path), "%s/cgroup.procs", r->cgroup);
	if (rig_write(path, "0"))
		return "no cgroup2";
	strcpy(r->bpffs, "/tmp/kn-bpffs-XXXXXX");
	if (!mkdtemp(r->bpffs) || mount("bpf", r->bpffs, "bpf", 0, NULL))
		return "no bpffs";
	snprintf(r->pins, sizeof(r->pins), "%s/kernlet", r->bpffs);
	r->cfg = (struct kn_proxy_config){.cgroup_path = r->cgroup, .pin_dir = r->pins, .node_name = "n"};
	return NULL;
}

struct rig_service {
	K8s__ObjectMeta meta, slice_meta;
	K8s__ServiceSpec spec;
	K8s__Service svc;
	K8s__ServicePort port, *ports[1];
	K8s__StringEntry label, *labels[1];
	K8s__EndpointSlice slice;
	K8s__EndpointPort eport, *eports[1];
	K8s__Endpoint eps[RIG_MAX], *epp[RIG_MAX];
	char *addrs[RIG_MAX];
};

/* ips ends with NULL; the strings are borrowed. */
static inline void rig_service(struct rig_service *s, const char *name, const char *ip, const char *proto,
			       int port, int target, const char *const *ips)
{
	size_t n = 0;

	*s = (struct rig_service){.meta = K8S__OBJECT_META__INIT,
				  .slice_meta = K8S__OBJECT_META__INIT,
				  .spec = K8S__SERVICE_SPEC__INIT,
				  .svc = K8S__SERVICE__INIT,
				  .port = K8S__SERVICE_PORT__INIT,
				  .label = K8S__STRING_ENTRY__INIT,
				  .slice = K8S__ENDPOINT_SLICE__INIT,
				  .eport = K8S__ENDPOINT_PORT__INIT};
	s->meta.name = s->slice_meta.name = (char *)name;
	s->meta.namespace_ = s->slice_meta.namespace_ = "default";
	s->spec.clusterip = (char *)ip;
	s->port.protocol = s->eport.protocol = (char *)proto;
	s->port.has_port = s->eport.has_port = 1;
	s->port.port = port;
	s->eport.port = target;
	s->ports[0] = &s->port;
	s->spec.ports = s->ports;
	s->spec.n_ports = 1;
	s->svc.metadata = &s->meta;
	s->svc.spec = &s->spec;
	s->label.key = "kubernetes.io/service-name";
	s->label.value = (char *)name;
	s->labels[0] = &s->label;
	s->slice_meta.labels = s->labels;
	s->slice_meta.n_labels = 1;
	s->slice.metadata = &s->slice_meta;
	s->slice.addresstype = strchr(ip, ':') ? "IPv6" : "IPv4";
	s->eports[0] = &s->eport;
	s->slice.ports = s->eports;
	s->slice.n_ports = 1;
	for (; ips[n] && n < RIG_MAX; n++) {
		s->eps[n] = (K8s__Endpoint)K8S__ENDPOINT__INIT;
		s->addrs[n] = (char *)ips[n];
		s->eps[n].addresses = &s->addrs[n];
		s->eps[n].n_addresses = 1;
		s->epp[n] = &s->eps[n];
	}
	s->slice.endpoints = s->epp;
	s->slice.n_endpoints = n;
}

static inline int rig_set(struct rig *r, struct rig_service *s, size_t n, struct kn_err *err)
{
	const K8s__Service *svcs[RIG_MAX];
	const K8s__EndpointSlice *slices[RIG_MAX];

	for (size_t i = 0; i < n; i++) {
		svcs[i] = &s[i].svc;
		slices[i] = &s[i].slice;
	}
	const struct kn_proxy_want want = {
		.services = svcs, .n_services = n, .slices = slices, .n_slices = n};

	return kn_proxy_set(r->p, &want, err);
}

static inline socklen_t rig_sa(struct sockaddr_storage *ss, const char *ip, int port)
{
	struct sockaddr_in *s4 = (void *)ss;
	struct sockaddr_in6 *s6 = (void *)ss;

	memset(ss, 0, sizeof(*ss));
	if (strchr(ip, ':')) {
		s6->sin6_family = AF_INET6;
		s6->sin6_port = htons(port);
		inet_pton(AF_INET6, ip, &s6->sin6_addr);
		return sizeof(*s6);
	}
	s4->sin_family = AF_INET;
	s4->sin_port = htons(port);
	inet_pton(AF_INET, ip, &s4->sin_addr);
	return sizeof(*s4);
}

static inline int rig_socket(const char *ip, int type)
{
	struct timeval tv = {.tv_sec = 3};
	int fd = socket(strchr(ip, ':') ? AF_INET6 : AF_INET, type | SOCK_CLOEXEC, 0);

	setsockopt(fd, SOL_SOCKET, SO_RCVTIMEO, &tv, sizeof(tv));
	return fd;
}

static inline int rig_listen(const char *ip, int port, int type)
{
	struct sockaddr_storage ss;
	socklen_t len = rig_sa(&ss, ip, port);
	int fd = rig_socket(ip, type), one = 1;

	setsockopt(fd, SOL_SOCKET, SO_REUSEADDR, &one, sizeof(one));
	if (bind(fd, (void *)&ss, len) || (type == SOCK_STREAM && listen(fd, 512))) {
		close(fd);
		return -1;
	}
	return fd;
}

/* A connected socket, or -errno. */
static inline int rig_connect(const char *ip, int port, int type)
{
	struct sockaddr_storage ss;
	socklen_t len = rig_sa(&ss, ip, port);
	int fd = rig_socket(ip, type);

	if (connect(fd, (void *)&ss, len)) {
		int e = errno;

		close(fd);
		return -e;
	}
	return fd;
}

#endif
