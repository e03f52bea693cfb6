/* SPDX-License-Identifier: Apache-2.0 */
/* What a YAML scalar means. Within lib/json only. */
#ifndef KN_JSON_YAML_SCALAR_H
#define KN_JSON_YAML_SCALAR_H

#include "lib/json/node.h"

struct kn_yaml_scalar {
	enum kn_node_type type; /* NULL, BOOL, NUMBER or STRING */
	bool boolean;
	char number[32]; /* NUMBER that had to be rewritten as JSON spells it; empty: the scalar's own text
			    will do */
};

/*
 * Resolves a scalar's text the way sigs.k8s.io/yaml does (go.yaml.in/yaml/v2, resolve.go): y, yes, on, n, no,
 * off are booleans too; 0x, 0o, 0b and a leading 0 give integers, "_" in numbers is skipped; timestamps stay
 * strings. tag: the tag as written in full, or NULL; plain: neither quoted nor a block. -EINVAL: the text is
 * not of the tag's type, or stands for an infinity or NaN (JSON has neither), or the tag is not known.
 */
int kn_yaml_resolve(const char *text, size_t len, const char *tag, bool plain, struct kn_yaml_scalar *ret);

#endif
