/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <stdio.h>
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "kubelet/node/cert_store.h"
#include "lib/base/clock.h"
#include "lib/base/file.h"
#include "lib/base/mem.h"

#define PEM_MAX (256 * 1024)

char *kn_cert_store_path(const char *dir, const char *name)
{
	return kn_sprintf("%s/%s-current.pem", dir, name);
}

int kn_cert_store_read(const char *dir, const char *name, struct kn_buf *out, struct kn_err *err)
{
	kn_auto_free char *path = kn_cert_store_path(dir, name);

	return kn_file_read(path, PEM_MAX, out, err);
}

int kn_cert_store_write(const char *dir, const char *name, const char *cert_pem, const char *key_pem,
			int64_t real_ns, struct kn_err *err)
{
	size_t n = strlen(cert_pem);
	kn_auto_free char *text =
		kn_sprintf("%s%s%s", cert_pem, n && cert_pem[n - 1] != '\n' ? "\n" : "", key_pem);
	kn_auto_free char *link = kn_cert_store_path(dir, name);
	kn_auto_free char *fresh = kn_sprintf("%s/%s-updated.pem", dir, name);
	kn_auto_free char *path = NULL;
	time_t seconds = real_ns / KN_NSEC_PER_SEC;
	char date[32];
	struct tm tm;
	int r;

	localtime_r(&seconds, &tm);
	strftime(date, sizeof(date), "%Y-%m-%d-%H-%M-%S", &tm);
	path = kn_sprintf("%s/%s-%s.pem", dir, name, date);
	r = kn_mkdir_p(dir, 0755, err);
	if (!r)
		r = kn_file_write_atomic(path, text, strlen(text), 0600, err);
	explicit_bzero(text, strlen(text));
	if (r)
		return r;
	if (unlink(fresh) < 0 && errno != ENOENT)
		return kn_err_errno(err, errno, "remove %s", fresh);
	if (symlink(path, fresh) < 0)
		return kn_err_errno(err, errno, "link %s", fresh);
	if (rename(fresh, link) < 0)
		return kn_err_errno(err, errno, "rename %s to %s", fresh, link);
	return 0;
}
