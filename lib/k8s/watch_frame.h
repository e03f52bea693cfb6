/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The byte stream of a watch -> its events. Two forms, told apart by the first byte: protobuf, where each
 * WatchEvent stands behind its length (four bytes, big-endian; apimachinery/pkg/util/framer), and JSON, one
 * object a line. Pure: no input or output, no time.
 */
#ifndef KN_K8S_WATCH_FRAME_H
#define KN_K8S_WATCH_FRAME_H

#include <stdint.h>
#include "lib/base/arena.h"
#include "lib/base/err.h"
#include "lib/json/node.h"

#define KN_WATCH_FRAME_MAX (16u << 20) /* bytes; the API server's own limit on objects is far lower */
#define KN_OBJECT_MEMORY_MAX ((size_t)64 << 20) /* bytes that one decoded object may take */

enum kn_watch_type { /* apimachinery/pkg/watch/watch.go */
		     KN_WATCH_ADDED,
		     KN_WATCH_MODIFIED,
		     KN_WATCH_DELETED,
		     KN_WATCH_BOOKMARK, /* its object has a resourceVersion and annotations at most */
		     KN_WATCH_ERROR,	/* its object is a Status */
};

struct kn_watch_event { /* valid until the next call for the same stream */
	enum kn_watch_type type;
	const uint8_t *data; /* the object's envelope; NULL: JSON */
	size_t len;
	const struct kn_node *node; /* the object in JSON */
};

struct kn_watch_stream;
struct kn_watch_stream *kn_watch_stream_new(void);
struct kn_watch_stream *kn_watch_stream_free(struct kn_watch_stream *s);
void kn_watch_feed(struct kn_watch_stream *s, const uint8_t *data, size_t len); /* copied */
/* The next whole event: 1; 0: more bytes are needed; -EPROTO: damaged, -EMSGSIZE: a frame beyond the limit.
 * After an error the stream is of no use. */
int kn_watch_next(struct kn_watch_stream *s, struct kn_watch_event *ret, struct kn_err *err);
/* The event's object as a message of desc, in the arena. -EPROTO, -EINVAL (another kind, a field's type);
 * ret is untouched then. */
int kn_watch_object(const struct kn_watch_event *e, const ProtobufCMessageDescriptor *desc,
		    struct kn_arena *a, ProtobufCMessage **ret, struct kn_err *err);

#endif
