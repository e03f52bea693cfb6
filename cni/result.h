/* SPDX-License-Identifier: Apache-2.0 */
/* What goes to stdout, in the layout of the version asked for. */
#ifndef KN_CNI_RESULT_H
#define KN_CNI_RESULT_H

#include "lib/base/buf.h"
#include "cni/link.h"

/* ADD's result. mtu is reported from 1.1.0 on, unless 0. */
void kn_cni_result_write(struct kn_buf *out, const char *version, const struct kn_cni_link *l,
			 const char *sandbox, uint32_t mtu);
/* version NULL: the latest. */
void kn_cni_error_write(struct kn_buf *out, const char *version, int code, const char *msg,
			const char *details);
void kn_cni_version_write(struct kn_buf *out, const char *version);

#endif
