/* SPDX-License-Identifier: Apache-2.0 */
#include <errno.h>
#include <string.h>

#include "lib/base/mem.h"
#include "lib/httpd/tls_internal.h"

/* TLS 1.2 and 1.3 with at least 128 bits and forward secrecy: what Go's servers offer by default. */
#define PRIORITIES "SECURE128:-VERS-ALL:+VERS-TLS1.3:+VERS-TLS1.2:-RSA:%SERVER_PRECEDENCE"

static gnutls_datum_t datum(const char *pem)
{
	return (gnutls_datum_t){(unsigned char *)pem, (unsigned)strlen(pem)};
}

int kn_tls_cred_new(struct kn_tls_cred **ret, const struct kn_httpd_tls *tls, struct kn_err *err)
{
	struct kn_tls_cred *c = kn_calloc(1, sizeof(*c));
	gnutls_datum_t cert = datum(tls->cert_pem), key = datum(tls->key_pem);
	const char *what = "serving certificate";
	int r = gnutls_certificate_allocate_credentials(&c->cred);

	c->refs = 1;
	if (r >= 0)
		r = gnutls_certificate_set_x509_key_mem(c->cred, &cert, &key, GNUTLS_X509_FMT_PEM);
	if (r >= 0)
		r = gnutls_priority_init(&c->priority, PRIORITIES, NULL);
	if (r >= 0 && tls->client_ca_pem) {
		gnutls_datum_t ca = datum(tls->client_ca_pem);

		what = "client CA";
		c->ask = true;
		r = gnutls_certificate_set_x509_trust_mem(c->cred, &ca, GNUTLS_X509_FMT_PEM);
		if (!r)
			r = GNUTLS_E_NO_CERTIFICATE_FOUND;
	}
	if (r < 0) {
		kn_tls_cred_unref(c);
		return kn_err_set(err, EINVAL, "%s: %s", what, gnutls_strerror(r));
	}
	*ret = c;
	return 0;
}

struct kn_tls_cred *kn_tls_cred_ref(struct kn_tls_cred *c)
{
	c->refs++;
	return c;
}

struct kn_tls_cred *kn_tls_cred_unref(struct kn_tls_cred *c)
{
	if (!c || --c->refs)
		return NULL;
	if (c->priority)
		gnutls_priority_deinit(c->priority);
	if (c->cred)
		gnutls_certificate_free_credentials(c->cred);
	free(c);
	return NULL;
}
