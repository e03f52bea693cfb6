/* SPDX-License-Identifier: Apache-2.0 */
/* IPv4 and IPv6 addresses and ranges in one form, network byte order. Pure functions. */
#ifndef KN_CNI_ADDR_H
#define KN_CNI_ADDR_H

#include <stdbool.h>
#include <stdint.h>
#include <netinet/in.h>
#include "lib/base/err.h"

#define KN_CNI_ADDR_STRLEN (INET6_ADDRSTRLEN + 4)

struct kn_cni_addr {
	int family;	   /* AF_INET or AF_INET6 */
	unsigned prefix;   /* bits */
	uint8_t bytes[16]; /* the first 4 for IPv4 */
};

/* "A.B.C.D" or "X::Y", with or without "/PREFIX" (missing: a host's). -EINVAL if it isn't one. */
int kn_cni_addr_parse(const char *text, struct kn_cni_addr *ret);
/* A range pods may have: host bits zero, room for two addresses, unicast. */
int kn_cni_cidr_parse(const char *text, struct kn_cni_addr *ret, struct kn_err *err);
char *kn_cni_addr_str(const struct kn_cni_addr *a, char buf[KN_CNI_ADDR_STRLEN]);      /* without prefix */
char *kn_cni_addr_cidr_str(const struct kn_cni_addr *a, char buf[KN_CNI_ADDR_STRLEN]); /* with prefix */
unsigned kn_cni_addr_len(const struct kn_cni_addr *a);				       /* bytes: 4 or 16 */
bool kn_cni_addr_same(const struct kn_cni_addr *a, const struct kn_cni_addr *b); /* prefix not regarded */
bool kn_cni_cidr_has(const struct kn_cni_addr *cidr, const struct kn_cni_addr *a);

/* The gateway is a range's first address; pods get the second to the last but one (IPv4, the last is the
 * broadcast address) or to the last (IPv6). */
struct kn_cni_addr kn_cni_cidr_gateway(const struct kn_cni_addr *cidr);
uint64_t kn_cni_cidr_pods(const struct kn_cni_addr *cidr); /* how many; UINT64_MAX if more */
/* The pod address behind a, wrapping round; the first one for an a that isn't a pod address of the range. */
struct kn_cni_addr kn_cni_cidr_next(const struct kn_cni_addr *cidr, const struct kn_cni_addr *a);

#endif
