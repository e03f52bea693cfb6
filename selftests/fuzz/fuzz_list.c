// SPDX-License-Identifier: Apache-2.0
/* Any bytes as a list of Services, and as a single one: objects with names or an error. */
#include <assert.h>
#include <stdint.h>

#include "lib/base/mem.h"
#include "lib/k8s/core.pb-c.h"
#include "lib/k8s/envelope.h"
#include "lib/k8s/object_list.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	kn_auto_arena struct kn_arena *a = kn_arena_new(4 << 20);
	struct kn_map *map = kn_map_new();
	struct kn_list_meta meta = {0};
	ProtobufCMessage *msg = NULL;
	const char *api = NULL, *kind = NULL;
	size_t it = 0;
	void *o;

	if (!kn_object_list_read(data, size, &k8s__service_list__descriptor, &k8s__service__descriptor, map,
				 &meta, NULL))
		assert(meta.rv[0] && meta.token);
	while (kn_map_next(map, &it, NULL, &o))
		assert(((struct kn_object *)o)->name[0]);
	free(meta.rv);
	free(meta.token);
	kn_object_map_free(map);
	if (!kn_envelope_decode(data, size, &k8s__service__descriptor, a, &msg, &api, &kind, NULL))
		assert(msg && api && kind);
	return 0;
}
