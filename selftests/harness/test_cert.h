/* SPDX-License-Identifier: Apache-2.0 */
/* Certificates for tests: an authority and what it signs, as PEM text. */
#ifndef KN_TEST_CERT_H
#define KN_TEST_CERT_H

#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdbool.h>
#include <string.h>
#include <time.h>

struct test_cert {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
	char *cert_pem, *key_pem;
};

/* issuer NULL: self-signed, an authority. orgs: NULL-terminated. days < 0: expired. */
static inline struct test_cert test_cert_new(const char *cn, const char *const *orgs,
					     const struct test_cert *issuer, bool client, int days)
{
	struct test_cert c;
	gnutls_datum_t pem;
	unsigned char serial[1] = {1};
	time_t now = time(NULL);

	gnutls_x509_crt_init(&c.crt);
	gnutls_x509_privkey_init(&c.key);
	gnutls_x509_privkey_generate(c.key, GNUTLS_PK_ECDSA, GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1),
				     0);
	gnutls_x509_crt_set_version(c.crt, 3);
	gnutls_x509_crt_set_serial(c.crt, serial, sizeof(serial));
	gnutls_x509_crt_set_activation_time(c.crt, now - 10 * 86400);
	gnutls_x509_crt_set_expiration_time(c.crt, now + days * 86400);
	gnutls_x509_crt_set_dn_by_oid(c.crt, GNUTLS_OID_X520_COMMON_NAME, 0, cn, (unsigned)strlen(cn));
	for (; orgs && *orgs; orgs++)
		gnutls_x509_crt_set_dn_by_oid(c.crt, GNUTLS_OID_X520_ORGANIZATION_NAME, 0, *orgs,
					      (unsigned)strlen(*orgs));
	gnutls_x509_crt_set_key(c.crt, c.key);
	gnutls_x509_crt_set_basic_constraints(c.crt, !issuer, -1);
	if (issuer)
		gnutls_x509_crt_set_key_purpose_oid(
			c.crt, client ? GNUTLS_KP_TLS_WWW_CLIENT : GNUTLS_KP_TLS_WWW_SERVER, 0);
	gnutls_x509_crt_set_subject_alternative_name(c.crt, GNUTLS_SAN_DNSNAME, "localhost");
	gnutls_x509_crt_sign2(c.crt, issuer ? issuer->crt : c.crt, issuer ? issuer->key : c.key,
			      GNUTLS_DIG_SHA256, 0);
	gnutls_x509_crt_export2(c.crt, GNUTLS_X509_FMT_PEM, &pem);
	c.cert_pem = strndup((char *)pem.data, pem.size);
	gnutls_free(pem.data);
	gnutls_x509_privkey_export2_pkcs8(c.key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN, &pem);
	c.key_pem = strndup((char *)pem.data, pem.size);
	gnutls_free(pem.data);
	return c;
}

static inline void test_cert_free(struct test_cert *c)
{
	gnutls_x509_crt_deinit(c->crt);
	gnutls_x509_privkey_deinit(c->key);
	free(c->cert_pem);
	free(c->key_pem);
}

#endif
