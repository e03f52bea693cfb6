/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Manifests of a folder, as objects: inotify plus a rescan (fileCheckFrequency, 20 s). YAML and JSON, several
 * documents a file, kind List too. Names beginning with "." are left out, as the kubelet does. Pod (v1),
 * Service (v1), EndpointSlice (discovery.k8s.io/v1); another kind is an error of its document. A document
 * that does not decode is reported once with file, line and field, and the object that stood at its place
 * (same file; same kind/ns/name where known, else same index) stays in the set; other documents are not
 * affected. A removed file removes its objects. Files over 10 MiB (and anything not a regular file) are
 * refused unread. */
#ifndef KN_K8S_SOURCE_DIR_H
#define KN_K8S_SOURCE_DIR_H

#include "lib/base/log.h"
#include "lib/json/node.h"
#include "lib/k8s/codec.h"
#include "lib/loop/loop.h"

enum kn_manifest_kind { KN_KIND_POD, KN_KIND_SERVICE, KN_KIND_ENDPOINT_SLICE };

struct kn_manifest { /* immutable, reference-counted */
	unsigned refs;
	enum kn_manifest_kind kind;
	struct kn_arena *arena;
	ProtobufCMessage *obj;
	const char *file; /* full path */
	int line;
};
struct kn_manifest *kn_manifest_ref(struct kn_manifest *m);
struct kn_manifest *kn_manifest_unref(struct kn_manifest *m);

struct kn_source_dir;
/* on_change gets the whole set (borrowed) after each change and once after the first scan, even when empty.
 * on_error gets "FILE: line N: FIELD: what", once per version of a file, and may be NULL. A missing folder is
 * created. path may also be one file. */
int kn_source_dir_new(struct kn_source_dir **ret, struct kn_loop *loop, const char *path, int64_t rescan_ns,
		      void (*on_change)(void *user, struct kn_manifest *const *set, size_t n),
		      void (*on_error)(void *user, const char *file, const struct kn_err *err), void *user,
		      struct kn_err *err);
struct kn_source_dir *kn_source_dir_free(struct kn_source_dir *s);

#endif
