/* SPDX-License-Identifier: Apache-2.0 */
/* What the reflector's files share, and a seam for tests that must see faults no server makes. Within lib/k8s
 * only. */
#ifndef KN_K8S_REFLECTOR_PRIVATE_H
#define KN_K8S_REFLECTOR_PRIVATE_H

#include "lib/base/map.h"
#include "lib/k8s/reflector.h"
#include "lib/k8s/reflector_plan.h"
#include "lib/k8s/watch_frame.h"

struct kn_reflector_transport { /* kn_api_start, kn_api_stream and kn_api_cancel */
	void *(*start)(void *ctx, const struct kn_api_request *req, kn_api_done done, void *user);
	void *(*stream)(void *ctx, const struct kn_api_request *req,
			void (*on_data)(void *user, const uint8_t *data, size_t len), kn_api_done done,
			void *user);
	void (*cancel)(void *call);
};

struct kn_reflector {
	struct kn_loop *loop;
	const struct kn_reflector_transport *transport;
	void *ctx; /* of the transport */
	struct kn_reflector_ops ops;
	void *user;
	char *path, *field_selector, *label_selector;
	const ProtobufCMessageDescriptor *item, *list;
	struct kn_reflector_stats stats;

	struct kn_map *store; /* "NAMESPACE/NAME" -> struct kn_object */
	struct kn_map *next;  /* what a list has brought so far; NULL: none under way */
	char rv[64];	      /* what the store is equal to; "": must be listed */
	bool synced;
	bool *plain;	/* the server knows no streaming lists; one for all reflectors of a client */
	bool own_plain; /* what plain points to without a client */
	bool whole;	/* the next list is not to be paged: a token expired */
	char *token;	/* of the next page */

	enum kn_reflector_phase phase;
	void *call; /* NULL: none */
	struct kn_watch_stream *stream;
	struct kn_timer *retry, *idle;
	struct kn_reflector_backoff backoff;
	int64_t idle_ns;	      /* a watch that is silent for so long is cut */
	double wait_scale;	      /* 1; less in tests */
	int64_t started_ns, heard_ns; /* of the watch under way, CLOCK_MONOTONIC */
	uint64_t started_events;      /* stats.events then */
	unsigned never_complete;      /* streaming lists that ended well, but without their end mark */
	int told_status, told_code;   /* the failure told last */

	unsigned busy; /* depth of callbacks: memory lives on until they have returned */
	bool dead;     /* freed inside one */
};

struct kn_reflector *kn_reflector_new_on(struct kn_loop *loop, const struct kn_reflector_transport *transport,
					 void *ctx, const struct kn_resource *res,
					 const struct kn_reflector_ops *ops, void *user);

/* reflector_store.c: each calls back for what changes, and returns early when that freed the reflector. */
void kn_reflector_put(struct kn_reflector *r, struct kn_object *o); /* takes the reference */
void kn_reflector_del(struct kn_reflector *r, struct kn_object *last);
void kn_reflector_replace(struct kn_reflector *r); /* next becomes the store */

/* reflector_watch.c */
enum kn_reflector_step {
	KN_STEP_GO_ON,
	KN_STEP_ERROR,	 /* the server ends the watch */
	KN_STEP_DAMAGED, /* not readable */
};
/* One event into the store. If not KN_STEP_GO_ON, failure is filled in; its reason lives in text. */
enum kn_reflector_step kn_reflector_event(struct kn_reflector *r, const struct kn_watch_event *e,
					  struct kn_api_result *failure, char text[64]);

/* reflector.c */
void kn_reflector_sync(struct kn_reflector *r, const char *rv); /* next is complete, and of that version */

#endif
