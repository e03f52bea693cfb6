/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stddef.h>

#include "cri/status.h"
#include "lib/base/mem.h"

static const struct {
	const char *name;
	int err;
} codes[] = {
	{"OK", 0},
	{"Canceled", ECANCELED},
	{"Unknown", EIO},
	{"InvalidArgument", EINVAL},
	{"DeadlineExceeded", ETIMEDOUT},
	{"NotFound", ENOENT},
	{"AlreadyExists", EEXIST},
	{"PermissionDenied", EACCES},
	{"ResourceExhausted", EMSGSIZE},
	{"FailedPrecondition", EBUSY},
	{"Aborted", EIO},
	{"OutOfRange", EIO},
	{"Unimplemented", ENOSYS},
	{"Internal", EIO},
	{"Unavailable", ECONNREFUSED},
	{"DataLoss", EIO},
	{"Unauthenticated", EACCES},
};

static size_t index_of(int code)
{
	/* 2 is Unknown: what a peer invents counts as that. */
	return code >= 0 && (size_t)code < KN_ARRAY_SIZE(codes) ? (size_t)code : 2;
}

int kn_cri_errno(int code)
{
	return codes[index_of(code)].err;
}

const char *kn_cri_code_name(int code)
{
	return codes[index_of(code)].name;
}

int kn_cri_status_err(struct kn_err *err, int code, const char *message)
{
	return kn_err_set(err, kn_cri_errno(code), "rpc error: code = %s desc = %s", kn_cri_code_name(code),
			  message ? message : "");
}
