/* SPDX-License-Identifier: Apache-2.0 */
/* The query of /containerLogs: v1.PodLogOptions (core/validation ValidatePodLogOptions). Pure. */
#ifndef KN_KUBELET_SERVER_LOG_OPTIONS_H
#define KN_KUBELET_SERVER_LOG_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>

struct kn_log_options {
	bool follow, previous, timestamps;
	bool out, err;	  /* which streams are wanted */
	int64_t tail;	  /* lines; -1: all */
	int64_t limit;	  /* bytes; -1: all */
	int64_t since_ns; /* since 1970; 0: from the beginning */
	/* while reading the query */
	bool has_seconds, has_time, bad;
	bool stream_named;
	int64_t seconds, time_ns;
};

/* Begin with this, give it each parameter of the query in order (the first of a name counts), then finish. */
void kn_log_options_init(struct kn_log_options *o);
void kn_log_options_param(struct kn_log_options *o, const char *name, const char *value);
/* Returns the HTTP status: 200, 400 (not to be decoded) or 422 (decoded, but not valid). */
int kn_log_options_finish(struct kn_log_options *o, int64_t now_ns);

#endif
