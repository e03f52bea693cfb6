/* SPDX-License-Identifier: Apache-2.0 */
/* What the machine says of itself: identity, size, system. Read from procfs, sysfs and /etc; local files
 * only, so it may be called on the loop. */
#ifndef KN_KUBELET_MACHINE_H
#define KN_KUBELET_MACHINE_H

#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"

struct kn_hugepages {
	const char *resource; /* "hugepages-2Mi" */
	int64_t bytes;	      /* pages * size */
};

/* Strings live in the arena and are never NULL. */
struct kn_machine {
	const char *machine_id; /* /etc/machine-id, or D-Bus's; "" */
	const char
		*system_uuid; /* DMI product_uuid, else the machine id (cadvisor utils/sysfs GetSystemUUID) */
	const char *boot_id;
	const char *kernel_version; /* uname -r */
	const char *os_image;	    /* PRETTY_NAME of os-release; "Unknown" */
	const char *arch;	    /* as Go has it: amd64, arm64 ... */
	int64_t cores, memory_bytes, swap_bytes;
	int64_t root_fs_bytes; /* size of the file system under root_dir */
	struct kn_hugepages *hugepages;
	size_t n_hugepages;
};

/* Reads below prefix ("" for the machine itself; tests give a folder) but uname and statvfs. What can't be
 * read is left empty; a memory size must be there (-EIO). */
int kn_machine_read(struct kn_machine *ret, const char *prefix, const char *root_dir, struct kn_arena *a,
		    struct kn_err *err);
/* The address a node reports when nobody told which: of the interface with the default route, IPv4 first;
 * without one of any interface that is up. NULL: none. Source: apimachinery pkg/util/net
 * ResolveBindAddress. */
const char *kn_machine_address(const char *prefix, struct kn_arena *a);

#endif
