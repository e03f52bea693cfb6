/* SPDX-License-Identifier: Apache-2.0 */
#ifndef KN_CTL_ADDRESS_H
#define KN_CTL_ADDRESS_H

#include <sys/socket.h>
#include <sys/un.h>
#include "lib/base/err.h"

/* The address of a socket in the file system; -ENAMETOOLONG over 107 bytes (unix(7)), -EINVAL when empty. */
int kn_ctl_address(const char *path, struct sockaddr_un *addr, socklen_t *len, struct kn_err *err);

#endif
