/* SPDX-License-Identifier: Apache-2.0 */
/*
 * A CRI server made to misbehave: it answers with given bytes, with a status, many times over, or never. A
 * real gRPC server on a unix socket, in a thread of the test's. For faults that a real runtime can't be made
 * to show; what a real one does is tested against a real one.
 *
 * Tests include fake_cri.c: they are linked from one source each. Every function may be called at any time.
 */
#ifndef KN_HARNESS_FAKE_CRI_H
#define KN_HARNESS_FAKE_CRI_H

#include <stdbool.h>
#include <stddef.h>
#include <protobuf-c/protobuf-c.h>

struct fake_cri;

struct fake_answer {
	const ProtobufCMessage *msg; /* packed when the answer is set; NULL: data */
	const void *data;
	size_t len;
	unsigned messages; /* how often it is sent: 0 and 1 are once where msg or data is set, else never */
	int code;	   /* status behind it; 0: OK */
	const char *text;
	bool hang; /* no status: the call stays open behind the messages, if any */
};

struct fake_cri *fake_cri_start(const char *socket_path); /* NULL when the socket can't be had */
/* Closes the socket, cuts all calls. NULL accepted. */
struct fake_cri *fake_cri_stop(struct fake_cri *f);
/* method: "Version". Without an answer a method is UNIMPLEMENTED. */
void fake_cri_set(struct fake_cri *f, const char *method, const struct fake_answer *a);
/* Calls of the method that came in, and those among them that the client cancelled or gave up. */
unsigned fake_cri_seen(struct fake_cri *f, const char *method);
unsigned fake_cri_cancelled(struct fake_cri *f, const char *method);
/* The last request's bytes, malloc'd; NULL: there was none. */
void *fake_cri_request(struct fake_cri *f, const char *method, size_t *len);

#endif
