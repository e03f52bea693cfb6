/* SPDX-License-Identifier: Apache-2.0 */
/*
 * Errors that travel up with their context and are logged once, at the top.
 *
 * A function that can fail takes `struct kn_err *err` last and returns 0 or a negative errno. err may be
 * NULL. The callee sets it, each caller may add context with kn_err_wrap; only the topmost handler logs. Not
 * shared between threads.
 */
#ifndef KN_BASE_ERR_H
#define KN_BASE_ERR_H

struct kn_err {
	int code; /* positive errno; 0: no error */
	char msg[512];
};

#define KN_ERR_INIT                                                                                          \
	{                                                                                                    \
		0                                                                                            \
	}

/* Sets err to code (positive or negative errno) and a formatted message; cut at 511 bytes. Returns -|code|.
 */
int kn_err_set(struct kn_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

/* Puts "CONTEXT: " before the message. Returns -err->code (-EIO when err is NULL). */
int kn_err_wrap(struct kn_err *err, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* As kn_err_set, with ": " and strerror(code) behind the message. */
int kn_err_errno(struct kn_err *err, int code, const char *fmt, ...) __attribute__((format(printf, 3, 4)));

#endif
