/* SPDX-License-Identifier: Apache-2.0 */
#include "kubelet/node/serving_cert.h"

#include <arpa/inet.h>
#include <errno.h>
#include <gnutls/crypto.h>
#include <gnutls/gnutls.h>
#include <gnutls/x509.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>

#include "lib/base/file.h"
#include "lib/base/mem.h"

#define YEAR (365 * 86400)
#define HOUR 3600
#define RENEW_BEFORE (30 * 86400)
#define FILE_MAX (64 * 1024)

struct pair {
	gnutls_x509_crt_t crt;
	gnutls_x509_privkey_t key;
};

static void pair_free(struct pair *p)
{
	if (p->crt)
		gnutls_x509_crt_deinit(p->crt);
	if (p->key)
		gnutls_x509_privkey_deinit(p->key);
}

static int fill(struct pair *p, const char *host, const char *ip)
{
	unsigned char serial[16], addr[16];
	time_t now = time(NULL);
	int r = gnutls_rnd(GNUTLS_RND_NONCE, serial, sizeof(serial));

	serial[0] &= 0x7f; /* positive, RFC 5280 4.1.2.2 */
	if (r >= 0)
		r = gnutls_x509_privkey_generate(p->key, GNUTLS_PK_ECDSA,
						 GNUTLS_CURVE_TO_BITS(GNUTLS_ECC_CURVE_SECP256R1), 0);
	if (r >= 0)
		r = gnutls_x509_crt_set_version(p->crt, 3);
	if (r >= 0)
		r = gnutls_x509_crt_set_serial(p->crt, serial, sizeof(serial));
	if (r >= 0)
		r = gnutls_x509_crt_set_activation_time(p->crt, now - HOUR);
	if (r >= 0)
		r = gnutls_x509_crt_set_expiration_time(p->crt, now + YEAR);
	if (r >= 0)
		r = gnutls_x509_crt_set_dn_by_oid(p->crt, GNUTLS_OID_X520_COMMON_NAME, 0, host,
						  (unsigned)strlen(host));
	if (r >= 0)
		r = gnutls_x509_crt_set_subject_alt_name(p->crt, GNUTLS_SAN_DNSNAME, host,
							 (unsigned)strlen(host), GNUTLS_FSAN_SET);
	if (r >= 0 && ip && inet_pton(AF_INET, ip, addr) == 1)
		r = gnutls_x509_crt_set_subject_alt_name(p->crt, GNUTLS_SAN_IPADDRESS, addr, 4,
							 GNUTLS_FSAN_APPEND);
	else if (r >= 0 && ip && inet_pton(AF_INET6, ip, addr) == 1)
		r = gnutls_x509_crt_set_subject_alt_name(p->crt, GNUTLS_SAN_IPADDRESS, addr, 16,
							 GNUTLS_FSAN_APPEND);
	if (r >= 0)
		r = gnutls_x509_crt_set_basic_constraints(p->crt, 0, -1);
	if (r >= 0)
		r = gnutls_x509_crt_set_key_usage(p->crt, GNUTLS_KEY_DIGITAL_SIGNATURE);
	if (r >= 0)
		r = gnutls_x509_crt_set_key_purpose_oid(p->crt, GNUTLS_KP_TLS_WWW_SERVER, 0);
	if (r >= 0)
		r = gnutls_x509_crt_set_key(p->crt, p->key);
	if (r >= 0)
		r = gnutls_x509_crt_sign2(p->crt, p->crt, p->key, GNUTLS_DIG_SHA256, 0);
	return r;
}

static char *text(gnutls_datum_t *d)
{
	char *s = kn_sprintf("%.*s", (int)d->size, (char *)d->data);

	gnutls_free(d->data);
	return s;
}

int kn_serving_cert_make(const char *host, const char *ip, char **cert_pem, char **key_pem,
			 struct kn_err *err)
{
	KN_CLEANUP(pair_free) struct pair p = {0};
	gnutls_datum_t cert = {0}, key = {0};
	int r = gnutls_x509_crt_init(&p.crt);

	if (r >= 0)
		r = gnutls_x509_privkey_init(&p.key);
	if (r >= 0)
		r = fill(&p, host, ip);
	if (r >= 0)
		r = gnutls_x509_crt_export2(p.crt, GNUTLS_X509_FMT_PEM, &cert);
	if (r >= 0)
		r = gnutls_x509_privkey_export2_pkcs8(p.key, GNUTLS_X509_FMT_PEM, NULL, GNUTLS_PKCS_PLAIN,
						      &key);
	if (r < 0) {
		gnutls_free(cert.data);
		return kn_err_set(err, EIO, "self-signed certificate: %s", gnutls_strerror(r));
	}
	*cert_pem = text(&cert);
	*key_pem = text(&key);
	return 0;
}

static bool good(const char *pem)
{
	gnutls_datum_t d = {(unsigned char *)pem, (unsigned)strlen(pem)};
	gnutls_x509_crt_t crt;
	bool yes = false;

	if (gnutls_x509_crt_init(&crt) < 0)
		return false;
	if (gnutls_x509_crt_import(crt, &d, GNUTLS_X509_FMT_PEM) >= 0)
		yes = gnutls_x509_crt_get_expiration_time(crt) > time(NULL) + RENEW_BEFORE;
	gnutls_x509_crt_deinit(crt);
	return yes;
}

int kn_serving_cert_self(const char *dir, const char *host, const char *ip, char **cert_pem, char **key_pem,
			 struct kn_err *err)
{
	char *cert_path kn_auto_free = kn_sprintf("%s/kubelet.crt", dir);
	char *key_path kn_auto_free = kn_sprintf("%s/kubelet.key", dir);
	kn_auto_buf struct kn_buf cert = {0}, key = {0};
	char *c, *k;
	int r;

	if (!kn_file_read(cert_path, FILE_MAX, &cert, NULL) &&
	    !kn_file_read(key_path, FILE_MAX, &key, NULL) && cert.data && key.data && good(cert.data)) {
		*cert_pem = kn_strdup(cert.data);
		*key_pem = kn_strdup(key.data);
		return 0;
	}
	r = kn_serving_cert_make(host, ip, &c, &k, err);
	if (r)
		return r;
	r = kn_mkdir_p(dir, 0755, err);
	if (!r)
		r = kn_file_write_atomic(key_path, k, strlen(k), 0600, err);
	if (!r)
		r = kn_file_write_atomic(cert_path, c, strlen(c), 0644, err);
	if (r) {
		free(c);
		free(k);
		return kn_err_wrap(err, "serving certificate");
	}
	*cert_pem = c;
	*key_pem = k;
	return 0;
}
