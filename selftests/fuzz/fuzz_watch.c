// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a watch, in pieces of the size that the first byte tells: events or an error, and the same
 * number of events as in one piece. */
#include <assert.h>
#include <stdint.h>

#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/watch_frame.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void decode(const struct kn_watch_event *e)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(4 << 20);
	ProtobufCMessage *msg;

	if (e->type == KN_WATCH_ERROR)
		kn_watch_object(e, &k8s__status__descriptor, a, &msg, NULL);
	else
		kn_watch_object(e, &k8s__pod__descriptor, a, &msg, NULL);
}

static unsigned count(const uint8_t *data, size_t size, size_t piece)
{
	struct kn_watch_stream *s = kn_watch_stream_new();
	struct kn_watch_event e;
	unsigned events = 0;
	int n = 0;

	for (size_t at = 0; at < size && n >= 0; at += piece) {
		kn_watch_feed(s, data + at, size - at < piece ? size - at : piece);
		while ((n = kn_watch_next(s, &e, NULL)) > 0) {
			decode(&e);
			events++;
		}
	}
	kn_watch_stream_free(s);
	return events;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	if (size < 2)
		return 0;
	assert(count(data + 1, size - 1, size) == count(data + 1, size - 1, (data[0] & 63) + 1));
	return 0;
}
