/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Single values of a manifest. Within lib/k8s only. Every function returns 0 or a negative errno with
 * "line N: PATH: what" in the decoder's err; outputs may be half written on failure, the message is dropped
 * then.
 */
#ifndef KN_K8S_CODEC_VALUE_H
#define KN_K8S_CODEC_VALUE_H

#include "lib/k8s/codec_internal.h"
#include "lib/k8s/meta.pb-c.h"

struct kn_decode_at { /* where we are: a chain of stack frames, printed when something is wrong */
	const struct kn_decode_at *up;
	const char *name; /* of a field, or NULL: */
	const char *key;  /* of a map's member, or NULL: */
	size_t index;
};

struct kn_decoder {
	struct kn_arena *arena;
	struct kn_err *err;
	bool strict;
};

int kn_decode_fail(struct kn_decoder *d, int code, const struct kn_node *node, const struct kn_decode_at *at,
		   const char *what);
int kn_decode_mismatch(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       const char *expected);
int kn_decode_no_memory(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at);
int kn_decode_int(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		  int64_t min, int64_t max, int64_t *ret);
int kn_decode_string(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		     char **ret);
int kn_decode_bytes(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		    ProtobufCBinaryData *ret);
int kn_decode_quantity(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       K8s__Quantity *q);
int kn_decode_time(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		   K8s__Time *t);
int kn_decode_duration(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       K8s__Duration *v);
int kn_decode_int_or_string(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
			    K8s__IntOrString *v);

#endif
