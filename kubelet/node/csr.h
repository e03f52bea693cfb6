/* SPDX-License-Identifier: Apache-2.0 */
/* Keys, certificate requests (PKCS #10) and what certificates say, by GnuTLS. PEM text; results malloc'd. */
#ifndef KN_KUBELET_CSR_H
#define KN_KUBELET_CSR_H

#include <stdbool.h>
#include <stdint.h>
#include "lib/base/err.h"

struct kn_csr_subject {
	const char *common_name, *org;
	const char *const *dns, *const *ips; /* subject alternative names, NULL-terminated; NULL: none */
};
/* A new P-256 key (SEC 1, "EC PRIVATE KEY", as upstream writes it) and a request signed with it. */
int kn_csr_make(const struct kn_csr_subject *s, char **key_pem, char **csr_pem, struct kn_err *err);

struct kn_cert_info {
	int64_t not_before, not_after; /* seconds since 1970 */
	char common_name[256];
};
/* Of the first certificate in pem, which may hold a key and more certificates as well. -EINVAL: none. */
int kn_cert_info(const char *pem, struct kn_cert_info *ret, struct kn_err *err);
/* Is the first certificate good for all these names (NULL-terminated lists, NULL: none)? */
bool kn_cert_covers(const char *pem, const char *const *dns, const char *const *ips);
/* When to replace it: at 70 to 90 % of its life, by random in [0, 1) (client-go/util/certificate
 * nextRotationDeadline). Pure; seconds since 1970. */
int64_t kn_cert_rotate_at(const struct kn_cert_info *c, double random);

#endif
