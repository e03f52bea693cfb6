/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/json/node.h"
#include "lib/k8s/api_error.h"
#include "lib/k8s/codec_internal.h"
#include "lib/k8s/envelope.h"

static const struct {
	int status, err;
	const char *reason;
} by_status[] = {
	{400, EINVAL, "BadRequest"},
	{401, EACCES, "Unauthorized"},
	{403, EACCES, "Forbidden"},
	{404, ENOENT, "NotFound"},
	{405, ENOTSUP, "MethodNotAllowed"},
	{406, ENOTSUP, "NotAcceptable"},
	{409, ESTALE, "Conflict"},
	{410, EKEYEXPIRED, "Gone"},
	{413, EMSGSIZE, "RequestEntityTooLarge"},
	{415, ENOTSUP, "UnsupportedMediaType"},
	{422, EINVAL, "Invalid"},
	{429, EAGAIN, "TooManyRequests"},
	{500, EIO, "InternalError"},
	{503, EAGAIN, "ServiceUnavailable"},
	{504, EAGAIN, "Timeout"},
};

int kn_api_errno(int status, const char *reason)
{
	if (strcmp(reason, "AlreadyExists") == 0)
		return EEXIST;
	if (strcmp(reason, "Expired") == 0)
		return EKEYEXPIRED;
	for (size_t i = 0; i < KN_ARRAY_SIZE(by_status); i++)
		if (by_status[i].status == status)
			return by_status[i].err;
	return status >= 500 ? EIO : EPROTO;
}

static const char *generic_reason(int status)
{
	for (size_t i = 0; i < KN_ARRAY_SIZE(by_status); i++)
		if (by_status[i].status == status)
			return by_status[i].reason;
	return status >= 500 ? "InternalError" : "Unknown";
}

static int decode_json(const void *body, size_t len, const ProtobufCMessageDescriptor *desc,
		       struct kn_arena *a, ProtobufCMessage **ret, struct kn_err *err)
{
	const char *api, *kind, *got;
	struct kn_node *root = NULL;
	int r = kn_json_parse(body, len, NULL, a, &root, err);

	if (r < 0)
		return r;
	got = kn_node_str(root, "kind");
	if (got && kn_codec_type_meta(desc, &api, &kind) && strcmp(got, kind) != 0) {
		if (strcmp(got, "Status") == 0) {
			*ret = NULL;
			return 0;
		}
		return kn_err_set(err, EINVAL, "%.64s instead of %s", got, kind);
	}
	return kn_codec_decode(desc, root, 0, a, ret, err);
}

int kn_api_decode(const void *body, size_t len, const ProtobufCMessageDescriptor *desc, struct kn_arena *a,
		  ProtobufCMessage **ret, struct kn_err *err)
{
	struct kn_envelope e;
	int r;

	if (!kn_envelope_is(body, len))
		return decode_json(body, len, desc, a, ret, err);
	r = kn_envelope_open(body, len, &e, err);
	if (r < 0)
		return r;
	if (kn_envelope_kind_is(&e, "Status") && desc != &k8s__status__descriptor) {
		*ret = NULL;
		return 0;
	}
	return kn_envelope_decode(body, len, desc, a, ret, NULL, NULL, err);
}

/* What isn't a Status is a text for humans: its first line, so that a log stays a log. */
static void plain_text(int status, const char *body, size_t len, struct kn_err *err)
{
	size_t n = 0;

	while (n < len && n < 200 && body[n] != '\n' && body[n] != '\r' && body[n])
		n++;
	kn_err_set(err, kn_api_errno(status, ""), "HTTP status %d%s%.*s", status, n ? ": " : "", (int)n,
		   body);
}

void kn_api_error(int status, const void *body, size_t len, struct kn_arena *a, const char **reason,
		  int64_t *retry_after_s, struct kn_err *err)
{
	const K8s__Status *s = NULL;
	ProtobufCMessage *msg = NULL;

	if (len && kn_api_decode(body, len, &k8s__status__descriptor, a, &msg, NULL) == 0)
		s = (const K8s__Status *)(void *)msg;
	if (!s || ((!s->message || !*s->message) && (!s->reason || !*s->reason))) {
		*reason = generic_reason(status);
		plain_text(status, body, len, err);
		return;
	}
	*reason = s->reason && *s->reason ? s->reason : generic_reason(status);
	if (*retry_after_s < 0 && s->details && s->details->retryafterseconds > 0)
		*retry_after_s = s->details->retryafterseconds;
	kn_err_set(err, kn_api_errno(status, *reason), "%s",
		   s->message && *s->message ? s->message : *reason);
}
