/* SPDX-License-Identifier: Apache-2.0 */
/*
 * kernlet-cni: one process per CNI command (CNI specification 1.1.0). It reads the environment and at most 1
 * MiB of network configuration from stdin, answers on stdout and exits. Single thread throughout: setns()
 * relies on it.
 *
 * Commands return 0 or a positive code of the enum below (the specification's "Error" section); err tells
 * why.
 */
#ifndef KN_CNI_CNI_H
#define KN_CNI_CNI_H

#include <stdbool.h>
#include "lib/base/buf.h"
#include "lib/base/err.h"

enum kn_cni_code {
	KN_CNI_OK = 0,
	KN_CNI_VERSION = 1,	/* incompatible CNI version */
	KN_CNI_UNSUPPORTED = 2, /* unsupported field in the configuration; the message names it */
	KN_CNI_UNKNOWN = 3,	/* container unknown: no cleanup is needed */
	KN_CNI_ENV = 4,		/* invalid environment variable; the message names it */
	KN_CNI_IO = 5,
	KN_CNI_DECODE = 6,
	KN_CNI_CONFIG = 7,
	KN_CNI_AGAIN = 11,
	KN_CNI_UNAVAILABLE = 50, /* STATUS: ADD would fail */
	KN_CNI_LIMITED = 51,	 /* STATUS: and existing containers may lack connectivity */
	KN_CNI_EXISTS = 100,	 /* ADD: the interface is already there */
	KN_CNI_NETWORK = 101,	 /* the kernel refused a link, address or route */
	KN_CNI_MISMATCH = 102,	 /* CHECK: reality differs from prevResult */
};

#define KN_CNI_LATEST "1.1.0"
#define KN_CNI_STDIN_MAX (1024 * 1024)

/* Position of a version in the list of supported ones, oldest first; -1 if not supported. */
int kn_cni_version_index(const char *version);
bool kn_cni_version_since(const char *version, const char *since); /* both supported */
extern const char *const kn_cni_versions[];			   /* oldest first, NULL-terminated */

struct kn_cni_args;
struct kn_cni_conf;
/* stdout is appended to out. */
int kn_cni_cmd_add(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_buf *out,
		   struct kn_err *err);
int kn_cni_cmd_del(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_err *err);
int kn_cni_cmd_check(const struct kn_cni_args *args, const struct kn_cni_conf *conf, struct kn_err *err);
int kn_cni_cmd_gc(const struct kn_cni_conf *conf, struct kn_err *err);
int kn_cni_cmd_status(const struct kn_cni_conf *conf, struct kn_err *err);

/* The whole program but for reading stdin: env are the process's variables by getenv. Returns the exit status
 * (0 or 1); out holds what goes to stdout. */
int kn_cni_run(const char *(*env)(const char *name), const char *conf, size_t len, struct kn_buf *out);

#endif
