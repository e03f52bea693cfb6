// SPDX-License-Identifier: Apache-2.0
/*
 * Any bytes as a manifest of each kind, and as the protobuf form of it. What decodes must encode, and the
 * text made of it must decode strictly to the same text again.
 */
#include <assert.h>
#include <stdint.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/discovery.pb-c.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void encode(const ProtobufCMessage *msg, struct kn_buf *out)
{
	struct kn_json_writer *w = kn_json_writer_new(out, false);

	kn_codec_encode(msg, NULL, w);
	kn_json_writer_free(w);
}

static void round_trip(const ProtobufCMessage *msg)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(0);
	kn_auto_buf struct kn_buf first = {0}, second = {0};
	ProtobufCMessage *again = NULL;
	struct kn_err err = KN_ERR_INIT;
	struct kn_node *n = NULL;

	encode(msg, &first);
	assert(!kn_json_parse(first.data, first.len, NULL, a, &n, &err));
	assert(!kn_codec_decode(msg->descriptor, n, KN_CODEC_STRICT, a, &again, &err));
	encode(again, &second);
	assert(!strcmp(first.data, second.data));
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const ProtobufCMessageDescriptor *const descs[] = {
		&k8s__pod__descriptor,
		&k8s__service__descriptor,
		&k8s__endpoint_slice__descriptor,
		&k8s__secret__descriptor,
	};
	kn_auto_arena struct kn_arena *a = kn_arena_new(16 << 20);
	struct kn_node *docs = NULL;

	if (!size)
		return 0;
	if (data[0] < KN_ARRAY_SIZE(descs)) { /* protobuf: strings may be no UTF-8, so JSON is only written */
		ProtobufCMessage *msg =
			protobuf_c_message_unpack(descs[data[0]], kn_arena_pb(a), size - 1, data + 1);
		kn_auto_buf struct kn_buf out = {0};

		if (msg)
			encode(msg, &out);
		return 0;
	}
	if (kn_yaml_parse((const char *)data, size, NULL, a, &docs, NULL))
		return 0;
	for (; docs; docs = docs->next)
		for (size_t i = 0; i < KN_ARRAY_SIZE(descs) * 2; i++) {
			ProtobufCMessage *msg = NULL;

			if (!kn_codec_decode(descs[i / 2], docs, i % 2 ? KN_CODEC_STRICT : 0, a, &msg, NULL))
				round_trip(msg);
		}
	return 0;
}
