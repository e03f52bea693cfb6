/* SPDX-License-Identifier: Apache-2.0 */
/*
 * The API server's client: kubeconfig, credentials, rate limits, protobuf with JSON fallback, typed answers.
 * Loop's thread only; every call is answered on the loop, once, unless cancelled.
 */
#ifndef KN_K8S_CLIENT_H
#define KN_K8S_CLIENT_H

#include "lib/base/log.h"
#include "lib/http/http.h"
#include "lib/k8s/object.h"

/* What a kubeconfig's current context says (client-go/tools/clientcmd). Strings live in the arena. Files are
 * read when used, so that renewed ones count: token files after a minute (client-go's
 * cachingTokenSource), certificate files when they change. */
struct kn_kubeconfig {
	const char *server; /* "https://host:port/prefix" */
	const char *ca_file, *ca_data, *server_name;
	const char *cert_file, *cert_data, *key_file, *key_data; /* data is PEM text, decoded */
	const char *token, *token_file, *username, *password;
	const char *exec_command, **exec_args,
		**exec_env; /* credential plugin, NULL-terminated lists; NULL: none */
	const char *exec_api_version;
	bool exec_cluster_info; /* the plugin is told about the cluster */
	const char *ns;		/* the context's namespace; "default" */
	bool insecure;
};
/* -EINVAL for what clientcmd refuses, -ENOTSUP for impersonation, auth providers and proxy-url. *ret
 * untouched on failure. */
int kn_kubeconfig_load(struct kn_kubeconfig *ret, const char *path, struct kn_arena *a, struct kn_err *err);

struct kn_client;
struct kn_client_config {
	const struct kn_kubeconfig *kubeconfig; /* borrowed for the client's life */
	double qps; /* requests a second (flowcontrol token bucket); 0: no limit. Watches count once */
	int burst;
	bool json; /* contentType application/json instead of protobuf */
};
int kn_client_new(struct kn_client **ret, struct kn_loop *loop, struct kn_http *http,
		  const struct kn_client_config *cfg, const struct kn_log *log, struct kn_err *err);
struct kn_client *kn_client_free(struct kn_client *c); /* calls are ended without calling back */
/* The client certificate to be used from now on, PEM; NULLs: that of the kubeconfig. New connections only;
 * the old ones end when idle. */
void kn_client_set_cert(struct kn_client *c, const char *cert_pem, const char *key_pem);

struct kn_api_request {	    /* copied where needed before the call returns */
	const char *method; /* GET, POST, PUT, PATCH, DELETE */
	const char *path;   /* "/api/v1/namespaces/x/pods/y/status"; ready for the URL */
	const char *query;  /* "fieldManager=x&..." without '?', escaped; NULL */
	const ProtobufCMessage
		*body;	 /* sent as protobuf with its apiVersion and kind (or JSON); NULL: none */
	const void *raw; /* else these bytes, */
	size_t raw_len;
	const char *content_type;		  /* e.g. application/strategic-merge-patch+json */
	const ProtobufCMessageDescriptor *answer; /* decoded into this; NULL: not decoded (body, len below) */
	const char *accept;			  /* NULL: the client's encodings */
	int64_t timeout_ns; /* waiting and trying again included; 0: 60 s, of a stream: none */
	int64_t idle_ns;    /* without a byte from the server; 0: no limit */
	bool no_limit;	    /* past the rate limit (leases, node status) */
};

/* Errors have the API's reason ("NotFound", "Conflict", "AlreadyExists", "Forbidden", "Expired", "Invalid",
 * "TooManyRequests") and an errno: 404 ENOENT, 409 EEXIST (AlreadyExists) or ESTALE (Conflict), 401/403
 * EACCES, 410 EKEYEXPIRED, 422/400 EINVAL, 429/503 EAGAIN, 5xx EIO, no answer: the connection's. */
struct kn_api_result {		     /* valid inside done */
	int status;		     /* HTTP; 0: no answer */
	struct kn_err err;	     /* code 0: good; msg is the API server's own message */
	const char *reason;	     /* never NULL */
	int64_t retry_after_s;	     /* -1: not told */
	const ProtobufCMessage *obj; /* of request.answer; NULL on error */
	struct kn_arena **arena;     /* obj's; kn_steal(*arena) to keep it */
	const uint8_t *body;	     /* as it came */
	size_t len;
};
typedef void (*kn_api_done)(void *user, const struct kn_api_result *r);
struct kn_api_call;
struct kn_api_call *kn_api_start(struct kn_client *c, const struct kn_api_request *req, kn_api_done done,
				 void *user);
void kn_api_cancel(struct kn_api_call *call); /* done will not be called */

/* A watch or another endless answer: on_data gets bytes of a 2xx answer as they come; done at the end. */
struct kn_api_call *kn_api_stream(struct kn_client *c, const struct kn_api_request *req,
				  void (*on_data)(void *user, const uint8_t *data, size_t len),
				  kn_api_done done, void *user);
struct kn_client_answers { /* requests of one method that ended with one status; 0: without an answer */
	char method[8];
	int status;
	uint64_t n;
};
struct kn_client_stats {
	uint64_t requests, errors, throttled; /* since start */
	struct kn_client_answers answers[40]; /* what does not fit is not counted here */
	size_t n_answers;
};
const struct kn_client_stats *kn_client_stats(const struct kn_client *c);

/* What was learnt of the server, so that each of many users need not learn it anew. Written by its users. */
struct kn_client_traits {
	bool plain_lists; /* it refuses streaming lists (reflector.h) */
};
struct kn_client_traits *kn_client_traits(struct kn_client *c);

#endif
