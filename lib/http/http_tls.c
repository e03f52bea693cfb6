/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>
#include <sys/mman.h>

#include "lib/base/mem.h"
#include "lib/http/internal.h"

/*
 * libcurl 7.88 on GnuTLS takes certificates from files only (CURLOPT_CAINFO_BLOB is CURLE_NOT_BUILT_IN,
 * CURLOPT_SSLCERT_BLOB is accepted and ignored). A memfd has a name, is never on a disk, and is gone with the
 * process; children don't inherit it.
 */
static int keep(const char *pem, char path[32])
{
	size_t len = strlen(pem), done = 0;
	int fd = memfd_create("kn-pem", MFD_CLOEXEC);

	if (fd < 0)
		abort(); /* as for memory: only when descriptors are used up */
	while (done < len) {
		ssize_t n = write(fd, pem + done, len - done);

		if (n < 0 && errno == EINTR)
			continue;
		if (n <= 0)
			abort();
		done += (size_t)n;
	}
	snprintf(path, 32, "/proc/self/fd/%d", fd);
	return fd;
}

struct kn_http_tls *kn_http_tls_new(const struct kn_http_tls_config *c)
{
	struct kn_http_tls *t = kn_calloc(1, sizeof(*t));

	t->refs = 1;
	t->ca_fd = c->ca_pem ? keep(c->ca_pem, t->ca_path) : -1;
	t->cert_fd = c->cert_pem ? keep(c->cert_pem, t->cert_path) : -1;
	t->key_fd = c->cert_pem && c->key_pem ? keep(c->key_pem, t->key_path) : -1;
	t->server_name = kn_strdup(c->server_name);
	t->insecure = c->insecure;
	return t;
}

struct kn_http_tls *kn_http_tls_ref(struct kn_http_tls *t)
{
	if (t)
		t->refs++;
	return t;
}

struct kn_http_tls *kn_http_tls_unref(struct kn_http_tls *t)
{
	if (!t || --t->refs)
		return NULL;
	kn_closep(&t->ca_fd);
	kn_closep(&t->cert_fd);
	kn_closep(&t->key_fd);
	free(t->server_name);
	free(t);
	return NULL;
}
