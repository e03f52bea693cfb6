/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_BASE_HOST_H
#define KN_BASE_HOST_H

#include "lib/base/arena.h"
#include "lib/base/err.h"

/* The machine's name in lower case, as a Node is called unless it is told otherwise (pkg/util/node
 * GetHostname); in the arena. -ENOMEM at its limit, else gethostname's errors. *ret is untouched on failure.
 */
int kn_host_name(const char **ret, struct kn_arena *a, struct kn_err *err);

#endif
