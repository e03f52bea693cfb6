// SPDX-License-Identifier: Apache-2.0
/* Single values of a manifest, and the errors that name where they stand. */
#include <errno.h>
#include <string.h>

#include "lib/base/flag.h"
#include "lib/k8s/codec_value.h"

static void print_path(const struct kn_decode_at *at, struct kn_buf *out)
{
	if (!at)
		return;
	print_path(at->up, out);
	if (at->name)
		kn_buf_addf(out, "%s%.64s", out->len ? "." : "", at->name);
	else if (at->key)
		kn_buf_addf(out, "[%.64s]", at->key);
	else
		kn_buf_addf(out, "[%zu]", at->index);
}

int kn_decode_fail(struct kn_decoder *d, int code, const struct kn_node *node, const struct kn_decode_at *at,
		   const char *what)
{
	kn_auto_buf struct kn_buf path = {0};

	print_path(at, &path);
	return kn_err_set(d->err, code, "line %d: %s%s%s", node->line, path.len ? path.data : "",
			  path.len ? ": " : "", what);
}

int kn_decode_mismatch(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       const char *expected)
{
	static const char *const names[] = {
		[KN_NODE_NULL] = "null",     [KN_NODE_BOOL] = "boolean", [KN_NODE_NUMBER] = "number",
		[KN_NODE_STRING] = "string", [KN_NODE_ARRAY] = "array",	 [KN_NODE_OBJECT] = "object",
	};
	char what[96];

	snprintf(what, sizeof(what), "expected %s, got %s", expected, names[node->type]);
	return kn_decode_fail(d, EINVAL, node, at, what);
}

int kn_decode_no_memory(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at)
{
	return kn_decode_fail(d, ENOMEM, node, at, "the object takes more memory than allowed");
}

int kn_decode_int(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		  int64_t min, int64_t max, int64_t *ret)
{
	int64_t v = 0;
	int r;

	if (node->type != KN_NODE_NUMBER)
		return kn_decode_mismatch(d, node, at, "integer");
	r = kn_decimal_int64(node->text, &v);
	if (r == -EINVAL)
		return kn_decode_fail(d, EINVAL, node, at, "expected integer, got a number with a fraction");
	if (r || v < min || v > max)
		return kn_decode_fail(d, ERANGE, node, at,
				      max == INT32_MAX ? "does not fit 32 bits" : "does not fit 64 bits");
	*ret = v;
	return 0;
}

int kn_decode_string(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		     char **ret)
{
	char *s;

	if (node->type != KN_NODE_STRING)
		return kn_decode_mismatch(d, node, at, "string");
	if (memchr(node->text, '\0', node->text_len))
		return kn_decode_fail(d, EINVAL, node, at, "a string must not hold a NUL");
	s = kn_arena_strndup(d->arena, node->text, node->text_len);
	if (!s)
		return kn_decode_no_memory(d, node, at);
	*ret = s;
	return 0;
}

int kn_decode_bytes(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		    ProtobufCBinaryData *ret)
{
	uint8_t *data;
	size_t len;

	if (node->type != KN_NODE_STRING)
		return kn_decode_mismatch(d, node, at, "string (base64)");
	data = kn_arena_alloc(d->arena, node->text_len / 4 * 3 + 3);
	if (!data)
		return kn_decode_no_memory(d, node, at);
	if (kn_base64_decode(node->text, node->text_len, data, &len))
		return kn_decode_fail(d, EINVAL, node, at, "not base64");
	*ret = (ProtobufCBinaryData){.len = len, .data = data};
	return 0;
}

int kn_decode_quantity(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       K8s__Quantity *q)
{
	struct kn_node trimmed = *node;
	int64_t ignored;
	int r;

	if (node->type != KN_NODE_STRING && node->type != KN_NODE_NUMBER)
		return kn_decode_mismatch(d, node, at, "quantity");
	trimmed.type = KN_NODE_STRING;
	while (trimmed.text_len && strchr(" \t\r\n", *trimmed.text) && *trimmed.text)
		trimmed.text++, trimmed.text_len--;
	while (trimmed.text_len && strchr(" \t\r\n", trimmed.text[trimmed.text_len - 1]) &&
	       trimmed.text[trimmed.text_len - 1])
		trimmed.text_len--;
	r = kn_decode_string(d, &trimmed, at, &q->string);
	if (r)
		return r;
	if (kn_quantity_value(q->string, &ignored) == -EINVAL) /* too large is for those who use it */
		return kn_decode_fail(d, EINVAL, node, at, "not a quantity (as 500m, 1.5, 128Mi, 2e3)");
	return 0;
}

int kn_decode_time(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		   K8s__Time *t)
{
	if (node->type != KN_NODE_STRING)
		return kn_decode_mismatch(d, node, at, "string (time)");
	if (strlen(node->text) != node->text_len || kn_rfc3339_parse(node->text, &t->seconds, &t->nanos))
		return kn_decode_fail(d, EINVAL, node, at, "not a time as RFC 3339 has it");
	t->has_seconds = true;
	t->has_nanos = t->nanos != 0;
	return 0;
}

int kn_decode_duration(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
		       K8s__Duration *v)
{
	if (node->type != KN_NODE_STRING)
		return kn_decode_mismatch(d, node, at, "string (duration)");
	if (strlen(node->text) != node->text_len || kn_duration_parse(node->text, &v->duration))
		return kn_decode_fail(d, EINVAL, node, at, "not a duration (as 1h30m, 1.5s)");
	v->has_duration = true;
	return 0;
}

int kn_decode_int_or_string(struct kn_decoder *d, const struct kn_node *node, const struct kn_decode_at *at,
			    K8s__IntOrString *v)
{
	int64_t n;
	int r;

	v->has_type = true;
	if (node->type == KN_NODE_STRING) {
		v->type = 1;
		return kn_decode_string(d, node, at, &v->strval);
	}
	if (node->type != KN_NODE_NUMBER)
		return kn_decode_mismatch(d, node, at, "integer or string");
	r = kn_decode_int(d, node, at, INT32_MIN, INT32_MAX, &n);
	if (r)
		return r;
	v->has_intval = true;
	v->intval = (int32_t)n;
	return 0;
}
