/* SPDX-License-Identifier: Apache-2.0 */
/* IP addresses as text and as the maps' 16 bytes. Pure. */
#ifndef KN_PROXY_ADDRESS_H
#define KN_PROXY_ADDRESS_H

#include <stdbool.h>
#include "bpf/include/kn_maps.h"

#define KN_ADDR_STRLEN 46

/* Strict inet_pton forms. -EINVAL otherwise, with ret untouched. An IPv6 text that is v4-mapped is refused:
 * two texts would name one Service. */
int kn_addr_parse(const char *text, struct kn_addr *ret);
char *kn_addr_text(const struct kn_addr *a, char buf[KN_ADDR_STRLEN]); /* returns buf */
void kn_addr_any(bool v4, struct kn_addr *ret);			       /* 0.0.0.0 or :: */
bool kn_addr_is_v4(const struct kn_addr *a);
/* Whether a lies in "ADDRESS/BITS"; false for a text that is none, or of the other family. */
bool kn_addr_in_cidr(const struct kn_addr *a, const char *cidr);
/* Why traffic must not be sent to a as a Service's backend, as upstream's API validation has it
 * (ValidateNonSpecialIP in pkg/apis/core/validation): unspecified, loopback, link-local, multicast. NULL: it
 * may be. */
const char *kn_addr_special(const struct kn_addr *a);

#endif
