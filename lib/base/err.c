/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lib/base/err.h"

int kn_err_set(struct kn_err *err, int code, const char *fmt, ...)
{
	/* An argument may be err->msg itself: format aside first. */
	char msg[sizeof(err->msg)];
	va_list ap;

	code = abs(code);
	if (!code)
		code = EIO;
	if (!err)
		return -code;
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	err->code = code;
	memcpy(err->msg, msg, sizeof(msg));
	return -code;
}

int kn_err_wrap(struct kn_err *err, const char *fmt, ...)
{
	char msg[2 * sizeof(err->msg) + 4], context[sizeof(err->msg)];
	va_list ap;

	if (!err)
		return -EIO;
	if (!err->code)
		err->code = EIO;
	va_start(ap, fmt);
	vsnprintf(context, sizeof(context), fmt, ap);
	va_end(ap);
	snprintf(msg, sizeof(msg), "%s: %s", context, err->msg);
	memcpy(err->msg, msg, sizeof(err->msg) - 1);
	err->msg[sizeof(err->msg) - 1] = '\0';
	return -err->code;
}

int kn_err_errno(struct kn_err *err, int code, const char *fmt, ...)
{
	char msg[sizeof(err->msg)];
	va_list ap;

	code = abs(code);
	va_start(ap, fmt);
	vsnprintf(msg, sizeof(msg), fmt, ap);
	va_end(ap);
	return kn_err_set(err, code, "%s: %s", msg, strerrordesc_np(code) ?: "unknown error");
}
