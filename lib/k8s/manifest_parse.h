/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The bytes of one manifest file -> its objects. Pure: no files, no time. Documents are separated by lines
 * that begin with "---" (YAML 1.1, section 9.1) before anything is parsed, so that a syntax error stays in
 * its document. A List (or PodList, ServiceList, EndpointSliceList) counts as one entry an item.
 */
#ifndef KN_K8S_MANIFEST_PARSE_H
#define KN_K8S_MANIFEST_PARSE_H

#include "lib/k8s/source_dir.h"

#define KN_MANIFEST_MAX_BYTES (10u << 20)
#define KN_MANIFEST_MAX_ENTRIES 65536

struct kn_manifest_entry {	      /* one object, or what should have been one */
	struct kn_manifest *manifest; /* a reference of the entry's own; NULL: see error */
	char *key;		      /* "KIND/NAMESPACE/NAME"; NULL where not known */
	char *error;		      /* "line N: FIELD: what"; NULL when manifest is set */
	int doc;		      /* number of the document in its file, from 0 */
	int item; /* number of the List's item; 0 for a single object; -1: the whole document is broken */
	bool told_double; /* for source_dir.c: said that another file has the same object */
};

struct kn_manifest_list {
	struct kn_manifest_entry *entry;
	size_t n, cap;
};

/* Parses data into out, which must be zeroed. A broken document is an entry, not a failure; -E2BIG when there
 * are more than KN_MANIFEST_MAX_ENTRIES. file is copied into each manifest. An object without a namespace
 * gets "default". */
int kn_manifest_parse(const char *file, const char *data, size_t len, struct kn_manifest_list *out,
		      struct kn_err *err);
/* Puts the objects of old into the places of next's broken entries: the one with the same key where the key
 * is known, else the one of the same document and item, unless another entry of next bears its key. A
 * document that is broken as a whole keeps all that it held. Pure but for reference counts. */
void kn_manifest_list_keep(struct kn_manifest_list *next, const struct kn_manifest_list *old);
void kn_manifest_list_add(struct kn_manifest_list *l,
			  struct kn_manifest_entry e);	/* takes what e points to */
void kn_manifest_list_free(struct kn_manifest_list *l); /* frees the content; l stays usable */
#define kn_auto_manifest_list KN_CLEANUP(kn_manifest_list_free)

#endif
