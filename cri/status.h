/* SPDX-License-Identifier: Apache-2.0 */
/* gRPC status codes (grpc/doc/statuscodes.md) as errnos and as the text that Kubernetes users know. Pure. */
#ifndef KN_CRI_STATUS_H
#define KN_CRI_STATUS_H

#include "lib/base/err.h"

/* Positive errno for a status code, as listed in cri.h; 0 for OK, EIO for what is unknown. */
int kn_cri_errno(int code);
/* "NotFound"; "Code(99)" has no name of its own and gives "Unknown". Never NULL. */
const char *kn_cri_code_name(int code);
/* Sets err to `rpc error: code = NAME desc = MESSAGE`. Returns the negative errno. */
int kn_cri_status_err(struct kn_err *err, int code, const char *message);

#endif
