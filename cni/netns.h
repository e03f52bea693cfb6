/* SPDX-License-Identifier: Apache-2.0 */
/* Network namespaces, and sysctls of the one the process is in. Single thread only. */
#ifndef KN_CNI_NETNS_H
#define KN_CNI_NETNS_H

#include <stdbool.h>
#include "lib/base/err.h"

/* Descriptor of a network namespace, or -EINVAL if path is something else or, not_self, our own; -ENOENT. */
int kn_cni_netns_open(const char *path, bool not_self, struct kn_err *err);
int kn_cni_netns_enter(int fd, struct kn_err *err);

bool kn_cni_has_ipv6(void);
/* Lets an interface's IPv6 be configured by us alone: enabled, no router advertisements, no duplicate
 * detection. */
int kn_cni_sysctl_ipv6_if(const char *ifname, struct kn_err *err);
/* Turns on forwarding for a family unless it is on. Interfaces that take IPv6 router advertisements keep
 * doing so, which the kernel would end for routers. */
int kn_cni_sysctl_forward(int family, struct kn_err *err);
bool kn_cni_sysctl_forwards(int family);

#endif
