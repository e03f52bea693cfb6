/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/k8s/api_request.h"
#include "lib/k8s/codec.h"
#include "lib/k8s/envelope.h"

#define JSON_TYPE "application/json"
#define TRIES_MAX 10

char *kn_api_server_url(const struct kn_kubeconfig *k)
{
	bool tls = k->ca_data || k->ca_file || k->insecure || k->cert_data || k->cert_file;
	const char *s = k->server;
	size_t n = strlen(s);

	while (n && s[n - 1] == '/')
		n--;
	if (strstr(s, "://"))
		return kn_sprintf("%.*s", (int)n, s);
	return kn_sprintf("%s://%.*s", tls ? "https" : "http", (int)n, s);
}

static int encode(struct kn_api_message *m, bool json, const ProtobufCMessage *body, struct kn_err *err)
{
	struct kn_json_writer *w;

	if (!json)
		return kn_envelope_encode(body, &m->body, err);
	w = kn_json_writer_new(&m->body, false);
	kn_codec_encode(body, NULL, w);
	kn_json_writer_free(w);
	return 0;
}

int kn_api_message_init(struct kn_api_message *m, const char *server, bool json,
			const struct kn_api_request *req, struct kn_err *err)
{
	const char *type = req->content_type;

	m->method = kn_strdup(req->method);
	m->url = kn_sprintf("%s%s%s%s", server, req->path, req->query && *req->query ? "?" : "",
			    req->query ? req->query : "");
	m->accept = kn_sprintf("Accept: %s", req->accept ? req->accept
					     : json	 ? JSON_TYPE
							 : KN_PROTOBUF_TYPE "," JSON_TYPE);
	if (!req->body && !req->raw)
		return 0;
	if (req->body) {
		int r = encode(m, json, req->body, err);

		if (r < 0)
			return r;
		type = json ? JSON_TYPE : KN_PROTOBUF_TYPE;
	} else {
		kn_buf_add(&m->body, req->raw, req->raw_len);
	}
	m->content_type = kn_sprintf("Content-Type: %s", type ? type : JSON_TYPE);
	return 0;
}

void kn_api_message_free(struct kn_api_message *m)
{
	free(m->method);
	free(m->url);
	free(m->accept);
	free(m->content_type);
	/* It may be a Secret or a token. */
	if (m->body.data)
		explicit_bzero(m->body.data, m->body.len);
	kn_buf_free(&m->body);
}

int64_t kn_api_retry_ns(const char *method, int status, int err_code, int64_t retry_after_s, unsigned tries)
{
	if (tries >= TRIES_MAX)
		return -1;
	if ((status == 429 || status >= 500) && retry_after_s >= 0)
		return retry_after_s * KN_NSEC_PER_SEC;
	if (strcmp(method, "GET") == 0 && err_code == ECONNRESET)
		return KN_NSEC_PER_SEC;
	return -1;
}
