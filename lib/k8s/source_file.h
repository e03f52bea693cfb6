/* SPDX-License-Identifier: Apache-2.0 */
/* One manifest file as source_dir.c follows it: its stamp on disk, and the objects that stand for it. */
#ifndef KN_K8S_SOURCE_FILE_H
#define KN_K8S_SOURCE_FILE_H

#include <stdint.h>
#include <sys/stat.h>
#include "lib/k8s/manifest_parse.h"

struct kn_source_file {
	char *path;
	bool seen;	  /* by the scan that is under way */
	struct stat st;	  /* as of the last look; st_ino 0: never looked */
	bool unreachable; /* stat failed at the last look, and was reported */
	bool hashed;
	uint64_t hash; /* of the bytes last read */
	struct kn_manifest_list list;
};

enum kn_source_look {
	KN_SOURCE_SAME,	   /* nothing new */
	KN_SOURCE_CHANGED, /* list is new; its entries' errors are to be reported */
	KN_SOURCE_REFUSED, /* err tells why; the old objects stand */
	KN_SOURCE_GONE,	   /* not there, or a folder */
};

struct kn_source_file *kn_source_file_new(const char *path);
struct kn_source_file *kn_source_file_free(struct kn_source_file *f);
/* Looks at the file; reads it if its stamp differs from the last look, or with force. A refusal is returned
 * once per stamp. Never blocks on FIFOs and devices, never reads more than KN_MANIFEST_MAX_BYTES. */
enum kn_source_look kn_source_file_look(struct kn_source_file *f, bool force, struct kn_err *err);

#endif
