/* SPDX-License-Identifier: Apache-2.0 */
/* An error answer of the API server in this project's words. Pure. */
#ifndef KN_K8S_API_ERROR_H
#define KN_K8S_API_ERROR_H

#include "lib/k8s/client.h"
#include "lib/k8s/codec.h"

/* Sets err by the HTTP status and the body: a metav1.Status in either encoding, or some text (a proxy's, a
 * handler's that isn't the API's). *reason is the Status' or that of the HTTP status
 * (apimachinery/pkg/api/errors, NewGenericServerResponse); it lives in the arena or for ever, never NULL.
 * *retry_after_s is set by the Status' details if it was -1. */
void kn_api_error(int status, const void *body, size_t len, struct kn_arena *a, const char **reason,
		  int64_t *retry_after_s, struct kn_err *err);
/* The errno of client.h's table. reason may be "". */
int kn_api_errno(int status, const char *reason);

/* Reads an answer's object, in either encoding, by its first bytes. *ret is NULL, and no error, when a Status
 * came where desc is another type (answers to DELETE). -EPROTO or -EINVAL when it isn't readable. */
int kn_api_decode(const void *body, size_t len, const ProtobufCMessageDescriptor *desc, struct kn_arena *a,
		  ProtobufCMessage **ret, struct kn_err *err);

#endif
